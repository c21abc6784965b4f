"""How many targets of one customer may be worked on at once, over all requests and all workers that run side by side.

A window of targets takes permits before it starts and gives them back when it is done. Who waits has a place in a queue, so
that a large request, which asks for its next window at once, comes after a small one that asks every few seconds.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from records.limits import instant_of, is_name
from records.requests import Requests
from records.store import Insert, Replace, Row, Store

_KEY = "permits"
# A waiting window asks every few seconds; one that has not asked for this long has gone away.
_WAITS = timedelta(seconds=60)


class ConcurrencyPermits:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)

    async def acquire(self, tenant_id: str, request_id: str, window: str, want: int, limit: int, now: datetime) -> int:
        """Return how many targets of `window` of `request_id` may run at once; 0: ask again later.

        A window that asks again (its activity ran twice) gets what it has.
        """
        holder = f"{request_id}/{window}"
        while True:
            row = await self._store.get(_place(tenant_id), _KEY)
            state = _read(row)
            running = await self._running(state.running)
            queue = [place for place in state.queue if (at := instant_of(place[1])) and at > now - _WAITS]
            names = [name for name, _ in queue]
            ahead = names.index(holder) if holder in names else len(names)
            others = len(names) - (holder in names)
            width = limit if state.width is None else min(limit, state.width)
            permits = running.get(holder) or _share(width, running, others, ahead, want)
            place = [] if permits else [[holder, now.isoformat()]]
            if permits:
                running[holder] = permits
            value = {"running": running, "queue": [*queue[:ahead], *place, *queue[ahead + 1 :]], "width": width}
            change = Replace(row, value) if row else Insert(_KEY, value)
            if await self._store.apply(_place(tenant_id), [change]):
                return permits

    async def release(
        self, tenant_id: str, request_id: str, window: str, ended_with: int, *, throttled: bool, limit: int
    ) -> None:
        """Release a window's permits. `ended_with` is how many at once it stood of those it had.

        The customer's width, which all requests share, falls by as many as the window had to give up, and grows by one, up to
        `limit`, after a window that was not throttled. Permits that were released already change nothing.
        """
        holder = f"{request_id}/{window}"
        while row := await self._store.get(_place(tenant_id), _KEY):
            state = _read(row)
            permits = state.running.get(holder)
            if permits is None:
                return
            running = {name: had for name, had in state.running.items() if name != holder}
            lost = max(0, permits - ended_with)
            before = limit if state.width is None else state.width
            width = before - lost if throttled else before + 1
            value = {"running": running, "queue": state.queue, "width": max(1, min(width, limit))}
            if await self._store.replace(row, value) is not None:
                return

    async def _running(self, running: dict[str, int]) -> dict[str, int]:
        ended: set[str] = set()
        for request_id in {name.partition("/")[0] for name in running}:
            request = await self._requests.get(request_id)
            if request is None or request.status.ended:
                ended.add(request_id)
        return {name: permits for name, permits in running.items() if name.partition("/")[0] not in ended}


class _State(NamedTuple):
    running: dict[str, int]
    queue: list[list[str]]
    width: int | None


def _read(row: Row | None) -> _State:
    """Return what the row says. What of it cannot be read counts as not there: at worst a customer is asked more at once."""
    value = row.value if row else {}
    running, queue, width = value.get("running"), value.get("queue"), value.get("width")
    return _State(
        {name: had for name, had in running.items() if _is_holder(name) and _is_count(had)}
        if isinstance(running, dict)
        else {},
        [place for place in queue if _is_place(place)] if isinstance(queue, list) else [],
        width if _is_count(width) else None,
    )


def _is_holder(name: object) -> bool:
    return isinstance(name, str) and is_name(name.partition("/")[0])


def _is_count(number: object) -> bool:
    return isinstance(number, int) and number > 0


def _is_place(place: object) -> bool:
    """Whether this is a place in the queue: who waits, and when they asked last."""
    if not isinstance(place, list) or len(place) != 2:
        return False
    return isinstance(place[0], str) and instant_of(place[1]) is not None


def _share(width: int, running: dict[str, int], waiting: int, ahead: int, want: int) -> int:
    """Permits for one more window beside those that run and `waiting` others, `ahead` of which have waited for longer."""
    free = width - sum(running.values()) - ahead  # one for each of those, so that no window is passed for ever
    fair = -(-width // (len(running) + waiting + 1))
    return max(0, min(want, free, max(fair, 1)))


def _place(tenant_id: str) -> str:
    return f"permits:{tenant_id}"
