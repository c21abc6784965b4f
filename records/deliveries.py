"""Deliveries: what a source sent, by its id, and the request it became. The first insert wins, however many come at once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from records.store import Store


@dataclass(frozen=True, slots=True)
class Delivery:
    """`body_hash` is the SHA-256 of the raw body, in hex."""

    request_id: str
    body_hash: str
    first: bool

    def matches(self, body: bytes) -> bool:
        return self.body_hash == hashlib.sha256(body).hexdigest()


class Deliveries:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def accept(self, source: str, delivery_id: str, body: bytes, request_id: str, at: datetime) -> Delivery:
        """The delivery with this id: a new one for `request_id`, or the one that came first with its own request."""
        partition, key = f"delivery:{source}", hashlib.sha256(delivery_id.encode()).hexdigest()
        body_hash = hashlib.sha256(body).hexdigest()
        value = {"requestId": request_id, "bodyHash": body_hash, "at": at.isoformat()}
        if await self._store.insert(partition, key, value):
            return Delivery(request_id, body_hash, first=True)
        row = await self._store.get(partition, key)
        if row is None:  # retention took it away between the two calls
            return await self.accept(source, delivery_id, body, request_id, at)
        return Delivery(row.value["requestId"], row.value["bodyHash"], first=False)
