"""At most one running request per user: a lease on (tenant, user), held by a target until it is settled or its request has ended."""

from collections.abc import Mapping
from typing import Any

from records.holds import Holder, Holds, HoldTerms
from records.limits import is_name
from records.store import Insert, Row, Store


class Leases:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._holds = Holds(store)

    async def take(self, tenant_id: str, user_id: str, holder: Holder, terms: HoldTerms | None = None) -> Holder:
        """Return the holder of the lease: `holder` if it was free, held by it already, or held by a target that is settled.

        With `terms` also where it was held by a request that has waited for a decision for longer than they say.
        """
        partition, key, value = _place(tenant_id), user_id, _value(holder)
        while not await self._store.insert(partition, key, value):
            row = await self._store.get(partition, key)
            if row is None:
                continue
            current = _holder(row)
            if current is None:  # a lease that cannot be read holds no user
                if await self._store.replace(row, value) is not None:
                    return holder
                continue
            if current == holder:
                return holder
            if current.request_id == holder.request_id:
                return current
            if await self._holds.is_busy(current) and not (
                terms and await self._holds.end_if_undecided(current, holder, terms)
            ):
                return current
            if await self._store.replace(row, value) is not None:
                return holder
        return holder

    async def take_all(
        self, tenant_id: str, wanted: Mapping[str, Holder], terms: HoldTerms | None = None
    ) -> dict[str, Holder]:
        """Return who holds each user now, by user id; one write where all of them are free. At most 100."""
        inserts = [Insert(user_id, _value(holder)) for user_id, holder in wanted.items()]
        if len(inserts) > 1 and await self._store.apply(_place(tenant_id), inserts):
            return dict(wanted)
        return {user_id: await self.take(tenant_id, user_id, holder, terms) for user_id, holder in wanted.items()}

    async def first_named(self, tenant_id: str, wanted: Mapping[str, Holder]) -> dict[str, Holder]:
        """Return who of its own request named each user first, by user id; holds up no other request. At most 100 of one request.

        For dry runs. What is kept for it is in the request's partition, and goes with the request.
        """
        found: dict[str, Holder] = {}
        for user_id, holder in wanted.items():
            key = f"named:{tenant_id}:{user_id}"
            row = None
            if not await self._store.insert(holder.request_id, key, _value(holder)):
                row = await self._store.get(holder.request_id, key)
            found[user_id] = (_holder(row) if row else None) or holder
        return found

    async def holder(self, tenant_id: str, user_id: str, terms: HoldTerms | None = None) -> Holder | None:
        """Return the holder of the lease, None if there is none that is still busy.

        With `terms` also None where `take` would end the hold: a request that asks for the user now would not be refused.
        """
        row: Row | None = await self._store.get(_place(tenant_id), user_id)
        current = _holder(row) if row else None
        if current is None or not await self._holds.is_busy(current):
            return None
        return None if terms and await self._holds.would_end(current, terms) else current


def _holder(row: Row) -> Holder | None:
    """Return who holds it, None where that cannot be read."""
    request_id, number = row.value.get("requestId"), row.value.get("number")
    return Holder(str(request_id), number) if is_name(request_id) and isinstance(number, int) and number >= 0 else None


def _value(holder: Holder) -> dict[str, Any]:
    return {"requestId": holder.request_id, "number": holder.number}


def _place(tenant_id: str) -> str:
    return f"lease:{tenant_id}"
