// Who reaches the key vault, and over which network.
import { roles } from 'roles.bicep'
import { Tags, ZoneIds } from 'types.bicep'

@description('Name of the key vault, of this resource group.')
param vaultName string
param location string
param tags Tags

@description('May read secrets: the app.')
param principalId string

@description('May read and write secrets: the account that deploys. Empty: none.')
param deployerId string

@allowed(['User', 'ServicePrincipal'])
@description('What deployerId is.')
param deployerType string

param workspaceId string

@description('Reached over private endpoints only.')
param isPrivate bool

@description('Subnet of the private endpoints; empty where there are none.')
param endpointSubnetId string

@description('Private DNS zones; none where there are no private endpoints.')
param zoneIds ZoneIds?

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = {
  name: vaultName
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, roles.keyVaultSecretsUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

resource writes 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerId)) {
  scope: vault
  name: guid(vault.id, deployerId, roles.keyVaultSecretsOfficer)
  properties: {
    principalId: deployerId
    principalType: deployerType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
  }
}

#disable-next-line use-recent-api-versions // the only version that is not a preview is of 2016 and cannot do this
resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'AuditEvent', enabled: true }] }
}

module endpoint 'private_endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pe-${vaultName}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    targetId: vault.id
    groupId: 'vault'
    zoneId: zoneIds!.vault
  }
}

// An app that waits for this finds its rights and its way to the vault.
output uri string = vault.properties.vaultUri
