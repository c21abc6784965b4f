// The function app on Flex Consumption, its settings and who has to sign in. docs/settings.md explains every setting.
import { Tags } from 'types.bicep'

param name string
param planName string
param location string
param tags Tags
param identityId string
param identityClientId string

@description('Whether there is an identity that makes passes, and an application it signs in as.')
param makesPasses bool
param bootstrapIdentityId string
param bootstrapIdentityClientId string
param bootstrapClientId string

param storageName string
param deploymentContainer string
param serviceBusNamespace string
param vaultUri string
param policySecretNames string[]
param insightsConnectionString string
param graphClientId string
param signInClientId string
param apiUri string
param signInAudience string
param mailFrom string
param publicBaseUrl string
param allowApiKeys bool
param maximumInstances int
param stopRemoving bool

@description('Subnet the app sends from; null: none.')
param subnetId string?

@description('The durable state lives in a Durable Task Scheduler instead of the storage account.')
param useScheduler bool

@description('Endpoint of the scheduler; empty where there is none.')
param schedulerEndpoint string
param taskHubName string

var baseUrl = empty(publicBaseUrl) ? 'https://${name}.azurewebsites.net' : publicBaseUrl
var storage = environment().suffixes.storage

var issuer = signInAudience == 'AzureADMyOrg' ? tenant().tenantId : 'organizations'

// These take no sign-in: probes, and ticketing systems, which sign their deliveries. Approvers sign in: the app compares who
// did with whom it asked.
var open = ['/api/health', '/api/openapi.json', '/api/openapi-2.0.json', '/api/asyncapi.json', '/api/webhooks/*', '/api/verification/*']

var settings = [
  { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
  { name: 'AzureWebJobsStorage__clientId', value: identityClientId }
  { name: 'AzureWebJobsStorage__blobServiceUri', value: 'https://${storageName}.blob.${storage}' }
  { name: 'AzureWebJobsStorage__queueServiceUri', value: 'https://${storageName}.queue.${storage}' }
  { name: 'AzureWebJobsStorage__tableServiceUri', value: 'https://${storageName}.table.${storage}' }
  { name: 'ServiceBusConnection__credential', value: 'managedidentity' }
  { name: 'ServiceBusConnection__clientId', value: identityClientId }
  { name: 'ServiceBusConnection__fullyQualifiedNamespace', value: serviceBusNamespace }
  { name: 'AZURE_CLIENT_ID', value: identityClientId }
  { name: 'AZURE_FUNCTIONS_DURABLE_STRICT_TYPING', value: '1' }
  { name: 'TASK_HUB_NAME', value: taskHubName }
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insightsConnectionString }
  { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${identityClientId};Authorization=AAD' }
  { name: 'PYTHON_ENABLE_OPENTELEMETRY', value: 'true' }
  { name: 'REQUIRE_SIGN_IN', value: 'true' }
  { name: 'GRAPH_CLIENT_ID', value: graphClientId }
  { name: 'GRAPH_CREDENTIAL', value: 'managed-identity' }
  { name: 'GRAPH_HOME_TENANT', value: tenant().tenantId }
  { name: 'RECORDS', value: 'tables' }
  { name: 'POLICY_FILE', value: '/home/site/wwwroot/policy.toml' }
  { name: 'PUBLIC_BASE_URL', value: baseUrl }
  { name: 'MAIL_FROM', value: mailFrom }
  { name: 'MAIL_FORMAT', value: 'multipart' }
  { name: 'APPROVAL_KEYS', value: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/approval-keys/)' }
  { name: 'STOP_REMOVING', value: string(stopRemoving) }
  { name: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID', value: identityClientId }
]

// An address without a version ends in a slash: https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
var policySecrets = [for secret in policySecretNames: {
  name: secret
  value: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${replace(secret, '_', '-')}/)'
}]

// The rest of what is different with a scheduler is in the package's host.json, where Azure's scale controller reads it.
var schedulerConnection = 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
var schedulerSettings = [
  { name: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING', value: schedulerConnection }
]
var bootstrapSettings = [
  { name: 'GRAPH_BOOTSTRAP_CLIENT_ID', value: bootstrapClientId }
  { name: 'GRAPH_BOOTSTRAP_CREDENTIAL', value: 'managed-identity' }
  { name: 'GRAPH_BOOTSTRAP_IDENTITY_CLIENT_ID', value: bootstrapIdentityClientId }
]
var keySettings = [
  { name: 'API_KEYS', value: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/api-keys/)' }
]

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  // checkov:skip=CKV_AZURE_225:Zone redundancy of Flex Consumption needs two always-ready instances of each kind, paid day and night; a lost zone delays, no more (https://learn.microsoft.com/azure/reliability/reliability-functions; not tried)
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  // checkov:skip=CKV_AZURE_222:Ticketing systems and approvers come from the internet
  // checkov:skip=CKV_AZURE_17:Ticketing systems sign their deliveries and people sign in; neither has a client certificate
  // checkov:skip=CKV_AZURE_212:Flex Consumption scales by itself (not tried), with always-ready instances for webhooks and the durable work
  // checkov:skip=CKV_AZURE_213:Flex Consumption has no health check of its own (not tried); infra/app/alerts.bicep probes /api/health
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: makesPasses ? { '${identityId}': {}, '${bootstrapIdentityId}': {} } : { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled' // ticketing systems and approvers are outside
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
      ftpsState: 'Disabled'
      appSettings: concat(settings, policySecrets, allowApiKeys ? keySettings : [], useScheduler ? schedulerSettings : [], makesPasses ? bootstrapSettings : [])
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
        // One for timers and waiting orchestrations, one for HTTP: a cold start may take longer than some senders of webhooks wait
        // (https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan, "Always ready instances"; how long was not tried).
        alwaysReady: [
          { name: 'durable', instanceCount: 1 }
          { name: 'http', instanceCount: 1 }
        ]
        triggers: { http: { perInstanceConcurrency: 16 } }
      }
    }
  }
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource auth 'Microsoft.Web/sites/config@2025-03-01' = {
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
        validation: { allowedAudiences: [signInClientId, apiUri] }
      }
    }
    login: { tokenStore: { enabled: false } }
  }
}

output name string = app.name
output id string = app.id
output baseUrl string = baseUrl
