// The app registrations, all without a secret: one that customers consent to, one that people sign in with, and one more to consent to
// where Temporary Access Passes are made.
extension microsoftGraphV1

@description('Display name of the registrations; customers see it when they consent.')
param name string

@description('Principal of the managed identity that signs in as these applications.')
param identityPrincipalId string

@description('Where the service is reached; sign-ins come back there.')
param baseUrls string[]

@description('What tokens for the API are asked for by.')
param apiUri string

@description('Accounts of which tenants can sign in.')
param signInAudience string

@description('Which permissions customers are asked for: narrow has one for each kind of method, narrowest none for phone numbers (docs/security.md says what they cannot do).')
@allowed(['wide', 'narrow', 'narrowest'])
param permissionSet string

@description('Users may be verified with Microsoft Entra Verified ID, which has to be set up in this tenant (docs/verification.md).')
param verifiedId bool

@description('Whether customers are asked for what reading their audit logs needs.')
param auditLogs bool
@description('Whether customers are asked for what containing compromised accounts needs (docs/containment.md).')
param containment bool

@description('Whether the application may read the provider\'s partner relationships, in this tenant alone (docs/customers.md).')
param partnerRelationships bool

@description('Whether there is an application that makes passes, and the managed identity that signs in as it.')
param makesPasses bool
param bootstrapPrincipalId string

// What a customer's administrator consents to. graph/permissions.py says what each is for; a test keeps the two equal.
var customerPermissions = [
  'UserAuthenticationMethod.ReadWrite.All'
  'User.Read.All'
  'User.RevokeSessions.All'
  'RoleManagement.Read.Directory'
  'GroupMember.Read.All'
  'PrivilegedEligibilitySchedule.Read.AzureADGroup'
  'Policy.Read.All'
  'AuditLog.Read.All'
]
// Instead of the first of them, where permissionSet is narrow.
var narrowPermissions = [
  'UserAuthenticationMethod.Read.All'
  'UserAuthMethod-Phone.ReadWrite.All'
  'UserAuthMethod-MicrosoftAuthApp.ReadWrite.All'
  'UserAuthMethod-SoftwareOATH.ReadWrite.All'
  'UserAuthMethod-WindowsHello.ReadWrite.All'
]
// Besides, where the policy reads audit logs.
var auditPermissions = ['Directory.Read.All']
// The permission for phone numbers can also add them.
var narrowestPermissions = filter(narrowPermissions, name => name != 'UserAuthMethod-Phone.ReadWrite.All')
var methodPermissions = { wide: take(customerPermissions, 1), narrow: narrowPermissions, narrowest: narrowestPermissions }
var setPermissions = concat(methodPermissions[permissionSet], skip(customerPermissions, 1))
var auditedPermissions = auditLogs ? concat(setPermissions, auditPermissions) : setPermissions
// Besides, where compromised accounts are contained.
var containmentPermissions = [
  'User.EnableDisableAccount.All'
  'IdentityRiskyUser.ReadWrite.All'
]
var askedPermissions = containment ? concat(auditedPermissions, containmentPermissions) : auditedPermissions
// Of the application that makes Temporary Access Passes, and of no other.
var bootstrapPermissions = ['UserAuthMethod-TAP.ReadWrite.All']
// Only in the provider's own tenant, and so not part of what customers are asked for. Mail.Read, with which mails that bounce are
// noticed, is not here: it is given in Exchange for the one mailbox (docs/deploy.md), as it would reach all of them from here.
var homePermissions = ['Mail.Send', 'User.Read.All', 'GroupMember.Read.All']
// Likewise, where partner relationships are read. It stays out of what customers are asked for: a consent link asks for all of that.
var partnerPermissions = ['DelegatedAdminRelationship.Read.All']
var grantedAtHome = partnerRelationships ? concat(homePermissions, partnerPermissions) : homePermissions

// Fixed ids, made of the names, so that a second deployment changes nothing.
var signInRoles = {
  Requester: 'May ask for resets and see what came of them'
  Approver: 'May decide on requests'
  Operator: 'May use the console, cancel, retry and send again'
  Auditor: 'May read requests and their audit'
}

var apiScopeId = guid(name, 'user_impersonation')
var azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46' // the same in every tenant

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000' // Microsoft Graph, in every tenant
}

resource resetApp 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: '${name}-graph'
  displayName: name
  signInAudience: 'AzureADMultipleOrgs'
  web: { redirectUris: [for url in baseUrls: '${url}/api/health'] }
  requiredResourceAccess: [
    {
      resourceAppId: graph.appId
      resourceAccess: map(askedPermissions, permission => {
        id: filter(graph.appRoles, role => role.value == permission)[0].id
        type: 'Role'
      })
    }
  ]

  resource federated 'federatedIdentityCredentials@v1.0' = {
    name: '${resetApp.uniqueName}/managed-identity'
    description: 'The managed identity of the function app'
    issuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
    subject: identityPrincipalId
    audiences: ['api://AzureADTokenExchange']
  }
}

