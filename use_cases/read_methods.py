"""Read the authentication methods of many users live from Graph, one row per user and method."""

import asyncio
from collections.abc import Iterable, Sequence

from domain.api.directory_responses import MethodRow, MethodsResponse, Unreachable
from domain.cursors import pack, unpack
from domain.methods import MethodType
from domain.policy.load import Customer
from domain.request.phone_numbers import has_only_phones
from graph.client import Graph
from graph.errors import GraphError
from graph.found import Found
from graph.listing import UserPage, list_kept_users, list_users
from graph.registered_methods import read_registered
from graph.user_page_cache import EVER
from graph.user_pages import ListedUser, Query
from services import Services
from use_cases.chosen_customers import list_key, tenant_ids
from use_cases.directory_rows import registered_methods, unreachable, unread

# Users whose methods one page reads, and how many pages of users it reads at most for a filter that matches little.
_USERS, _PAGES = 20, 4
# Seconds to wait for lists of users: longer than any read takes, so that a page of methods leaves no customer out.
_PATIENCE = 300.0


async def read_methods(
    services: Services,
    customers: Sequence[str],
    query: Query,
    cursor: str,
    *,
    kinds: frozenset[MethodType] = frozenset(),
    older_than_days: int | None = None,
    only_phone: bool = False,
    kept: bool = False,
    anew: bool = False,
) -> MethodsResponse:
    """Return the methods of the next users: of `kinds` only, where some are named, and registered at least so many days ago.

    The methods are read live, and so is who the users are unless `kept`: then it may have been read seconds ago, though not before
    now if also `anew`. `only_phone`: only of users who have nothing but SMS and voice to answer a request for MFA with.
    """
    bound_to = list_key("methods", customers, query)
    spots = unpack(services.settings.approval_keys, bound_to, cursor) if cursor else None
    shown = MethodsResponse(value=[], cursor=None, users=0, unread=[], unreachable=[], read_at=services.now())
    for _ in range(_PAGES):
        tenants = tenant_ids(services, customers)
        if kept:
            page = await list_kept_users(
                services.user_pages,
                services.graph,
                tenants,
                query,
                spots,
                _USERS,
                patience=_PATIENCE,
                after=shown.read_at if anew else EVER,
            )
        else:
            page = await list_users(services.graph, tenants, query, spots, _USERS)
        rows, missing = await _methods_of(services, page, only_phone=only_phone)
        shown.users += len(page.users)
        shown.value += [row for row in rows if _matches(row, kinds, older_than_days, shown)]
        shown.unread += missing
        shown.unreachable = [unreachable(key, error) for key, error in page.faults.items()]
        spots = page.spots
        if not spots or len(shown.value) >= _USERS:
            break
    shown.cursor = pack(services.settings.approval_keys, bound_to, spots or {})
    return shown


async def _methods_of(
    services: Services, page: UserPage, *, only_phone: bool
) -> tuple[list[MethodRow], list[Unreachable]]:
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
    missing: list[Unreachable] = []
    for row in page.users:
        answer = found[row.customer, row.user.id]
        if isinstance(answer, GraphError):
            fault = unread(row.customer, answer)
            missing.append(fault.model_copy(update={"detail": f"{row.user.user_principal_name}: {fault.detail}"}))
            continue
        if only_phone and (answer.hardware_unreadable is not None or not has_only_phones(answer.methods)):
            continue
        policy = services.policy.customers[row.customer]
        names = {
            "customer": row.customer,
            "tenant_id": policy.tenant_id,
            "user_id": row.user.id,
            "display_name": row.user.display_name,
            "user_principal_name": row.user.user_principal_name,
        }
        methods += [MethodRow(**method.model_dump(), **names) for method in registered_methods(answer, policy)]
    return methods, missing


async def _read(graph: Graph, customer: Customer, rows: Sequence[ListedUser]) -> list[Found | GraphError]:
    hardware = MethodType.HARDWARE_OATH in customer.methods
    try:
        return await read_registered(graph.of(customer.tenant_id), [row.user.id for row in rows], hardware=hardware)
    except GraphError as error:
        return [error for _ in rows]


def _matches(row: MethodRow, kinds: Iterable[MethodType], older_than_days: int | None, shown: MethodsResponse) -> bool:
    if kinds and row.type not in kinds:
        return False
    if older_than_days is None:
        return True
    return row.created_at is not None and (shown.read_at - row.created_at).days >= older_than_days
