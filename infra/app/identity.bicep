// An identity of the service. The first is for storage, Service Bus, the key vault, telemetry and, federated, Microsoft Graph; a second,
// where passes are made, is for that alone.
import { Tags } from 'types.bicep'

param name string
param location string
param tags Tags

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
