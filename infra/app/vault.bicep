// The secrets: approval keys, and those the policy names. The app reads them as references in its settings.
import { roles } from 'roles.bicep'
import { Tags, ZoneIds } from 'types.bicep'

param name string
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

@description('Reached over private endpoints only; else reached over its public endpoint, with tokens only.')
param isPrivate bool

@description('Subnet of the private endpoints; empty where there are none.')
param endpointSubnetId string

@description('Private DNS zones; none where there are no private endpoints.')
param zoneIds ZoneIds?

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  // checkov:skip=CKV_AZURE_109:The firewall is the switch privateNetworking; without it Key Vault takes Entra tokens only
  name: name
  location: location
  tags: tags
  properties: {
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
    name: 'pe-${name}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    targetId: vault.id
    groupId: 'vault'
    zoneId: zoneIds!.vault
  }
}

output name string = vault.name
output uri string = vault.properties.vaultUri
