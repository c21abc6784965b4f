"""Which query options each endpoint accepts: what the documentation of the endpoint names, and nothing else [d]."""

from localhost.simulator.protocol.query_options import Accepts
from localhost.simulator.protocol.resource_types import (
    ACCESS_POLICY,
    DELEGATED_ADMIN_CUSTOMER,
    DELEGATED_ADMIN_RELATIONSHIP,
    DIRECTORY_AUDIT,
    DIRECTORY_OBJECT,
    DIRECTORY_ROLE,
    GROUP,
    GROUP_ELIGIBILITY_INSTANCE,
    HARDWARE_OATH,
    MESSAGE,
    NAMED_LOCATION,
    ORGANIZATION,
    REGISTRATION_DETAILS,
    ROLE_ASSIGNMENT,
    ROLE_ASSIGNMENT_INSTANCE,
    ROLE_DEFINITION,
    ROLE_ELIGIBILITY_INSTANCE,
    SECURITY_DEFAULTS,
    SERVICE_PRINCIPAL,
    SIGN_IN,
    USER,
    ResourceType,
)

_PAGED = frozenset({"$top", "$skiptoken"})
_LIST = frozenset({"$select", "$filter", "$search", "$orderby", "$count"}) | _PAGED
_SELECT = frozenset({"$select"})

USERS = Accepts(USER, _LIST | {"$expand"}, expand={"manager": USER}, directory=True)
USER_COUNT = Accepts(USER, frozenset({"$filter", "$search"}), directory=True)
ONE_USER = Accepts(USER, _SELECT | {"$expand"}, expand={"manager": USER}, directory=True)
MANAGER = Accepts(USER, _SELECT, directory=True)
GROUPS = Accepts(GROUP, _LIST, directory=True)


def related(of_type: ResourceType, *, cast: bool = False) -> Accepts:
    """Return what a relationship to directory objects accepts, cast to one type or of mixed ones."""
    return Accepts(of_type, _LIST, directory=True, relationship=True, cast=cast)


RELATED_OBJECTS, OWNED_GROUPS = related(DIRECTORY_OBJECT), related(GROUP)
MEMBER_USERS = related(USER, cast=True)
MEMBER_OF_GROUPS, MEMBER_OF_ROLES = related(GROUP, cast=True), related(DIRECTORY_ROLE, cast=True)
NO_ROLE_OPTIONS = Accepts(DIRECTORY_ROLE, directory=True)  # "does not support the OData Query Parameters"
ROLE_MEMBERS = Accepts(USER, _SELECT | _PAGED, directory=True)

# Neither $top nor $count is documented for these.
_MANAGED = frozenset({"$select", "$filter", "$expand", "$skiptoken"})
_PRINCIPAL = {"principal": DIRECTORY_OBJECT, "roleDefinition": ROLE_DEFINITION}
ROLE_ASSIGNMENTS = Accepts(ROLE_ASSIGNMENT, _MANAGED, expand=_PRINCIPAL)
ROLE_ASSIGNMENT_INSTANCES = Accepts(ROLE_ASSIGNMENT_INSTANCE, _MANAGED, expand=_PRINCIPAL)
ROLE_ELIGIBILITY_INSTANCES = Accepts(ROLE_ELIGIBILITY_INSTANCE, _MANAGED, expand=_PRINCIPAL)
ROLE_DEFINITIONS = Accepts(ROLE_DEFINITION, _MANAGED - {"$expand"})
GROUP_ELIGIBILITY_INSTANCES = Accepts(
    GROUP_ELIGIBILITY_INSTANCE, _MANAGED, expand={"principal": DIRECTORY_OBJECT, "group": GROUP}
)

ORGANIZATIONS = Accepts(ORGANIZATION, _SELECT)
SECURITY_DEFAULTS_POLICY = Accepts(SECURITY_DEFAULTS)
ACCESS_POLICIES = Accepts(ACCESS_POLICY, frozenset({"$select", "$filter", "$orderby", "$count"}) | _PAGED)
NAMED_LOCATIONS = Accepts(NAMED_LOCATION, frozenset({"$select"}) | _PAGED)
# The page documents $filter and $orderby; $top is widely used. [s: public scripts]
REGISTRATIONS = Accepts(REGISTRATION_DETAILS, frozenset({"$filter", "$orderby"}) | _PAGED)
INBOX = Accepts(MESSAGE, frozenset({"$select", "$filter", "$orderby", "$count", "$skip"}) | _PAGED, own_filter=True)
# $select is not among the options of its page. [d directoryaudit-list]
DIRECTORY_AUDITS = Accepts(DIRECTORY_AUDIT, frozenset({"$filter", "$orderby"}) | _PAGED, own_filter=True)
SIGN_INS = Accepts(SIGN_IN, frozenset({"$filter", "$orderby"}) | _PAGED, own_filter=True)
SERVICE_PRINCIPALS = Accepts(SERVICE_PRINCIPAL, _LIST, directory=True)
HARDWARE_TOKENS = Accepts(HARDWARE_OATH, frozenset({"$select", "$filter", "$top", "$skiptoken"}))
# [d tenantrelationship-list-delegatedadmincustomers, tenantrelationship-list-delegatedadminrelationships]
_OF_PARTNERS = frozenset({"$select", "$filter", "$orderby", "$count"}) | _PAGED
DELEGATED_CUSTOMERS = Accepts(DELEGATED_ADMIN_CUSTOMER, _OF_PARTNERS)
DELEGATED_RELATIONSHIPS = Accepts(DELEGATED_ADMIN_RELATIONSHIP, _OF_PARTNERS)
