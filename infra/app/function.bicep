// The function app on Flex Consumption, its settings and who has to sign in. docs/settings.md explains every setting.
param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string
param deploymentContainer string
param serviceBusNamespace string
param vaultUri string
param policySecretNames array
param insightsConnectionString string
param graphClientId string
param signInClientId string
param signInAudience string
param mailFrom string
param publicBaseUrl string
param allowApiKeys bool
param maximumInstances int
param stopRemoving bool

@description('Subnet the app sends from; empty: none.')
param subnetId string

@description('Endpoint of the Durable Task Scheduler; empty: the durable state lives in the storage account.')
param schedulerEndpoint string
param taskHubName string

var baseUrl = empty(publicBaseUrl) ? 'https://${name}.azurewebsites.net' : publicBaseUrl
var storage = environment().suffixes.storage

var issuer = signInAudience == 'AzureADMyOrg' ? tenant().tenantId : 'organizations'

// These take no sign-in: probes, and ticketing systems, which sign their deliveries. Approvers sign in: the app compares who
// did with whom it asked.
var open = ['/api/health', '/api/webhooks/*']

var settings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: 'https://${storageName}.blob.${storage}'
  AzureWebJobsStorage__queueServiceUri: 'https://${storageName}.queue.${storage}'
  AzureWebJobsStorage__tableServiceUri: 'https://${storageName}.table.${storage}'
  ServiceBusConnection__credential: 'managedidentity'
  ServiceBusConnection__clientId: identityClientId
  ServiceBusConnection__fullyQualifiedNamespace: serviceBusNamespace
  AZURE_CLIENT_ID: identityClientId
  AZURE_FUNCTIONS_DURABLE_STRICT_TYPING: '1'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  PYTHON_ENABLE_OPENTELEMETRY: 'true'
  GRAPH_CLIENT_ID: graphClientId
  GRAPH_CREDENTIAL: 'managed-identity'
  GRAPH_HOME_TENANT: tenant().tenantId
  RECORDS: 'tables'
  POLICY_FILE: '/home/site/wwwroot/policy.toml'
  PUBLIC_BASE_URL: baseUrl
  MAIL_FROM: mailFrom
  APPROVAL_KEYS: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/approval-keys)'
  STOP_REMOVING: string(stopRemoving)
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId
}

var policySecrets = [for secret in policySecretNames: {
  name: secret
  value: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${replace(secret, '_', '-')})'
}]

// host.json is the same everywhere; these settings override it where the other backend is chosen.
var schedulerSettings = {
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
  AzureFunctionsJobHost__extensions__durableTask__hubName: taskHubName
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
}
var keySettings = {
  API_KEYS: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/api-keys)'
}
var withKeys = allowApiKeys ? union(settings, keySettings) : settings
var allSettings = empty(schedulerEndpoint) ? withKeys : union(withKeys, schedulerSettings)
var plainSettings = [for setting in items(allSettings): {
  name: setting.key
  value: setting.value
}]

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  // checkov:skip=CKV_AZURE_225:Zone redundancy of Flex Consumption needs two always-ready instances, paid day and night; a lost zone delays, no more
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  // checkov:skip=CKV_AZURE_222:Ticketing systems and approvers come from the internet
  // checkov:skip=CKV_AZURE_17:Ticketing systems sign their deliveries and people sign in; neither has a client certificate
  // checkov:skip=CKV_AZURE_212:Flex Consumption scales by itself, with one always-ready instance for the durable work
  // checkov:skip=CKV_AZURE_213:Flex Consumption has no health check of its own; infra/app/alerts.bicep probes /api/health
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled' // ticketing systems and approvers are outside
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
      ftpsState: 'Disabled'
      appSettings: concat(plainSettings, policySecrets)
    }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${storageName}.blob.${storage}/${deploymentContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstances
        instanceMemoryMB: 2048
        alwaysReady: [{ name: 'durable', instanceCount: 1 }] // timers and waiting orchestrations go on without a cold start
        triggers: { http: { perInstanceConcurrency: 16 } }
      }
    }
  }
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource auth 'Microsoft.Web/sites/config@2024-04-01' = {
  // checkov:skip=CKV_AZURE_13:Says who must sign in and nothing else; the check is about the site
  // checkov:skip=CKV_AZURE_63:Says who must sign in and nothing else; the check is about the site
  // checkov:skip=CKV_AZURE_65:Says who must sign in and nothing else; the check is about the site
  // checkov:skip=CKV_AZURE_66:Says who must sign in and nothing else; the check is about the site
  // checkov:skip=CKV_AZURE_80:Says who must sign in and nothing else; the check is about the site
  // checkov:skip=CKV_AZURE_88:Says who must sign in and nothing else; the check is about the site
  // checkov:skip=CKV_AZURE_222:Says who must sign in and nothing else; the check is about the site
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true, runtimeVersion: '~1' }
    httpSettings: { requireHttps: true }
    globalValidation: {
      requireAuthentication: !allowApiKeys
      unauthenticatedClientAction: allowApiKeys ? 'AllowAnonymous' : 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: open
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: signInClientId
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID' // no secret: the identity vouches for the app
          openIdIssuer: '${environment().authentication.loginEndpoint}${issuer}/v2.0'
        }
        validation: { allowedAudiences: [signInClientId, 'api://${signInClientId}'] }
      }
    }
    login: { tokenStore: { enabled: false } }
  }
}

output name string = app.name
output baseUrl string = baseUrl
