// The account of the function app: its package, the durable state (blobs, queues, tables) and the records (table).
import { roles } from 'roles.bicep'
import { Tags, ZoneIds } from 'types.bicep'

param name string
param location string
param tags Tags

@description('May read and write blobs, queues and tables.')
param principalId string

param workspaceId string

@description('Reached over private endpoints only; else reached over its public endpoint, with tokens only.')
param isPrivate bool

@description('Subnet of the private endpoints; empty where there are none.')
param endpointSubnetId string

@description('Private DNS zones; none where there are no private endpoints.')
param zoneIds ZoneIds?

var deploymentContainer = 'app-package'
// The host asks for Owner of blobs for its own storage, where it keeps its leases
// (https://learn.microsoft.com/azure/azure-functions/functions-reference, "Connecting to host storage with an identity"; not tried).
var rolesOfApp = [
  roles.storageBlobDataOwner
  roles.storageQueueDataContributor
  roles.storageTableDataContributor
]

resource account 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  // checkov:skip=CKV_AZURE_35:The firewall is the switch privateNetworking; without it the account takes Entra tokens only
  // checkov:skip=CKV_AZURE_206:Three zones of one region on purpose: personal data stays in the region that was chosen
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2026-06-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 14 }
    containerDeleteRetentionPolicy: { enabled: true, days: 14 }
  }
}

resource package 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-06-01' = {
  parent: blobs
  name: deploymentContainer
  properties: { publicAccess: 'None' }
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2026-06-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices@2026-06-01' = {
  parent: account
  name: 'default'
}

#disable-next-line use-recent-api-versions // the only version that is not a preview is of 2016 and cannot do this
resource blobLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'StorageDelete', enabled: true }] }
}

#disable-next-line use-recent-api-versions // the only version that is not a preview is of 2016 and cannot do this
resource queueLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: queues
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'StorageDelete', enabled: true }] }
}

#disable-next-line use-recent-api-versions // the only version that is not a preview is of 2016 and cannot do this
resource tableLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: tables
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'StorageDelete', enabled: true }] }
}

resource granted 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in rolesOfApp: {
  scope: account
  name: guid(account.id, principalId, role)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}]

module endpoints 'private_endpoint.bicep' = [for service in ['blob', 'queue', 'table']: if (isPrivate) {
  params: {
    name: 'pe-${name}-${service}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    targetId: account.id
    groupId: service
    zoneId: zoneIds![service]
  }
}]

output name string = account.name
output deploymentContainer string = package.name
