"""Find which request holds users now, and how it stands: for a page that says who waits for what."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from records.holds import HoldTerms
from services import Services
from use_cases.read_request import is_within
from use_cases.side_by_side import side_by_side
from web.presenters import display_status

type Account = tuple[str, str]  # tenant id and user id

# Requests read side by side.
_AT_ONCE = 32
UNDECIDED = frozenset({"planning", "awaitingApproval"})


class Held(NamedTuple):
    """The request that holds a user. `request_id` and `waiting_for` are "" and empty where the caller may not see it.

    `standing` is a code of labels.STANDING; `waiting_for` are the approvers who have not decided.
    """

    standing: str
    request_id: str = ""
    ticket: str = ""
    waiting_for: tuple[str, ...] = ()

    @property
    def undecided(self) -> bool:
        return self.standing in UNDECIDED


async def holders_of(
    services: Services,
    accounts: Iterable[Account],
    reach: frozenset[str] | None,
    *,
    but: str = "",
    terms: HoldTerms | None = None,
) -> dict[Account, Held]:
    """Return who holds each of these users now, of those that another request than `but` holds.

    `terms`: leave out those whom a request that is made now would get all the same.
    """

    async def holder(account: Account) -> str:
        found = await services.leases.holder(*account, terms)
        return found.request_id if found else ""

    wanted = list(dict.fromkeys(account for account in accounts if all(account)))
    holding = dict(zip(wanted, await side_by_side(holder, wanted, at_once=_AT_ONCE), strict=True))
    ids = sorted({request_id for request_id in holding.values() if request_id and request_id != but})
    known = dict(zip(ids, await asyncio.gather(*(_held(services, one, reach) for one in ids)), strict=True))
    return {account: held for account, one in holding.items() if (held := known.get(one)) is not None}


async def _held(services: Services, request_id: str, reach: frozenset[str] | None) -> Held | None:
    request = await services.requests.get(request_id)
    if request is None:
        return None
    decisions = await services.requests.decisions(request_id)
    cancelled = await services.requests.cancelled(request_id) is not None
    standing = display_status(request, decisions, services.now(), cancelled=cancelled)
    if not is_within(request, reach):
        return Held(standing)
    decided = {decision.approver.casefold() for decision in decisions}
    return Held(standing, request.id, request.ticket, _waiting(request, decided) if standing in UNDECIDED else ())


def _waiting(request: ResetRequest, decided: set[str]) -> tuple[str, ...]:
    return tuple(entry.approver for entry in request.approval.approvers if entry.approver.casefold() not in decided)


def account_of(target: Target) -> Account:
    return target.tenant_id, target.user_id
