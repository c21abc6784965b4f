"""Removes what is older than the policy keeps: requests with all their rows, and the deliveries of that time.

A request goes in an order that a fault in the middle leaves findable: its own row late, its place in the list last.
"""

from collections.abc import Iterable
from datetime import datetime

from domain.request.reset_request import ResetRequest
from records.audits import Audits
from records.deletions import Deletions
from records.deliveries import SENDERS
from records.limits import is_name
from records.reading import written_at
from records.requests import Requests, index_of, request_at
from records.store import Change, Delete, Row, Store

_PAGE = 100  # a transaction's limit


class Retention:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)
        self._audits = Audits(store)
        self._deletions = Deletions(store)

    async def purge_requests(self, before: datetime, most: int, now: datetime) -> list[ResetRequest]:
        """Remove at most `most` requests that ended before then, and return them. One that has not ended stays."""
        gone: list[ResetRequest] = []
        after = ""
        while len(gone) < most and (page := await self._requests.created_before(before, after, _PAGE)):
            for place in page:
                request = await self._requests.get(request_at(place))
                if request is not None and (request.ended_at is None or request.ended_at >= before):
                    continue
                if request is not None:
                    # First, so that no fault in the middle leaves a request that is gone and was never noted.
                    await self._deletions.note(request, await self._audits.head(request.id), now)
                await self._remove(place, request.customers if request else [])
                if request is not None:
                    gone.append(request)
            after = page[-1].key
        return gone[:most] if len(gone) > most else gone

    async def _remove(self, place: Row, customers: Iterable[str]) -> None:
        request_id = request_at(place)
        own: Row | None = None
        after = ""
        while rows := await self._store.scan(request_id, after=after, limit=_PAGE):
            after = rows[-1].key
            await self._release(request_id, rows)
            own = next((row for row in rows if Requests.is_own(row)), own)
            changes: list[Change] = [Delete(row) for row in rows if not Requests.is_own(row)]
            if changes:
                await self._store.apply(request_id, changes)
        for customer in dict.fromkeys(customers):
            listed = await self._store.get(index_of(customer), place.key)
            if listed is not None:
                await self._store.delete(listed)
        if own is not None:
            await self._store.delete(own)
        await self._store.delete(place)

    async def _release(self, request_id: str, rows: list[Row]) -> None:
        """Give back the leases that targets of this request left behind."""
        for row in rows:
            tenant_id, user_id = row.value.get("tenantId"), row.value.get("userId")
            if is_name(tenant_id) and is_name(user_id) and is_name(partition := f"lease:{tenant_id}"):
                lease = await self._store.get(partition, user_id)
                if lease is not None and lease.value.get("requestId") == request_id:
                    await self._store.delete(lease)

    async def purge_deliveries(self, senders: Iterable[str], before: datetime, now: datetime) -> int:
        """Remove deliveries from before then and return how many. A repeat of one would make a new request.

        Those of every sender that ever had one; `senders` are others, whose deliveries an older version may have kept.
        """
        many = 0
        for sender in sorted({*senders, *await self._known_senders()}):
            after = ""
            while rows := await self._store.scan(f"delivery:{sender}", after=after, limit=1000):
                for row in rows:
                    if await written_at(self._store, row, now) < before:
                        many += await self._store.delete(row)
                after = rows[-1].key
        return many

    async def _known_senders(self) -> list[str]:
        found: list[str] = []
        while rows := await self._store.scan(SENDERS, after=found[-1] if found else "", limit=1000):
            found += [row.key for row in rows]
        return found
