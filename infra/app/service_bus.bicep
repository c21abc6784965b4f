// The queue that pipelines send reset requests to, and the topic that tells what came of them.
import { roles } from 'roles.bicep'
import { Tags, ZoneIds } from 'types.bicep'

param name string
param location string
param tags Tags

@description('May receive from the queue and send to the topic.')
param principalId string

param workspaceId string

@description('Reached over private endpoints only; else reached over its public endpoint, with tokens only.')
param isPrivate bool

@description('Subnet of the private endpoints; empty where there are none.')
param endpointSubnetId string

@description('Private DNS zones; none where there are no private endpoints.')
param zoneIds ZoneIds?

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  // Topics and sessions need Standard, private endpoints Premium.
  sku: isPrivate ? { name: 'Premium', tier: 'Premium', capacity: 1 } : { name: 'Standard', tier: 'Standard' }
  identity: { type: 'SystemAssigned' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource queue 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = {
  parent: namespace
  name: 'reset-requests'
  properties: {
    requiresDuplicateDetection: true // MessageId is the idempotency key; the records know it for longer
    duplicateDetectionHistoryTimeWindow: 'P1D'
    lockDuration: 'PT1M' // the trigger only validates and schedules
    maxDeliveryCount: 10
    deadLetteringOnMessageExpiration: true
    defaultMessageTimeToLive: 'P14D'
  }
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = {
  parent: namespace
  name: 'reset-outcomes'
  properties: {
    requiresDuplicateDetection: true // a repeated activity sends the same event id
    duplicateDetectionHistoryTimeWindow: 'P1D'
    supportOrdering: true
    defaultMessageTimeToLive: 'P14D'
  }
}

resource everything 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = {
  parent: topic
  name: 'everything'
  properties: {
    requiresSession: true // a session per request keeps its events in order
    maxDeliveryCount: 10
    deadLetteringOnMessageExpiration: false // there may be no reader: old events just go
    defaultMessageTimeToLive: 'P7D'
  }
}

// Owner, not Receiver: what scales the app out, and wakes it, asks how long the queue is, which is a right of managing it; with
// Receiver alone it guesses from a peek (https://github.com/MicrosoftDocs/azure-docs/pull/128626). Microsoft's sample gives the same
// (https://github.com/Azure-Samples/functions-quickstart-python-azd-service-bus), there on the namespace; that the queue is enough was not tried.
resource receives 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: queue
  name: guid(queue.id, principalId, roles.serviceBusDataOwner)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataOwner)
  }
}

resource sends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: topic
  name: guid(topic.id, principalId, roles.serviceBusDataSender)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataSender)
  }
}

#disable-next-line use-recent-api-versions // the only version that is not a preview is of 2016 and cannot do this
resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'OperationalLogs', enabled: true }] }
}

module endpoint 'private_endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pe-${name}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    targetId: namespace.id
    groupId: 'namespace'
    zoneId: zoneIds!.servicebus
  }
}

output id string = namespace.id
output hostName string = '${namespace.name}.servicebus.windows.net'
