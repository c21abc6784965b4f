"""Reads users and their methods for the API and the console, customer by customer, and turns what fails into what is shown."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from domain.api.directory_responses import (
    MethodRow,
    MethodsResponse,
    RegisteredMethod,
    Unreachable,
    UserDetailsResponse,
    UserResponse,
    UsersResponse,
)
from domain.api.options import kept_because
from domain.cursors import pack, unpack
from domain.errors import InvalidInputError, NotFoundError
from domain.methods import Method, MethodType, satisfies
from domain.policy.load import Customer
from domain.request.guards import Person, privilege_refusal, refusal
from graph.client import Graph
from graph.details import read_details
from graph.errors import Fault, GraphError
from graph.found import Found
from graph.listing import ListedUser, Query, UserPage, list_users
from graph.privilege_cache import Privileges
from graph.registered_methods import read_registered
from graph.users import Several, User, find_users
from services import Services

# Users whose methods one page of the methods list reads, and how many more it looks at for a filter that matches little.
_USERS_OF_PAGE, _LOOKS = 20, 4

_REASONS = {Fault.CONSENT: "consentMissing", Fault.THROTTLED: "throttled", Fault.FORBIDDEN: "forbidden"}


def chosen_customers(services: Services, text: str | None, reach: frozenset[str] | None = None) -> list[str]:
    """The policy keys that a `customers` parameter names; where it is empty all that the caller reaches (None: every one)."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    keys: dict[str, None] = {}
    for name in names:
        key = services.policy.find_customer(name)
        if key is None or (reach is not None and key not in reach):
            detail = f"no customer is known by {name[:100]!r}"
            raise InvalidInputError("No customer is known by that name.", [_error("customers", detail)])
        keys[key] = None
    return list(keys) if names else [key for key in services.policy.customers if reach is None or key in reach]


async def shown_users(
    services: Services, customers: Sequence[str], query: Query, cursor: str, limit: int
) -> UsersResponse:
    """One page of users; a customer that does not answer is named and the rest is listed."""
    question = _question("users", customers, query)
    page = await list_users(
        services.graph, _tenants(services, customers), query, unpack(question, cursor) if cursor else None, limit
    )
    counted = page.counts.keys() | page.faults.keys()
    return UsersResponse(
        value=[user_shown(services, row) for row in page.users],
        cursor=pack(question, page.spots),
        count=sum(page.counts.values()) if not cursor and counted >= set(customers) else None,
        unreachable=[unreachable(key, error) for key, error in page.faults.items()],
        read_at=services.now(),
    )


async def shown_methods(
    services: Services,
    customers: Sequence[str],
    query: Query,
    cursor: str,
    *,
    kinds: frozenset[MethodType] = frozenset(),
    older_than_days: int | None = None,
) -> MethodsResponse:
    """The methods of the next users, only those of `kinds` where some are named and only older ones where that is asked."""
    question = _question("methods", customers, query)
    spots = unpack(question, cursor) if cursor else None
    shown = MethodsResponse(value=[], cursor=None, users=0, unread=[], unreachable=[], read_at=services.now())
    for _ in range(_LOOKS):
        page = await list_users(services.graph, _tenants(services, customers), query, spots, _USERS_OF_PAGE)
        rows, unread = await _methods_of(services, page)
        shown.users += len(page.users)
        shown.value += [row for row in rows if _wanted(row, kinds, older_than_days, shown)]
        shown.unread += unread
        shown.unreachable = [unreachable(key, error) for key, error in page.faults.items()]
        spots = page.spots
        if not spots or len(shown.value) >= _USERS_OF_PAGE:
            break
    shown.cursor = pack(question, spots or {})
    return shown


async def shown_user(services: Services, customer: str, text: str) -> UserDetailsResponse:
    """One user with summary and methods. NotFoundError where the customer has no such user; GraphError where it is silent."""
    policy = services.policy.customers[customer]
    client = services.graph.of(policy.tenant_id)
    found = (await find_users(client, [text]))[0]
    if found is None:
        raise NotFoundError("This customer has no such user.")
    if isinstance(found, Several):
        raise NotFoundError("Several users have this mail address; ask for one by user principal name.")
    if isinstance(found, GraphError):
        raise found
    details = (await read_details(client, [found.id], hardware=True))[0]
    if isinstance(details, GraphError):
        raise details
    privileges = details.privileges
    row = user_shown(services, ListedUser(customer, found))
    methods = _registered(details.found, policy)
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


