"""Application permissions that the endpoints need: one of each set will do [d: permissions reference]."""

READ_ALL, WRITE_ALL = "UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All"
# The permissions per type exist since October 2025.
TYPED = {
    "phone": "Phone", "microsoftAuthenticator": "MicrosoftAuthApp", "softwareOath": "SoftwareOATH",
    "hardwareOath": "HardwareOATH", "fido2": "Passkey", "windowsHelloForBusiness": "WindowsHello", "email": "Email",
    "temporaryAccessPass": "TAP", "platformCredential": "PlatformCred", "externalAuthenticationMethod": "External",
    "password": "Password",
}  # fmt: skip
METHODS_READ = frozenset({READ_ALL, WRITE_ALL})
METHODS_WRITE = frozenset({WRITE_ALL})
USERS_READ = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"})
SESSIONS_REVOKE = frozenset({"User.RevokeSessions.All", "User.ReadWrite.All"})
# For accountEnabled; of administrators it needs a directory role of the application besides. [d user-update]
ACCOUNT_ENABLE = frozenset({"User.EnableDisableAccount.All", "User.ReadWrite.All", "Directory.ReadWrite.All"})
RISKY_USERS_WRITE = frozenset(
    {"IdentityRiskyUser.ReadWrite.All"}
)  # [d riskyuser-confirmcompromised, riskyuser-dismiss]
MAIL_SEND = frozenset({"Mail.Send"})
MAIL_READ = frozenset({"Mail.Read", "Mail.ReadWrite"})
# The page of the list names the first two for applications [d organization-list], the permissions reference the others.
ORGANIZATION_READ = frozenset(
    {"Directory.Read.All", "Directory.ReadWrite.All", "Organization.Read.All", "Organization.ReadWrite.All"}
)
# [d tenantrelationship-list-delegatedadmincustomers, tenantrelationship-list-delegatedadminrelationships]
PARTNER_READ = frozenset({"DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All"})
GROUPS_READ = frozenset({"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"})
ROLES_READ = frozenset({"RoleManagement.Read.Directory", "RoleManagement.Read.All", "Directory.Read.All"})
ROLE_INSTANCES_READ = frozenset(
    {"RoleAssignmentSchedule.Read.Directory", "RoleManagement.Read.Directory", "RoleManagement.Read.All"}
)
ROLE_ELIGIBILITY_READ = frozenset(
    {"RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.Directory", "RoleManagement.Read.All"}
)
GROUP_ELIGIBILITY_READ = frozenset(
    {"PrivilegedEligibilitySchedule.Read.AzureADGroup", "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"}
)
POLICY_READ = frozenset({"Policy.Read.All"})
ACCESS_EVALUATE = frozenset({"Policy.Read.ConditionalAccess", "Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"})
PER_USER_MFA_READ = frozenset({"Policy.Read.All", "Policy.ReadWrite.AuthenticationMethod"})
REPORTS_READ = frozenset({"AuditLog.Read.All"})
# Both of them, for applications too. [d directoryaudit-list]
DIRECTORY_READ = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})
APPLICATIONS_READ = DIRECTORY_READ | {"Application.Read.All", "Application.ReadWrite.All"}


def read_of(kind: str) -> frozenset[str]:
    return METHODS_READ | {f"UserAuthMethod-{TYPED[kind]}.Read.All", f"UserAuthMethod-{TYPED[kind]}.ReadWrite.All"}


def write_of(kind: str) -> frozenset[str]:
    return METHODS_WRITE | {f"UserAuthMethod-{TYPED[kind]}.ReadWrite.All"}
