"""The store in Azure Table Storage: what every function app's storage account already has.

Several changes are an entity group transaction, and so is a delete: the answer distinguishes a conditional delete of a missing row from
a successful one, which the client's `delete_entity` does not. Any other change goes by itself: a transaction of one takes three times the
processor time (docs/scale.md says what that came to).
"""

import asyncio
import itertools
import uuid
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Self
from urllib.request import getproxies

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.transport import AioHttpTransport
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from records import limits
from records.errors import RecordsError, StoreUnavailableError, ValueTooLargeError
from records.escaping import escape, unescape
from records.store import Change, Delete, Insert, Put, Replace, Row, Value

_PIECE = 32_000
"""Characters of JSON in one property; Table Storage takes 32 Ki UTF-16 units."""

# Seconds. The service itself gives up on an operation after 30.
_TIMEOUTS: Mapping[str, Any] = {"connection_timeout": 5, "read_timeout": 30}

_CLIENT: Mapping[str, Any] = {
    # Three tries more within about two seconds: longer waits are the durable engine's, which holds no thread for them.
    "retry_total": 3,
    "retry_backoff_factor": 0.3,
    "retry_backoff_max": 2,
}

_TRIED_AGAIN = frozenset({"GET", "POST", "PUT"})
"""Methods that are sent again after a broken connection. POST carries inserts and transactions, which the client would not
repeat; `_committed_before` makes it safe, and a pooled connection that the service has closed is an everyday thing."""

_CONDITION_FAILED = {
    "EntityAlreadyExists",
    "EntityNotFound",
    "ResourceNotFound",
    "UpdateConditionNotSatisfied",
    "ConditionNotMet",
}
_TOO_LARGE = {"EntityTooLarge", "PropertyValueTooLarge", "RequestBodyTooLarge"}

_LAST = "\ufffd"  # above every UTF-16 unit of a key: limits.py refuses it there

type _Operation = tuple[str, Mapping[str, Any], Mapping[str, Any]]


class TableStore:
    """`Store` on one table. It belongs to the event loop that first uses it."""

    @classmethod
    def connect(
        cls,
        *,
        connection_string: str | None = None,
        endpoint: str | None = None,
        credential: AsyncTokenCredential | None = None,
        table: str = "records",
    ) -> Self:
        """Return the store behind a connection string, or behind an endpoint (`https://<account>.table.core.windows.net`)
        with a credential, which stays the caller's to close. Sends nothing yet; the first call makes the table.

        Raises: ValueError when neither is complete.
        """
        if connection_string:
            return cls(TableClient.from_connection_string(connection_string, table, transport=_transport(), **_CLIENT))
        if endpoint and credential:
            return cls(TableClient(endpoint, table, credential=credential, transport=_transport(), **_CLIENT))
        raise ValueError("Table Storage needs a connection string, or an endpoint and a credential")

    def __init__(self, client: TableClient) -> None:
        self._client = client
        self._created = False
        self._creating = asyncio.Lock()
        self._under_way = 0
        self._idle = asyncio.Event()
        self._closed = False

    async def get(self, partition: str, key: str, *, known: Row | None = None) -> Row | None:
        entity = await self._entity(limits.check_name(partition), limits.check_name(key))
        if entity is None:
            return None
        return known if known and known.etag == _etag(entity) else _row(partition, entity)

    async def insert(self, partition: str, key: str, value: Value) -> bool:
        return await self._write(partition, [Insert(key, value)]) is not None

    async def replace(self, row: Row, value: Value) -> Row | None:
        etag = await self._write(row.partition, [Replace(row, value)])
        return None if etag is None else Row(row.partition, row.key, value, etag)

    async def put(self, partition: str, key: str, value: Value) -> None:
        await self._write(partition, [Put(key, value)])

    async def delete(self, row: Row) -> bool:
        return await self._write(row.partition, [Delete(row)]) is not None

    async def apply(self, partition: str, changes: Sequence[Change]) -> bool:
        return await self._write(partition, changes) is not None

    async def scan(self, partition: str, *, prefix: str = "", after: str = "", limit: int = 100) -> list[Row]:
        limits.check_limit(limit)
        words = {"partition": escape(limits.check_name(partition)), "after": escape(limits.check_part(after))}
        asked = "PartitionKey eq @partition and RowKey gt @after"
        if limits.check_part(prefix):
            words |= {"first": escape(prefix), "last": escape(prefix) + _LAST}
            asked += " and RowKey ge @first and RowKey lt @last"
        rows: list[Row] = []
        async with self._call():
            # The service may answer with a short or even empty page and a continuation token; the client follows it.
            async for entity in self._client.query_entities(asked, parameters=words, results_per_page=limit):
                rows.append(_row(partition, entity))
                if len(rows) == limit:
                    break
        return rows

    async def close(self) -> None:
        self._closed = True
        while self._under_way:
            self._idle.clear()
            await self._idle.wait()
        await self._client.close()

    async def _entity(self, partition: str, key: str) -> Mapping[str, Any] | None:
        async with self._call():
            try:
                return await self._client.get_entity(escape(partition), escape(key))
            except HttpResponseError as error:
                if _code(error) in _CONDITION_FAILED:
                    return None
                raise

    async def _write(self, partition: str, changes: Sequence[Change]) -> str | None:
        """Return the etag of the first change (empty for a delete), or None when a condition failed."""
        packed = limits.pack_changes(partition, changes)
        mark = uuid.uuid4().hex
        operations = [_operation(escape(partition), mark, *change) for change in packed]
        async with self._call():
            if not operations:
                return ""
            try:
                answer = await self._send(operations)
            except HttpResponseError as error:
                if _code(error) not in _CONDITION_FAILED:
                    raise
            else:
                return str(answer.get("etag", ""))
        return await self._committed_before(partition, packed, mark)

    async def _send(self, operations: list[_Operation]) -> Mapping[str, Any]:
        """Return what the service says of the first of the operations."""
        kind, entity, how = operations[0]
        if len(operations) > 1 or kind == "delete":
            return (await self._client.submit_transaction(operations, retry_on_methods=_TRIED_AGAIN))[0]
        send = {
            "create": self._client.create_entity,
            "upsert": self._client.upsert_entity,
            "update": self._client.update_entity,
        }[kind]
        return await send(entity, retry_on_methods=_TRIED_AGAIN, **how)

    async def _committed_before(self, partition: str, packed: list[tuple[Change, str, str]], mark: str) -> str | None:
        """The client sends again when a response is lost or says 5xx, also when the first try was committed all the
        same; then our own write is what the condition failed on. The mark distinguishes it from the write of another process.

        A transaction of deletes only leaves no mark: it may be answered False although it was this one that deleted.
        """
        key = next((key for change, key, _ in packed if not isinstance(change, Delete)), None)
        entity = await self._entity(partition, key) if key else None
        return _etag(entity) if entity and entity.get("mark") == mark else None

    @asynccontextmanager
    async def _call(self) -> AsyncGenerator[None]:
        if self._closed:
            raise StoreUnavailableError("the store is closed")
        self._under_way += 1
        try:
            await self._make_table()
            yield
        except AzureError as error:
            known = _translate(error)
            if known is None:
                raise
            raise known from error
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def _make_table(self) -> None:
        if self._created:
            return
        async with self._creating:
            if not self._created:
                with suppress(ResourceExistsError):
                    await self._client.create_table()
                self._created = True


