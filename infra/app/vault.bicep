// The key vault: the secrets that the app reads as references in its settings. infra/secrets.bicep makes it, before the app.
import { Tags } from 'types.bicep'

param name string
param location string
param tags Tags

@description('Reached over private endpoints only; else reached over its public endpoint, with tokens only.')
param isPrivate bool

@description('A vault of this name was deleted, and is wanted back with its secrets.')
param recover bool = false

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  // checkov:skip=CKV_AZURE_109:The firewall is the switch privateNetworking; without it Key Vault takes Entra tokens only
  name: name
  location: location
  tags: tags
  properties: {
    createMode: recover ? 'recover' : 'default'
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}
