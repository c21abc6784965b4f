"""Read audits for people: the events of requests that a filter finds, and the names of who and what they speak of."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from domain.audit.chain import AuditEvent, broken
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from services import Services
from use_cases.list_requests import open_place, seal_place
from use_cases.people_names import PeopleNames
from use_cases.read_request import is_within
from web.audit_sentences import Names

_people = PeopleNames()

# Requests whose audits are read side by side, and how many one page looks at; what is older is on the next page.
_READ, _SCANNED = 20, 400
# Of a request with at most so many users all are named, of a larger one so many of those that its events name.
_ALL, _SOME = 200, 300
# The fields of an event that name a person.
_PEOPLE = ("approver", "delegate", "manager", "to", "by", "requester", "requestedBy")


class AuditFilter(NamedTuple):
    """What a person looks for; empty: everything. `start` and `end` are about the events, `end` is excluded."""

    person: str = ""
    kind: str = ""
    request: str = ""
    customer: str = ""
    start: datetime | None = None
    end: datetime | None = None
    dry_runs: bool = False

    @property
    def of_events(self) -> bool:
        """Whether it looks at the events themselves, and not at their request alone."""
        return bool(self.person or self.kind or self.start or self.end)


class AuditedRequest(NamedTuple):
    """A request with the events that were looked for, oldest first; `wrong` says what is wrong with the whole chain."""

    request: ResetRequest
    events: Sequence[AuditEvent]
    total: int  # number of all its events
    names: Names
    wrong: str | None


async def list_audits(
    services: Services, wanted: AuditFilter, reach: frozenset[str] | None, cursor: str, limit: int
) -> tuple[list[AuditedRequest], str]:
    """Return at most `limit` requests with events that `wanted` finds, the newest request first, and the cursor of the next page.

    About `_SCANNED` requests are looked at, so a page may have fewer, even none, though there are more.
    Raises: InvalidInputError for a cursor that is not one of this list's.
    """
    ring = services.settings.approval_keys
    place = open_place(ring, cursor)
    found: list[AuditedRequest] = []
    for _ in range(_SCANNED // _READ):
        # An event comes after its request was made, so younger requests have none of an earlier day.
        rows, following = await services.requests.listed(place, _READ, customer=wanted.customer, before=wanted.end)
        seen = [(key, request) for key, request in rows if _may_match(request, wanted, reach)]
        read = await asyncio.gather(*(_audited(services, request, wanted) for _, request in seen))
        for (key, _), audited in zip(seen, read, strict=True):
            if audited.events or audited.wrong or not wanted.of_events:
                found.append(audited)
            if len(found) == limit and (following or key != rows[-1][0]):
                return found, seal_place(ring, key)
        place = following
        if not place:
            break
    return found, seal_place(ring, place)


def _may_match(request: ResetRequest, wanted: AuditFilter, reach: frozenset[str] | None) -> bool:
    text = wanted.request.casefold()
    return (
        is_within(request, reach)
        and (wanted.dry_runs or not request.dry_run)
        and (not text or any(text in each.casefold() for each in (request.id, request.ticket)))
    )


async def _audited(services: Services, request: ResetRequest, wanted: AuditFilter) -> AuditedRequest:
    head = await services.audits.head(request.id)
    events = await services.audits.all(request.id)
    found = broken(request.id, events, head)
    some = [event for event in events if _is_wanted(event, wanted)]
    names = await names_for(services, request, events if wanted.person else some)
    if wanted.person:
        some = [event for event in some if _speaks_of(event, names, wanted.person.casefold())]
    return AuditedRequest(request, some, len(events), names, found)


def _is_wanted(event: AuditEvent, wanted: AuditFilter) -> bool:
    return (
        (not wanted.kind or event.event == wanted.kind)
        and (wanted.start is None or event.at >= wanted.start)
        and (wanted.end is None or event.at < wanted.end)
    )


def _speaks_of(event: AuditEvent, names: Names, text: str) -> bool:
    """Return whether a person or user of the event has this text in the name or address."""
    addresses = _addresses_of(event)
    users = [names.users.get(number, "") for number in _numbers_of(event)]
    known = [names.people.get(address.casefold(), "") for address in addresses]
    return any(text in each.casefold() for each in (*addresses, *known, *users))


async def names_for(services: Services, request: ResetRequest, events: Iterable[AuditEvent]) -> Names:
    """Return the names of who and what these events of a request speak of."""
    events = list(events)
    targets, people = await asyncio.gather(
        _targets_for(services, request, events),
        _people.find(services, [address for event in events for address in _addresses_of(event)]),
    )
    customers = services.policy.customers
    return Names(
        request=request,
        customers={key: customers[key].name or key for key in customers},
        users={target.number: _named(target) for target in targets},
        ids={target.user_id: _named(target) for target in targets if target.user_id},
        people=people,
        reasons={target.number: target.reason for target in targets},
    )


def _named(target: Target) -> str:
    return target.display_name or target.user_principal_name or target.asked


async def _targets_for(services: Services, request: ResetRequest, events: Sequence[AuditEvent]) -> list[Target]:
    if not events:
        return []
    if request.target_count <= _ALL:
        kept = await services.targets.range(request.id, 0, request.target_count)
        return [each.target for each in kept]
    numbers = list(dict.fromkeys(number for event in events for number in _numbers_of(event)))[:_SOME]
    found = await asyncio.gather(*(services.targets.get(request.id, number) for number in numbers))
    return [each.target for each in found if each]


def _numbers_of(event: AuditEvent) -> list[int]:
    data = event.data
    targets = data.get("targets")
    without = data.get("without")
    values = [data.get("target"), data.get("number"), *(without if isinstance(without, list) else [])]
    values += (
        [each.get("number") if isinstance(each, dict) else None for each in targets]
        if isinstance(targets, list)
        else []
    )
    return [value for value in values if isinstance(value, int)]


def _addresses_of(event: AuditEvent) -> list[str]:
    named = [event.data.get(field) for field in _PEOPLE]
    approvers = event.data.get("approvers")
    everyone = [event.actor, *named, *(approvers if isinstance(approvers, list) else [])]
    return [text for text in everyone if isinstance(text, str) and text]