def _transport() -> AioHttpTransport:
    # With the environment's settings aiohttp reads proxies and ~/.netrc anew for each call, which is a quarter of its time.
    return AioHttpTransport(use_env_settings=bool(getproxies()), **_TIMEOUTS)


def _operation(partition: str, mark: str, change: Change, key: str, text: str) -> _Operation:
    entity: dict[str, str] = {"PartitionKey": partition, "RowKey": escape(key)}
    if not isinstance(change, Delete):
        entity |= {"mark": mark, **dict(_pieces(text))}
    match change:
        case Insert():
            return "create", entity, {"response_preference": "return-no-content"}
        case Put():
            return "upsert", entity, {"mode": UpdateMode.REPLACE}
        case Replace(row):
            return "update", entity, {"mode": UpdateMode.REPLACE, **_if_unchanged(row)}
        case Delete(row):
            return "delete", entity, _if_unchanged(row)


def _if_unchanged(row: Row) -> dict[str, Any]:
    return {"etag": row.etag, "match_condition": MatchConditions.IfNotModified}


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    for number, start in enumerate(range(0, len(text), _PIECE)):
        yield f"json{number}", text[start : start + _PIECE]


def _row(partition: str, entity: Mapping[str, Any]) -> Row:
    names = itertools.takewhile(entity.__contains__, (f"json{number}" for number in itertools.count()))
    text = "".join(entity[name] for name in names)
    return Row(partition, unescape(entity["RowKey"]), limits.unpack(text), _etag(entity))


def _etag(entity: Mapping[str, Any]) -> str:
    metadata: Mapping[str, Any] = getattr(entity, "metadata", {})
    return str(metadata["etag"])


def _code(error: HttpResponseError) -> str:
    """Table Storage's own word for what happened; "" where it gave none.

    `error_code` is an enum member or plain text. The client's `create_entity` leaves it out, so it is read from the answer then:
    https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes.
    """
    code = getattr(error, "error_code", None) or _in_answer(error)
    return str(getattr(code, "value", code))


def _in_answer(error: HttpResponseError) -> str:
    try:
        return str(error.response.json()["odata.error"]["code"])  # type: ignore[union-attr] # or there is no answer
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""


def _translate(error: AzureError) -> RecordsError | None:
    """None: nothing an operator or a later try can help; the bug should be seen as it is."""
    said = f"Table Storage: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    match error:
        case ServiceRequestError() | ServiceResponseError():
            return StoreUnavailableError(f"{said} (not reached)")
        case HttpResponseError() if error.status_code == 413 or _code(error) in _TOO_LARGE:
            return ValueTooLargeError(said)
        case HttpResponseError() if error.status_code == 400:
            return None
        case HttpResponseError():
            return StoreUnavailableError(f"{said} ({_code(error) or error.status_code})")
        case _:
            return None
