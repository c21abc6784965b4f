// Everything the service needs in one resource group. `azd up` deploys it; docs/deploy.md explains the parameters.
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Name of the azd environment; the resource group is named by it.')
param environmentName string

@minLength(1)
@description('Azure region. It must offer Flex Consumption: az functionapp list-flexconsumption-locations.')
param location string

@description('Object id of the account that deploys; it may read and write the secrets of the key vault.')
param principalId string

@allowed(['User', 'ServicePrincipal'])
@description('What principalId is: a person, or the service principal of a pipeline.')
param principalType string = 'User'

@minLength(3)
@maxLength(24)
@description('Name of the key vault. scripts/azure/prepare makes the vault and its secrets, and sets this.')
param vaultName string

@minLength(3)
@description('Mailbox that approval mails come from; a real mailbox (a shared one will do) in the provider\'s tenant.')
param mailFrom string

@description('Who gets the alerts, a mail address. Empty: alerts are shown in the portal only.')
param alertMail string = ''

@description('Address the service is reached at, without a slash at the end. Empty: that of the function app.')
param publicBaseUrl string = ''

@description('The environment variables the policy file names as secrets (env:NAME), separated by commas: scripts/azure/prepare reads them from it. Each is a secret of the key vault, underscores written as hyphens.')
param policySecretNames string = ''

@description('The API takes the keys of the secret api-keys (name:key,...) beside Entra tokens.')
param allowApiKeys bool = false

@allowed(['AzureADMyOrg', 'AzureADMultipleOrgs'])
@description('Who can sign in: accounts of the provider\'s tenant (guests among them), or of customers\' tenants too.')
param signInAudience string = 'AzureADMyOrg'

@allowed(['wide', 'narrow', 'narrowest'])
@description('Which permissions customers are asked for: narrow has one for each kind of method, narrowest none for phone numbers; they cannot do all (docs/security.md).')
param graphPermissions string = 'wide'

@description('Customers are asked for Directory.Read.All too, which reading their audit logs needs (docs/reconciliation.md).')
param auditLogs bool = false
@description('Whether customers are asked for the permissions that containing compromised accounts needs (docs/containment.md).')
param containment bool = false

@description('The app may read the partner relationships (GDAP) of this tenant; customers are not asked for it (docs/customers.md).')
param partnerRelationships bool = false

@description('Users may be verified with Microsoft Entra Verified ID, which has to be set up in the provider\'s tenant (docs/verification.md).')
param verifiedId bool = false

@description('A second application and managed identity that make Temporary Access Passes (docs/bootstrap.md).')
param bootstrapPasses bool = false

@description('Storage, Service Bus and the key vault are reached over private endpoints only. Costs more: Service Bus becomes Premium.')
param privateNetworking bool = false

@description('The durable state lives in a Durable Task Scheduler instead of the storage account: faster, and billed by use.')
param durableTaskScheduler bool = false

@minValue(1)
@maxValue(1000)
@description('The app never runs on more instances than this.')
param maximumInstances int = 40

@description('The kill switch: while true, nothing is removed anywhere.')
param stopRemoving bool = false

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var functionName = 'func-mfareset-${token}'
var defaultUrl = 'https://${functionName}.azurewebsites.net'
var registrationName = 'mfa-reset-${environmentName}'
// With the tenant's id in it, it needs no verified domain, and no second deployment to learn the client id of the registration:
// https://learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions
var apiUri = 'api://${tenant().tenantId}/${registrationName}'
// Never another one: a renamed hub would not find the requests that run.
var taskHubName = 'mfareset'
var secretNames = empty(policySecretNames) ? [] : split(policySecretNames, ',')

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'app/identity.bicep' = {
  scope: group
  params: {
    name: 'id-mfareset-${token}'
    location: location
    tags: tags
  }
}

