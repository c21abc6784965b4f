// What has to be there before the app: the resource group, the key vault, and the secrets that it does not have yet. The app's
// settings refer to them, and Azure keeps what a reference led to, or that it led nowhere, for up to a day
// (https://learn.microsoft.com/azure/app-service/app-service-key-vault-references; not tried). scripts/azure/prepare deploys this.
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Name of the azd environment; the resource group is named by it.')
param environmentName string

@description('Azure region.')
param location string

@description('Name of the key vault.')
param vaultName string

@description('The vault is closed to every network but the app\'s.')
param privateNetworking bool

@description('A vault of this name was deleted, and is wanted back with its secrets.')
param recover bool

@description('Names of the secrets to write.')
param names string[]

@secure()
@description('Their values, by name.')
param values { *: string }

@description('Those whose value only holds the place.')
param placeholders string[]

var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module vault 'app/vault.bicep' = {
  scope: group
  params: {
    name: vaultName
    location: location
    tags: tags
    isPrivate: privateNetworking
    recover: recover
  }
}

module secrets 'app/secrets.bicep' = {
  scope: group
  params: {
    vaultName: vaultName
    names: names
    values: values
    placeholders: placeholders
  }
  dependsOn: [vault]
}