# What alone does not answer a request for multi-factor authentication.
_NO_SECOND_FACTOR = {MethodType.EMAIL, MethodType.TEMPORARY_ACCESS_PASS}


def unreachable(customer: str, error: GraphError) -> Unreachable:
    if error.code.startswith("Authentication_RequestFromNonPremiumTenant"):
        detail = "This customer has no licence for the registration report, which this filter needs."
        return Unreachable(customer=customer, reason="noLicence", detail=detail)
    reason = _REASONS.get(error.fault, "customerUnreachable")
    return Unreachable(customer=customer, reason=reason, detail=error.detail)


def user_shown(services: Services, row: ListedUser) -> UserResponse:
    user = row.user
    return UserResponse(
        customer=row.customer,
        tenant_id=services.policy.customers[row.customer].tenant_id,
        id=user.id,
        display_name=user.display_name,
        user_principal_name=user.user_principal_name,
        mail=user.mail,
        enabled=user.enabled,
        guest=user.guest,
        registered=row.registered,
        privileged=row.admin,
    )


async def _methods_of(services: Services, page: UserPage) -> tuple[list[MethodRow], list[Unreachable]]:
    groups: dict[str, list[ListedUser]] = {}
    for row in page.users:
        groups.setdefault(row.customer, []).append(row)
    answers = await asyncio.gather(
        *(_read(services.graph, services.policy.customers[key], rows) for key, rows in groups.items())
    )
    found = {
        (row.customer, row.user.id): answer
        for rows, answered in zip(groups.values(), answers, strict=True)
        for row, answer in zip(rows, answered, strict=True)
    }
    methods: list[MethodRow] = []
    unread: list[Unreachable] = []
    for row in page.users:
        answer = found[row.customer, row.user.id]
        if isinstance(answer, GraphError):
            fault = unreachable(row.customer, answer)
            unread.append(fault.model_copy(update={"detail": f"{row.user.user_principal_name}: {fault.detail}"}))
            continue
        policy = services.policy.customers[row.customer]
        names = {
            "customer": row.customer,
            "tenant_id": policy.tenant_id,
            "user_id": row.user.id,
            "display_name": row.user.display_name,
            "user_principal_name": row.user.user_principal_name,
        }
        methods += [MethodRow(**method.model_dump(), **names) for method in _registered(answer, policy)]
    return methods, unread


async def _read(graph: Graph, customer: Customer, rows: Sequence[ListedUser]) -> list[Found | GraphError]:
    hardware = MethodType.HARDWARE_OATH in customer.methods
    try:
        return await read_registered(graph.of(customer.tenant_id), [row.user.id for row in rows], hardware=hardware)
    except GraphError as error:
        return [error for _ in rows]


def _registered(found: Found, customer: Customer) -> list[RegisteredMethod]:
    return [_method(method, found.preference, customer) for method in found.methods]


def _method(method: Method, preference: str | None, customer: Customer) -> RegisteredMethod:
    kept = kept_because(method.type, active=method.active, allowed=customer.methods)
    return RegisteredMethod(
        type=method.type,
        id=method.id,
        label=method.label,
        is_default=satisfies(method, preference),
        created_at=method.created_at,
        active=method.active,
        in_scope=not kept,
        kept=kept,
    )


def _refused(services: Services, customer: Customer, user: User, privileges: Privileges) -> str:
    names = frozenset(name.casefold() for name in (user.user_principal_name, user.mail) if name)
    person = Person(user.id, names, user.guest, user.enabled)
    found = refusal(person, customer=customer, guards=services.policy.guards, requester="")
    found = found or privilege_refusal(privileges.names, services.policy.guards, unknown=privileges.unknown)
    return found.reason if found else ""


def _wanted(row: MethodRow, kinds: Iterable[MethodType], older_than_days: int | None, shown: MethodsResponse) -> bool:
    if kinds and row.type not in kinds:
        return False
    if older_than_days is None:
        return True
    return row.created_at is not None and (shown.read_at - row.created_at).days >= older_than_days


def _tenants(services: Services, customers: Sequence[str]) -> Mapping[str, str]:
    return {key: services.policy.customers[key].tenant_id for key in customers}


def _question(what: str, customers: Sequence[str], query: Query) -> str:
    return repr((what, sorted(customers), query))


def _error(name: str, detail: str) -> dict[str, str]:
    return {"pointer": f"/query/{name}", "detail": detail}
