"""One search for tickets, requests, customers and users."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from domain.api.directory_responses import Unreachable
from domain.request.reset_request import ResetRequest
from graph.listing import list_kept_users
from graph.user_pages import ListedUser, Query
from services import Services
from use_cases.chosen_customers import tenant_ids
from use_cases.directory_rows import unreachable
from use_cases.list_requests import list_requests
from use_cases.read_request import is_within

# What is shown of each kind; the lists have filters for more.
SHOWN = 10
_SCANNED = 2000
# Seconds to wait for customers; those that take longer are named as not searched yet.
_PATIENCE = 1.0
# A search in Graph needs something to go by.
_SHORTEST = 2


class Found(NamedTuple):
    """What matches, at most `SHOWN` of each kind.

    `away` are customers whose users could not be searched, `unread` how many of all `searched` are still being searched.
    """

    requests: Sequence[ResetRequest]
    customers: Sequence[str]
    users: Sequence[ListedUser]
    away: Sequence[Unreachable]
    unread: int = 0
    searched: int = 0


async def search_console(services: Services, text: str, customers: Mapping[str, str], *, users: bool) -> Found:
    """Return what `text` finds within `customers`, keys and names; `users`: search for people, too.

    Requests match by id, ticket, requester or reason, customers by key, name or domain, users as in the list of users.
    """
    wanted = text.strip().casefold()
    if len(wanted) < _SHORTEST:
        return Found((), (), (), ())

    def matches(request: ResetRequest) -> bool:
        texts = (request.id, request.ticket, request.asked_by, request.reason)
        return is_within(request, frozenset(customers)) and any(wanted in each.casefold() for each in texts)

    requests, _ = await list_requests(services, matches, "", SHOWN, scan=_SCANNED)
    known = services.policy.customers
    named = [
        key
        for key, name in customers.items()
        if any(wanted in each.casefold() for each in (key, name, known[key].tenant_id, *known[key].domains))
    ]
    if not users:
        return Found(requests, named[:SHOWN], (), ())
    page = await list_kept_users(
        services.user_pages,
        services.graph,
        tenant_ids(services, list(customers)),
        Query(search=text.strip()),
        None,
        SHOWN,
        patience=max(_PATIENCE, services.list_patience),
    )
    away = [unreachable(key, error) for key, error in page.faults.items()]
    return Found(requests, named[:SHOWN], page.users, away, len(page.unread), len(customers))
