// The network of the private switch: one subnet for the app, one for private endpoints, and the DNS zones of those.
import { Tags, ZoneIds } from 'types.bicep'

param name string
param location string
param tags Tags

@description('Address space; it must not overlap networks that this one is peered with.')
param addressPrefix string = '10.83.0.0/24'

@description('The part of it for the app: Flex Consumption takes one address per instance.')
param appPrefix string = '10.83.0.0/25'

@description('The part of it for private endpoints.')
param endpointPrefix string = '10.83.0.128/27'

var blobZone = 'privatelink.blob.${environment().suffixes.storage}'
var queueZone = 'privatelink.queue.${environment().suffixes.storage}'
var tableZone = 'privatelink.table.${environment().suffixes.storage}'
var busZone = 'privatelink.servicebus.windows.net'
var vaultZone = 'privatelink.vaultcore.azure.net'
var zones = [blobZone, queueZone, tableZone, busZone, vaultZone]

resource rules 'Microsoft.Network/networkSecurityGroups@2026-03-01' = {
  name: '${name}-nsg'
  location: location
  tags: tags
  properties: { securityRules: [] } // the defaults: nothing comes in from outside the network
}

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: appPrefix
          networkSecurityGroup: { id: rules.id }
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointPrefix
          networkSecurityGroup: { id: rules.id }
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [for zoneName in zones: {
  name: zoneName
  location: 'global'
  tags: tags
}]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for zoneName in zones: {
  name: '${zoneName}/${name}'
  location: 'global'
  tags: tags
  properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  dependsOn: [zone]
}]

output appSubnetId string = network.properties.subnets[0].id
output endpointSubnetId string = network.properties.subnets[1].id
output zoneIds ZoneIds = {
  blob: resourceId('Microsoft.Network/privateDnsZones', blobZone)
  queue: resourceId('Microsoft.Network/privateDnsZones', queueZone)
  table: resourceId('Microsoft.Network/privateDnsZones', tableZone)
  servicebus: resourceId('Microsoft.Network/privateDnsZones', busZone)
  vault: resourceId('Microsoft.Network/privateDnsZones', vaultZone)
}
