"""How many targets of one customer may be worked on at once, over all requests and all workers that run side by side.

A window of targets takes permits before it starts and gives them back when it is done. Who waits has a place in a queue, so
that a large request, which asks for its next window at once, comes after a small one that asks every few seconds.
"""

from datetime import datetime, timedelta
from typing import Any

from records.requests import Requests
from records.store import Insert, Replace, Store

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
            state: dict[str, Any] = row.value if row else {}
            running = await self._running(state.get("running", {}))
            queue = [place for place in state.get("queue", []) if datetime.fromisoformat(place[1]) > now - _WAITS]
            names = [name for name, _ in queue]
            ahead = names.index(holder) if holder in names else len(names)
            others = len(names) - (holder in names)
            width = min(limit, state.get("width", limit))
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
            permits = row.value["running"].get(holder)
            if permits is None:
                return
            running = {name: had for name, had in row.value["running"].items() if name != holder}
            lost = max(0, permits - ended_with)
            width = row.value["width"] - lost if throttled else row.value["width"] + 1
            value = row.value | {"running": running, "width": max(1, min(width, limit))}
            if await self._store.replace(row, value) is not None:
                return

    async def _running(self, running: dict[str, int]) -> dict[str, int]:
        ended: set[str] = set()
        for request_id in {name.partition("/")[0] for name in running}:
            request = await self._requests.get(request_id)
            if request is None or request.status.ended:
                ended.add(request_id)
        return {name: permits for name, permits in running.items() if name.partition("/")[0] not in ended}


def _share(width: int, running: dict[str, int], waiting: int, ahead: int, want: int) -> int:
    """Permits for one more window beside those that run and `waiting` others, `ahead` of which have waited for longer."""
    free = width - sum(running.values()) - ahead  # one for each of those, so that no window is passed for ever
    fair = -(-width // (len(running) + waiting + 1))
    return max(0, min(want, free, max(fair, 1)))


def _place(tenant_id: str) -> str:
    return f"permits:{tenant_id}"