resource bootstrapApp 'Microsoft.Graph/applications@v1.0' = if (makesPasses) {
  uniqueName: '${name}-bootstrap'
  displayName: '${name} access passes'
  signInAudience: 'AzureADMultipleOrgs'
  web: { redirectUris: [for url in baseUrls: '${url}/api/health'] }
  requiredResourceAccess: [
    {
      resourceAppId: graph.appId
      resourceAccess: map(bootstrapPermissions, permission => {
        id: filter(graph.appRoles, role => role.value == permission)[0].id
        type: 'Role'
      })
    }
  ]

  resource federated 'federatedIdentityCredentials@v1.0' = {
    name: '${bootstrapApp.uniqueName}/managed-identity'
    description: 'The managed identity for access passes'
    issuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
    subject: bootstrapPrincipalId
    audiences: ['api://AzureADTokenExchange']
  }
}

resource resetPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: resetApp.appId
}

resource atHome 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for permission in grantedAtHome: {
  principalId: resetPrincipal.id
  resourceId: graph.id
  appRoleId: filter(graph.appRoles, role => role.value == permission)[0].id
}]

// Microsoft Entra Verified ID's request service. Sources: https://learn.microsoft.com/entra/verified-id/presentation-request-api and
// https://learn.microsoft.com/entra/verified-id/verifiable-credentials-configure-tenant, "Grant permissions to get access tokens".
resource requestService 'Microsoft.Graph/servicePrincipals@v1.0' existing = if (verifiedId) {
  appId: '3db474b9-6a0c-4840-96ac-1fceb342124f' // in every tenant where Verified ID is set up
}

resource presentations 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (verifiedId) {
  principalId: resetPrincipal.id
  resourceId: requestService!.id
  appRoleId: filter(requestService!.appRoles, role => role.value == 'VerifiableCredential.Create.PresentRequest')[0].id
}

resource signInApp 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: '${name}-sign-in'
  displayName: '${name} sign-in'
  signInAudience: signInAudience
  web: {
    redirectUris: [for url in baseUrls: '${url}/.auth/login/aad/callback']
    implicitGrantSettings: { enableIdTokenIssuance: true }
  }
  identifierUris: [apiUri]
  api: {
    requestedAccessTokenVersion: 2 // the audience of its tokens is the client id then, whatever name they were asked for by
    oauth2PermissionScopes: [
      {
        id: apiScopeId
        value: 'user_impersonation'
        type: 'User'
        isEnabled: true
        adminConsentDisplayName: 'Use ${name}'
        adminConsentDescription: 'Ask for resets and see what came of them, as the signed-in user, by the roles that they have'
        userConsentDisplayName: 'Use ${name}'
        userConsentDescription: 'Ask for resets and see what came of them, by the roles that you have'
      }
    ]
    // `az account get-access-token` gets a token without a consent. What it may do is up to the user's app roles.
    preAuthorizedApplications: [{ appId: azureCli, delegatedPermissionIds: [apiScopeId] }]
  }
  // Approvers' sessions are judged by these: which authentication contexts they satisfied, and when they signed in.
  // (Microsoft identity platform, "Optional claims reference")
  optionalClaims: { idToken: [{ name: 'acrs' }, { name: 'auth_time' }] }
  requiredResourceAccess: [
    {
      resourceAppId: graph.appId
      resourceAccess: [
        { id: filter(graph.oauth2PermissionScopes, scope => scope.value == 'User.Read')[0].id, type: 'Scope' }
      ]
    }
  ]
  appRoles: map(items(signInRoles), role => {
    id: guid(name, role.key)
    value: role.key
    displayName: role.key
    description: role.value
    isEnabled: true
    allowedMemberTypes: ['User', 'Application']
  })

  resource federated 'federatedIdentityCredentials@v1.0' = {
    name: '${signInApp.uniqueName}/managed-identity'
    description: 'The managed identity of the function app'
    issuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
    subject: identityPrincipalId
    audiences: ['api://AzureADTokenExchange']
  }
}

resource signInPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: signInApp.appId
  appRoleAssignmentRequired: false // approvers have no role: the app compares who signed in with who was asked
}

// Granted for the whole tenant: in many, people may not consent for themselves, and could not sign in.
resource consent 'Microsoft.Graph/oauth2PermissionGrants@v1.0' = {
  clientId: signInPrincipal.id
  resourceId: graph.id
  consentType: 'AllPrincipals'
  scope: 'openid profile email User.Read'
}

output graphClientId string = resetApp.appId
output bootstrapClientId string = makesPasses ? bootstrapApp!.appId : ''
output signInClientId string = signInApp.appId
