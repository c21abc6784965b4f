"""Takes a person out of the records of ended requests: names, addresses and labels go, ids and outcomes stay.

What stays is what the audit's chain is made of: that a decision was made on a user with this object id, and its outcome.
"""

import json
from collections.abc import AsyncIterator, Iterable

from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from records.notifications import Notifications
from records.requests import Requests
from records.store import Row, Store
from records.target_drafts import TargetDrafts
from records.targets import StoredTarget, Targets

_PAGE = 500


class Forgotten:
    """`busy` are requests with this person that have not ended; while there are any, nothing was changed.

    `names` are the ids and names that the requests knew the person by.
    """

    def __init__(self, busy: Iterable[str] = ()) -> None:
        self.requests: list[str] = []
        self.targets = 0
        self.names: set[str] = set()
        self.busy = sorted(set(busy))


class People:
    def __init__(self, store: Store) -> None:
        self._requests = Requests(store)
        self._targets = Targets(store)
        self._drafts = TargetDrafts(store)
        self._notifications = Notifications(store)

    async def forget(self, customer: str, user: str) -> Forgotten:
        """`user` is an object id, user principal name or mail address of `customer`, a policy key."""
        found = Forgotten()
        found.names.add(user)
        async for request, target in self._with(customer, user):
            if not request.status.ended:
                found.busy.append(request.id)
            elif request.id not in found.requests:
                found.requests.append(request.id)
            found.names |= {target.user_id, target.user_principal_name} - {""}
            # The same person by another of their names: found by the object id, too.
            user = target.user_id or user
        if found.busy:
            return Forgotten(found.busy)
        for request_id in found.requests:
            found.targets += await self._forget_in(request_id, customer, user)
        return found

    async def _forget_in(self, request_id: str, customer: str, user: str) -> int:
        many = 0
        request = await self._requests.get(request_id)
        if request is None:
            return 0
        async for kept in self._matching(request, customer, user):
            many += await self._targets.save(request_id, kept, kept.target.without_person()) is not None
        for notification in await self._notifications.all(request_id):
            # A comment names people in its text.
            await self._notifications.update(
                request_id, notification.kind, lambda one: one.model_copy(update={"event": _without_comment(one.event)})
            )
        return many

    async def _with(self, customer: str, user: str) -> AsyncIterator[tuple[ResetRequest, Target]]:
        cursor = ""
        while True:
            page, cursor = await self._requests.newest(cursor, 100)
            for request in page:
                if customer in request.customers:
                    async for kept in self._matching(request, customer, user):
                        yield request, kept.target
                    for target in await self._in_drafts(request, customer, user):
                        yield request, target
            if not cursor:
                return

    async def _in_drafts(self, request: ResetRequest, customer: str, user: str) -> list[Target]:
        if request.status is not RequestStatus.PLANNING or not self._drafts.needed(request.target_count):
            return []
        drafts = await self._drafts.targets(request.id, 0, request.target_count)
        return [target for target in drafts if target.customer == customer and _is(target, user)]

    async def _matching(self, request: ResetRequest, customer: str, user: str) -> AsyncIterator[StoredTarget]:
        for name, first, count in request.ranges:
            for start in range(first, first + count, _PAGE) if name == customer else ():
                for kept in await self._targets.range(request.id, start, min(_PAGE, first + count - start)):
                    if _is(kept.target, user) or (not kept.readable and _may_name(kept.row, user)):
                        yield kept


def _is(target: Target, user: str) -> bool:
    wanted = user.strip().casefold()
    names = (target.user_id, target.user_principal_name, target.mail, target.asked)
    return any(name.casefold() == wanted for name in names if name)


def _may_name(row: Row, user: str) -> bool:
    """Return whether a row that cannot be read has the name of a user somewhere."""
    return user.strip().casefold() in json.dumps(row.value, ensure_ascii=False).casefold()


def _without_comment(event: dict[str, object]) -> dict[str, object]:
    data = event.get("data")
    if not isinstance(data, dict) or "comment" not in data:
        return event
    return event | {"data": {name: value for name, value in data.items() if name != "comment"}}
