"""Deliveries: what a source sent, by its id, and the request it became. The first insert wins, however many come at once."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import StringConstraints

from domain.model import Model
from records.limits import instant_in
from records.reading import WrittenInstant, read_row
from records.store import Row, Store

# The partition that lists every sender with deliveries: sources, the queue, the console, and callers of the API.
SENDERS = "delivery-senders"


# What the id of a request is made of; another text would be the name of a request that no one can look at.
type _RequestId = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9-]{1,64}$")]


class _KeptDelivery(Model):
    request_id: _RequestId
    body_hash: str
    at: WrittenInstant


class _DeliveredAs(Model):
    request_id: _RequestId


class Delivery(NamedTuple):
    """`body_hash` is the SHA-256 of the raw body, in hex. `at` is when the first delivery of the request arrived.

    Of one whose record cannot be read it is "", and so is `request_id` where that cannot be read: it was delivered all the same.
    """

    request_id: str
    body_hash: str
    at: datetime
    first: bool

    @property
    def readable(self) -> bool:
        """Whether the record of the first delivery says what it was."""
        return bool(self.body_hash)

    def matches(self, body: bytes) -> bool:
        return self.body_hash == _hash(body)


class Deliveries:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def accept(
        self, source: str, delivery_id: str, body: bytes, request_id: str, at: datetime, *, signed: bytes | None = None
    ) -> Delivery:
        """Return the delivery with this id: a new one for `request_id`, or the one that came first with its own request.

        `signed` is what the sender's signature covers where the id is not part of it: the same signed bytes under another
        id are a replay and lead to the request that they made.
        """
        found = await self._claim(source, f"id:{delivery_id}", body, request_id, at)
        if signed is None or not found.matches(body):
            return found
        made = await self._claim(source, f"signed:{_hash(signed)}", body, found.request_id, found.at)
        return Delivery(made.request_id, made.body_hash, made.at, found.first and made.first)

    async def known(self, source: str, delivery_id: str) -> bool:
        """Return whether a delivery with this id came before."""
        return await self.find(source, delivery_id) is not None

    async def find(self, source: str, delivery_id: str) -> str | None:
        """Return the id of the request that the first delivery with this id is for; None where none came, "" where it is lost."""
        row = await self._store.get(f"delivery:{source}", _hash(f"id:{delivery_id}".encode()))
        return _request_of(row) if row else None

    async def _claim(self, source: str, name: str, body: bytes, request_id: str, at: datetime) -> Delivery:
        partition, key = f"delivery:{source}", _hash(name.encode())
        value: dict[str, Any] = {"requestId": request_id, "bodyHash": _hash(body), "at": at.isoformat()}
        await self._note_sender(source)
        while not await self._store.insert(partition, key, value):
            # None: retention took it away between the two calls.
            if row := await self._store.get(partition, key):
                kept = read_row(_KeptDelivery, row)
                if kept is None:
                    return Delivery(_request_of(row), "", instant_in(row.value, "at") or at, first=False)
                return Delivery(kept.request_id, kept.body_hash, kept.at, first=False)
        return Delivery(request_id, value["bodyHash"], at, first=True)

    async def _note_sender(self, sender: str) -> None:
        """Write down who has deliveries, so that retention finds those of senders whom no policy and no request names."""
        if await self._store.get(SENDERS, sender) is None:
            await self._store.insert(SENDERS, sender, {})


def _request_of(row: Row) -> str:
    kept = read_row(_DeliveredAs, row)
    return kept.request_id if kept else ""


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
