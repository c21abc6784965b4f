"""What Microsoft's description of Graph does not say: which query options a collection supports, which `$filter`, which `$expand`.

Every GET that the service makes is one of these rows; a new call needs a row with its source. Pages are those of
microsoftgraph/microsoft-graph-docs-contrib, `api-reference/v1.0` where nothing else is said:

    [d] the documentation says so    [s] seen in public code, not documented
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class Supported:
    path: str  # after the version; {} is a key
    source: str
    options: frozenset[str] = frozenset()
    expand: frozenset[str] = frozenset()
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)  # operator -> properties
    advanced_filters: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # with ConsistencyLevel and $count=true
    advanced: bool = False  # always needs ConsistencyLevel: eventual and $count=true
    beta: str = ""  # why beta: the description at hand is of a national cloud, and may not know the path


_USER_FILTERS = {  # [d] includes/filter-directory-objects
    "eq": names("accountEnabled mail userPrincipalName userType id displayName"),
    "in": names("mail userPrincipalName"),
    "startswith": names("displayName mail userPrincipalName"),
}

SUPPORTED = (
    Supported(
        "users",
        "[d] api/user-list, concepts/aad-advanced-queries",
        names("$select $filter $search $orderby $top $count $expand $skiptoken"),
        expand=names("manager"),
        filters=_USER_FILTERS,
        advanced_filters={"in": names("id")},
    ),
    Supported(
        "users/$count",
        "[d] concepts/aad-advanced-queries",
        names("$filter $search"),
        filters=_USER_FILTERS,
        advanced=False,
    ),
    Supported("users/{}", "[d] api/user-get", names("$select $expand"), expand=names("manager")),
    Supported("users/{}/manager", "[d] api/user-list-manager; the type directoryObject declares nothing to select"),
    Supported(
        "users/{}/transitiveMemberOf", "[d] api/user-list-transitivememberof", names("$select $top $count $skiptoken")
    ),
    Supported(
        "users/{}/transitiveMemberOf/microsoft.graph.directoryRole",
        "[d] api/user-list-transitivememberof: a cast needs the parameters of advanced queries",
        names("$select $top $count $skiptoken"),
        advanced=True,
    ),
    Supported(
        "users/{}/transitiveMemberOf/microsoft.graph.group",
        "[d] api/user-list-transitivememberof, includes/filter-directory-objects",
        names("$select $filter $top $count $skiptoken"),
        filters={"eq": names("isAssignableToRole")},
        advanced=True,
    ),
    # It cannot be filtered by isAssignableToRole there, so the service does that itself.
    Supported(
        "users/{}/ownedObjects/microsoft.graph.group",
        "[s] cast with $select and $top; [d] api/user-list-ownedobjects",
        names("$select $top $skiptoken"),
    ),
    Supported("users/{}/ownedObjects", "[d] api/user-list-ownedobjects", names("$select $top $count $skiptoken")),
    Supported(
        "groups",
        "[d] api/group-list, resources/group: isAssignableToRole supports $filter (eq)",
        names("$select $filter $top $count $orderby $skiptoken"),
        filters={"eq": names("isAssignableToRole displayName")},
    ),
    Supported("groups/{}/members", "[d] api/group-list-members", names("$select $top $count $skiptoken")),
    Supported(
        "groups/{}/transitiveMembers", "[d] api/group-list-transitivemembers", names("$select $top $count $skiptoken")
    ),
    Supported("groups/{}/owners", "[d] api/group-list-owners", names("$select $top $count $skiptoken")),
    Supported(
        "roleManagement/directory/roleAssignments",
        "[d] api/rbacapplication-list-roleassignments",
        names("$select $filter $expand $skiptoken"),
        expand=names("principal roleDefinition"),
        filters={"eq": names("principalId roleDefinitionId")},
    ),
    Supported(
        "roleManagement/directory/roleAssignmentScheduleInstances",
        "[d] api/rbacapplication-list-roleassignmentscheduleinstances",
        names("$select $filter $expand $skiptoken"),
        expand=names("principal roleDefinition"),
        filters={"eq": names("principalId roleDefinitionId")},
    ),
    Supported(
        "roleManagement/directory/roleEligibilityScheduleInstances",
        "[d] api/rbacapplication-list-roleeligibilityscheduleinstances",
        names("$select $filter $expand $skiptoken"),
        expand=names("principal roleDefinition"),
        filters={"eq": names("principalId roleDefinitionId")},
    ),
    Supported(
        "roleManagement/directory/roleDefinitions",
        "[d] api/rbacapplication-list-roledefinitions",
        names("$select $filter $skiptoken"),
        filters={"eq": names("displayName isBuiltIn")},
    ),
    Supported(
        "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
        "[d] api/privilegedaccessgroup-list-eligibilityscheduleinstances: $filter by groupId or principalId is required",
        names("$select $filter $expand $skiptoken"),
        expand=names("principal group"),
        filters={"eq": names("groupId principalId accessId")},
    ),
    Supported("directoryRoles", "[d] api/directoryrole-list: no options"),
    Supported("directoryRoles/{}/members", "[d] api/directoryrole-list-members", names("$select $top $skiptoken")),
    Supported("users/{}/authentication/methods", "[d] api/authentication-list-methods: no options"),
    Supported(
        "users/{}/authentication/temporaryAccessPassMethods",
        "[d] api/authentication-list-temporaryaccesspassmethods: no options the service needs",
    ),
    Supported("users/{}/authentication/signInPreferences", "[d] beta/api/signinpreferences-get: no options"),
    Supported(
        "users/{}/authentication/hardwareOathMethods",
        "[d] beta/api/authentication-list-hardwareoathmethods: `device` comes without $expand",
        names("$select $filter $top"),
        filters={"eq": names("id")},
        beta="Global cloud only",
    ),
    Supported("organization", "[d] api/organization-list", names("$select")),
    Supported(
        "policies/identitySecurityDefaultsEnforcementPolicy", "[d] api/identitysecuritydefaultsenforcementpolicy-get"
    ),
    Supported(
        "identity/conditionalAccess/policies",
        "[d] api/conditionalaccessroot-list-policies",
        names("$select $filter $orderby $top $skip $count $skiptoken"),
        filters={"eq": names("state displayName")},
    ),
    Supported(
        "identity/conditionalAccess/namedLocations",
        "[d] api/conditionalaccessroot-list-namedlocations",
        names("$select $filter $orderby $top $skip $count $skiptoken"),
    ),
    Supported("users/{}/authentication/requirements", "[d] beta/api/authentication-get: no options"),
    Supported(
        "reports/authenticationMethods/userRegistrationDetails",
        "[d] api/authenticationmethodsroot-list-userregistrationdetails, resources/userregistrationdetails; [s] $top, and"
        " $filter by isAdmin and userType",
        names("$filter $orderby $top $skiptoken"),
        filters={
            "eq": names("isMfaRegistered isMfaCapable userDisplayName userPrincipalName isAdmin userType"),
            "startswith": names("userDisplayName userPrincipalName"),
        },
    ),
    Supported(
        "auditLogs/directoryAudits",
        "[d] api/directoryaudit-list, resources/directoryaudit: no $select",
        names("$filter $top $orderby $skiptoken"),
        filters={
            "eq": names("activityDateTime activityDisplayName correlationId id loggedByService"),
            "ge": names("activityDateTime"),
            "le": names("activityDateTime"),
        },
    ),
    Supported(
        "auditLogs/signIns",
        "[d] api/signin-list, resources/signin",
        names("$filter $top $orderby $skiptoken"),
        filters={"eq": names("userId createdDateTime"), "ge": names("createdDateTime"), "le": names("createdDateTime")},
    ),
    Supported(
        "servicePrincipals",
        "[d] api/serviceprincipal-list, resources/serviceprincipal",
        names("$select $filter $search $orderby $top $count $expand $skiptoken"),
        filters={"eq": names("appId displayName id")},
    ),
    Supported(
        "tenantRelationships/delegatedAdminCustomers",
        "[d] api/tenantrelationship-list-delegatedadmincustomers: $top up to 300",
        names("$select $top $skiptoken"),
    ),
    Supported(
        "tenantRelationships/delegatedAdminRelationships",
        "[d] api/tenantrelationship-list-delegatedadminrelationships: $top up to 300; [s] $select, CIPP",
        names("$select $top $skiptoken"),
    ),
    Supported(
        "users/{}/mailFolders/inbox/messages",
        "[d] api/mailfolder-list-messages, api/singlevaluelegacyextendedproperty-get",
        names("$select $filter $orderby $top $skip"),
        filters={"ge": names("receivedDateTime"), "any": names("singleValueExtendedProperties")},
    ),
)

# Writes to beta that the description of a national cloud does not know.
BETA_WRITES = {
    "users/{}/authentication/hardwareOathMethods/{}/deactivate": "[d] beta/api/hardwareoathauthenticationmethod-deactivate",
    "users/{}/authentication/hardwareOathMethods/{}/activate": "[d] beta/api/hardwareoathauthenticationmethod-activate",
}

# POSTs to a collection that answer with the item they made.
CREATES = {
    "users/{}/authentication/temporaryAccessPassMethods": "[d] api/authentication-post-temporaryaccesspassmethods: 201",
}