// Not the one that resets: a token of that one makes no pass.
module bootstrapIdentity 'app/identity.bicep' = if (bootstrapPasses) {
  scope: group
  params: {
    name: 'id-mfareset-bootstrap-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'app/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-mfareset-${token}'
    insightsName: 'appi-mfareset-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module network 'app/network.bicep' = if (privateNetworking) {
  scope: group
  params: {
    name: 'vnet-mfareset-${token}'
    location: location
    tags: tags
  }
}

module storage 'app/storage.bicep' = {
  scope: group
  params: {
    name: 'stmfareset${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    isPrivate: privateNetworking
    endpointSubnetId: privateNetworking ? network!.outputs.endpointSubnetId : ''
    zoneIds: privateNetworking ? network!.outputs.zoneIds : null
  }
}

module bus 'app/service_bus.bicep' = {
  scope: group
  params: {
    name: 'sb-mfareset-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    isPrivate: privateNetworking
    endpointSubnetId: privateNetworking ? network!.outputs.endpointSubnetId : ''
    zoneIds: privateNetworking ? network!.outputs.zoneIds : null
  }
}

module vault 'app/vault.bicep' = {
  scope: group
  params: {
    name: vaultName
    location: location
    tags: tags
    isPrivate: privateNetworking
  }
}

module vaultAccess 'app/vault_access.bicep' = {
  scope: group
  params: {
    vaultName: vaultName
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    deployerId: principalId
    deployerType: principalType
    workspaceId: monitoring.outputs.workspaceId
    isPrivate: privateNetworking
    endpointSubnetId: privateNetworking ? network!.outputs.endpointSubnetId : ''
    zoneIds: privateNetworking ? network!.outputs.zoneIds : null
  }
  dependsOn: [vault]
}

module scheduler 'app/scheduler.bicep' = if (durableTaskScheduler) {
  scope: group
  params: {
    name: 'dts-mfareset-${token}'
    taskHubName: taskHubName
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module entra 'app/entra.bicep' = {
  scope: group
  params: {
    name: registrationName
    apiUri: apiUri
    identityPrincipalId: identity.outputs.principalId
    baseUrls: empty(publicBaseUrl) ? [defaultUrl] : [defaultUrl, publicBaseUrl]
    signInAudience: signInAudience
    permissionSet: graphPermissions
    verifiedId: verifiedId
    auditLogs: auditLogs
    containment: containment
    partnerRelationships: partnerRelationships
    makesPasses: bootstrapPasses
    bootstrapPrincipalId: bootstrapPasses ? bootstrapIdentity!.outputs.principalId : ''
  }
}

module functionApp 'app/function.bicep' = {
  scope: group
  params: {
    name: functionName
    planName: 'plan-mfareset-${token}'
    location: location
    tags: union(tags, { 'azd-service-name': 'app' })
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    makesPasses: bootstrapPasses
    bootstrapIdentityId: bootstrapPasses ? bootstrapIdentity!.outputs.id : ''
    bootstrapIdentityClientId: bootstrapPasses ? bootstrapIdentity!.outputs.clientId : ''
    storageName: storage.outputs.name
    deploymentContainer: storage.outputs.deploymentContainer
    serviceBusNamespace: bus.outputs.hostName
    vaultUri: vaultAccess.outputs.uri
    policySecretNames: secretNames
    insightsConnectionString: monitoring.outputs.connectionString
    graphClientId: entra.outputs.graphClientId
    bootstrapClientId: entra.outputs.bootstrapClientId
    signInClientId: entra.outputs.signInClientId
    apiUri: apiUri
    signInAudience: signInAudience
    mailFrom: mailFrom
    publicBaseUrl: publicBaseUrl
    allowApiKeys: allowApiKeys
    maximumInstances: maximumInstances
    stopRemoving: stopRemoving
    subnetId: privateNetworking ? network!.outputs.appSubnetId : null
    useScheduler: durableTaskScheduler
    schedulerEndpoint: durableTaskScheduler ? scheduler!.outputs.endpoint : ''
    taskHubName: taskHubName
  }
}

module alerts 'app/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    mail: alertMail
    workspaceId: monitoring.outputs.workspaceId
    insightsId: monitoring.outputs.insightsId
    serviceBusId: bus.outputs.id
    healthUrl: '${functionApp.outputs.baseUrl}/api/health'
    siteId: functionApp.outputs.id
  }
}

module workbook 'app/workbook.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = functionApp.outputs.name
output AZURE_KEY_VAULT_NAME string = vaultName
output GRAPH_CLIENT_ID string = entra.outputs.graphClientId
output GRAPH_BOOTSTRAP_CLIENT_ID string = entra.outputs.bootstrapClientId
output SIGN_IN_CLIENT_ID string = entra.outputs.signInClientId
output API_SCOPE string = '${apiUri}/.default'
output SERVICE_URL string = functionApp.outputs.baseUrl
