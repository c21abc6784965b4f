"""Read users live from Graph, for the API and the console."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.api.directory_responses import UserDetailsResponse, UsersResponse
from domain.cursors import pack, unpack
from domain.errors import NotFoundError
from domain.methods import MethodType
from domain.policy.load import Customer
from domain.request.guards import first_refusal
from domain.request.involved import Involved
from graph.details import read_details
from graph.errors import GraphError
from graph.listing import UserPage, list_kept_users, list_users, read_ahead
from graph.privilege_cache import Privileges
from graph.user_page_cache import EVER
from graph.user_pages import ListedUser, Query
from graph.users import Several, User, find_users
from languages import Message
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
    spots = unpack(ring, bound_to, cursor) if cursor else None
    page = await list_users(services.graph, tenant_ids(services, customers), query, spots, limit)
    return _response(services, customers, page, bound_to, first=spots is None)


class ConsoleUsers(NamedTuple):
    """A page of users that is shown while some of its customers are still being read.

    `customers` are those that the page is about, `unread` those of them that are still being read. `at_least` is how many users
    match in the others.
    """

    page: UsersResponse
    customers: int
    unread: int
    at_least: int


async def read_console_users(
    services: Services,
    customers: Sequence[str],
    query: Query,
    cursor: str,
    limit: int,
    *,
    patience: float,
    anew: bool = False,
) -> ConsoleUsers:
    """Return one page of users of what was read seconds ago and what is read within `patience` seconds.

    `anew`: use nothing that was read before now, but to show it until it is read again. The page's `read_at` is the time of the
    oldest read it shows. It has no `count` until all of its customers are read.
    """
    ring, bound_to = services.settings.approval_keys, list_key("users", customers, query)
    spots = unpack(ring, bound_to, cursor) if cursor else None
    page = await list_kept_users(
        services.user_pages,
        services.graph,
        tenant_ids(services, customers),
        query,
        spots,
        limit,
        patience=patience,
        after=services.now() if anew else EVER,
    )
    going = set(customers) if spots is None else set(customers) & spots.keys()
    response = _response(services, customers, page, bound_to, first=spots is None)
    return ConsoleUsers(response, len(going), len(page.unread), sum(page.counts.values()))


def read_users_ahead(services: Services, customers: Sequence[str], limit: int) -> None:
    """Begin to read the first page of users of these customers, which is likely to be asked for next."""
    read_ahead(services.user_pages, services.graph, tenant_ids(services, customers), Query(), limit)


def _response(
    services: Services, customers: Sequence[str], page: UserPage, bound_to: str, *, first: bool
) -> UsersResponse:
    counted = page.counts.keys() | page.faults.keys()
    return UsersResponse(
        value=[to_user_response(services, row) for row in page.users],
        cursor=pack(services.settings.approval_keys, bound_to, page.spots),
        count=sum(page.counts.values()) if first and counted >= set(customers) else None,
        unreachable=[unreachable(key, error) for key, error in page.faults.items()],
        read_at=page.read_at or services.now(),
    )


async def find_user(services: Services, customer: str, text: str) -> User:
    """Return the user that `text` names, a user principal name, object id or mail address.

    Raises: NotFoundError where the customer has no such user, GraphError where that could not be found out.
    """
    client = services.graph.of(services.policy.customers[customer].tenant_id)
    found = (await find_users(client, [text]))[0]
    if found is None:
        raise NotFoundError(Message("This customer has no such user."))
    if isinstance(found, Several):
        raise NotFoundError(Message("Several users have this mail address; ask for one by user principal name."))
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
    details = (await read_details(client, [found.id], hardware=True, defaults="all", last=True))[0]
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
