"""Which requests wait to be mailed to an approver, so that many at once become one mail. One row per approver."""

import hashlib
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from records.errors import StoreUnavailableError
from records.limits import instant_of
from records.store import Insert, Replace, Store

_PARTITION = "approver-mailings"
# What comes within this time becomes one mail, where it is more than a few.
COLLECTED = timedelta(minutes=1)
# So many requests that wait at the same time, or mails within the minute, are a burst.
_BURST, _MAILS = 3, 5
# The first of several sends for the others; where it does not, they look again after this.
_LOOK_AGAIN = timedelta(seconds=5)
# Longer than a call to Graph with its repetitions; what a sender that stopped had taken is held up for so long.
_SENDING = timedelta(seconds=60)
# A link takes up to 600 characters, and Outlook is slow with mails beyond 100 KB.
_TOGETHER = 100
_TRIES = 200
# A request that still waits after this has ended, or its orchestration stopped for so long.
_FORGOTTEN = timedelta(days=2)


class Turn(NamedTuple):
    """`send`: the requests to mail now, with their reminders' numbers; empty: look again in `wait` seconds."""

    send: dict[str, int]
    wait: float = 0.0


class ApproverMailings:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, approver: str, request_id: str, reminder: int, now: datetime) -> bool:
        """Note that the request waits, unless it is being mailed; return whether it is the first that waits."""

        def add(state: dict[str, Any]) -> bool:
            waiting, sending = _parts(state, now)
            if request_id in sending:
                return False
            waiting[request_id] = [waiting.get(request_id, [now.isoformat()])[0], reminder]
            return next(iter(waiting)) == request_id

        return await self._change(approver, add)

    async def take(self, approver: str, request_id: str, now: datetime) -> Turn:
        """Return what is to be mailed now, all of which this caller then sends, or how long to wait.

        One request, or two, are mailed at once. More than a few within a minute are collected for the rest of it.
        """

        def take(state: dict[str, Any]) -> Turn:
            waiting, sending = _parts(state, now)
            if request_id in sending or not waiting:
                return Turn({}, _LOOK_AGAIN.total_seconds())
            first, (since, _) = next(iter(waiting.items()))
            began = instant_of(since) or now
            collected = began + COLLECTED
            if now < collected and (len(waiting) >= _BURST or len(state["sent"]) >= _MAILS):
                return Turn({}, (collected - now).total_seconds())
            if first != request_id and now < began + 2 * _LOOK_AGAIN:
                return Turn({}, _LOOK_AGAIN.total_seconds())
            send = {name: reminder for name, (_, reminder) in [*waiting.items()][:_TOGETHER]}
            for name in send:
                del waiting[name]
                sending[name] = [(now + _SENDING).isoformat()]
            return Turn(send)

        return await self._change(approver, take)

    async def end(self, approver: str, taken: Collection[str], now: datetime, *, sent: bool) -> None:
        """Note that the sender is through with what it took. `sent`: a mail went out. What was not sent waits once more."""

        def end(state: dict[str, Any]) -> None:
            waiting, sending = _parts(state, now)
            for name in taken:
                waiting.pop(name, None)
                sending.pop(name, None)
            if sent:
                state["sent"].append(now.isoformat())

        await self._change(approver, end)

    async def _change[Result](self, approver: str, step: Callable[[dict[str, Any]], Result]) -> Result:
        key = hashlib.sha256(approver.casefold().encode()).hexdigest()[:32]
        for _ in range(_TRIES):
            row = await self._store.get(_PARTITION, key)
            state = dict(row.value) if row else {}
            result = step(state)
            if (row and state == row.value) or await self._store.apply(
                _PARTITION, [Replace(row, state) if row else Insert(key, state)]
            ):
                return result
        raise StoreUnavailableError("the mailings of an approver are written by others all the time")


def _parts(state: dict[str, Any], now: datetime) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Return what waits and what is being sent, without what an interruption left behind."""
    waiting = {
        name: entry for name, entry in _entries(state.get("waiting"), 2, now - _FORGOTTEN) if isinstance(entry[1], int)
    }
    sending = dict(_entries(state.get("sending"), 1, now))
    sent = state.get("sent")
    recent = [at for at in sent if _is_after(at, now - COLLECTED)] if isinstance(sent, list) else []
    state.clear()
    state |= {"waiting": waiting, "sending": sending, "sent": recent}
    return waiting, sending


def _entries(value: object, length: int, after: datetime) -> list[tuple[str, list[Any]]]:
    """Return the requests with what is noted of them: when, which is after `after`, and more. What cannot be read is left out."""
    found = value.items() if isinstance(value, dict) else ()
    return [
        (name, [*entry])
        for name, entry in found
        if isinstance(entry, list) and len(entry) == length and _is_after(entry[0], after)
    ]


def _is_after(text: object, instant: datetime) -> bool:
    at = instant_of(text)
    return at is not None and at > instant
