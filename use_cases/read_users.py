"""Read users live from Graph, for the API and the console."""

from collections.abc import Sequence

from domain.api.directory_responses import UserDetailsResponse, UsersResponse
from domain.cursors import pack, unpack
from domain.errors import NotFoundError
from domain.methods import MethodType
from domain.policy.load import Customer
from domain.request.guards import first_refusal
from domain.request.involved import Involved
from graph.details import read_details
from graph.errors import GraphError
from graph.listing import ListedUser, Query, list_users
from graph.privilege_cache import Privileges
from graph.users import Several, User, find_users
from reset.planner import person_of
from services import Services
from use_cases.chosen_customers import list_key, tenant_ids
from use_cases.directory_rows import registered_methods, to_user_response, unreachable

# These alone do not satisfy a demand for multi-factor authentication.
_NO_SECOND_FACTOR = {MethodType.EMAIL, MethodType.TEMPORARY_ACCESS_PASS}


async def read_users(
    services: Services, customers: Sequence[str], query: Query, cursor: str, limit: int
) -> UsersResponse:
    """Return one page of users; a customer that cannot be read is named, and the others are listed."""
    ring, bound_to = services.settings.approval_keys, list_key("users", customers, query)
    page = await list_users(
        services.graph,
        tenant_ids(services, customers),
        query,
        unpack(ring, bound_to, cursor) if cursor else None,
        limit,
    )
    counted = page.counts.keys() | page.faults.keys()
    return UsersResponse(
        value=[to_user_response(services, row) for row in page.users],
        cursor=pack(ring, bound_to, page.spots),
        count=sum(page.counts.values()) if not cursor and counted >= set(customers) else None,
        unreachable=[unreachable(key, error) for key, error in page.faults.items()],
        read_at=services.now(),
    )


async def find_user(services: Services, customer: str, text: str) -> User:
    """Return the user that `text` names, a user principal name, object id or mail address.

    Raises: NotFoundError where the customer has no such user, GraphError where that could not be found out.
    """
    client = services.graph.of(services.policy.customers[customer].tenant_id)
    found = (await find_users(client, [text]))[0]
    if found is None:
        raise NotFoundError("This customer has no such user.")
    if isinstance(found, Several):
        raise NotFoundError("Several users have this mail address; ask for one by user principal name.")
    if isinstance(found, GraphError):
        raise found
    return found


async def read_user(services: Services, customer: str, text: str) -> UserDetailsResponse:
    """Return one user with summary and methods; `text` is a user principal name or object id.

    Raises: NotFoundError where the customer has no such user, GraphError where it cannot be read.
    """
    policy = services.policy.customers[customer]
    client = services.graph.of(policy.tenant_id)
    found = await find_user(services, customer, text)
    details = (await read_details(client, [found.id], hardware=True, defaults="all"))[0]
    if isinstance(details, GraphError):
        raise details
    privileges = details.privileges
    row = to_user_response(services, ListedUser(customer, found))
    methods = registered_methods(details.found, policy)
    unreadable = details.found.hardware_unreadable
    return UserDetailsResponse(
        **row.model_dump(exclude={"registered", "privileged"}),
        registered=any(method.type not in _NO_SECOND_FACTOR for method in methods),
        privileged=bool(privileges.names),
        privileges=privileges.names,
        refused=_refused(services, policy, found, privileges),
        default_method=details.found.preference,
        methods=methods,
        unreadable=f"Hardware tokens could not be read: {unreadable.detail}" if unreadable else "",
        read_at=services.now(),
    )


def _refused(services: Services, customer: Customer, user: User, privileges: Privileges) -> str:
    found = first_refusal(
        person_of(user, customer.tenant_id),
        privileges.names,
        customer=customer,
        guards=services.policy.guards,
        involved=Involved(),
        unknown=privileges.unknown,
    )
    return found.reason if found else ""
