"""What only the Table Storage adapter can get wrong: the way there and back, and what the service says on it."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from azure.core.async_paging import AsyncItemPaged
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import AioHttpTransport
from azure.data.tables import TableEntity
from azure.data.tables.aio import TableClient

from records import limits, tables
from records.errors import StoreUnavailableError, ValueTooLargeError
from records.store import Change, Delete, Insert, Put, Replace, Row
from records.tables import TableStore
from tests.records.noise import noise

type Meddle = Callable[[Any], None]


class _Road(AioHttpTransport):  # type: ignore[misc] # the client gives it no types
    """The way to the service. `meddle` is called with the next write's answer (or with every one's, if `stays`)
    and may change it or raise: the write was made all the same, but we do not hear of it."""

    def __init__(self) -> None:
        super().__init__()
        self.meddle: Meddle | None = None
        self.stays = False
        self.sent: list[tuple[str, str, int]] = []

    @property
    def writes(self) -> int:
        return sum(method != "GET" and path != "Tables" for method, path, _ in self.sent)

    async def send(self, request: Any, **kwargs: Any) -> Any:
        size = len(request.content or b"") if hasattr(request, "content") else 0
        self.sent.append((request.method, request.url.partition("?")[0].rpartition("/")[2], size))
        response = await super().send(request, **kwargs)
        if self.meddle and request.method != "GET" and not request.url.endswith("/Tables"):
            meddle, self.meddle = self.meddle, self.meddle if self.stays else None
            if request.url.endswith("$batch"):
                await response.read()
            meddle(response)
        return response


@pytest.fixture
def road() -> _Road:
    return _Road()


@pytest.fixture
async def store(azurite: str, road: _Road) -> AsyncIterator[TableStore]:
    name = f"t{uuid.uuid4().hex}"
    client = TableClient.from_connection_string(azurite, name, transport=road, retry_total=2, retry_backoff_factor=0)
    opened = TableStore(client)
    yield opened
    await opened.close()


def _status(code: int) -> Meddle:
    def meddle(response: Any) -> None:
        response.status_code = code

    return meddle


def _lost(error: type[Exception]) -> Meddle:
    def meddle(_: Any) -> None:
        raise error("the connection broke")

    return meddle


_LOST = [_status(500), _status(503), _status(504), _lost(ServiceRequestError), _lost(ServiceResponseError)]
_LOST_NAMES = ["500", "503", "504", "broken while sending", "broken while reading"]


@pytest.mark.parametrize("lost", _LOST, ids=_LOST_NAMES)
async def test_an_insert_whose_answer_is_lost_is_still_the_first(store: TableStore, road: _Road, lost: Meddle) -> None:
    road.meddle = lost
    assert await store.insert("p", "k", {"n": 1})
    assert road.writes == 2
    assert not await store.insert("p", "k", {"n": 1})


@pytest.mark.parametrize("lost", _LOST, ids=_LOST_NAMES)
async def test_a_replace_whose_answer_is_lost_gives_its_row(store: TableStore, road: _Road, lost: Meddle) -> None:
    await store.insert("p", "k", {"n": 1})
    row = await store.get("p", "k")
    assert row is not None
    road.meddle = lost
    written = await store.replace(row, {"n": 2})
    assert written is not None
    assert written == await store.get("p", "k")
    assert await store.replace(row, {"n": 2}) is None


async def test_an_apply_whose_answer_is_lost_is_made(store: TableStore, road: _Road) -> None:
    await store.insert("p", "gone", {})
    gone = await store.get("p", "gone")
    assert gone is not None
    changes: list[Change] = [Delete(gone), Insert("k", {})]
    road.meddle = _status(503)
    assert await store.apply("p", changes)
    assert not await store.apply("p", changes)


@pytest.mark.parametrize(("code", "tries"), [(401, 1), (403, 1), (404, 1), (409, 1), (408, 3), (429, 3), (503, 3)])
async def test_what_stays_no_answer_is_unavailable(store: TableStore, road: _Road, code: int, tries: int) -> None:
    road.meddle, road.stays = _status(code), True
    with pytest.raises(StoreUnavailableError):
        await store.put("p", "k", {})
    assert road.writes == tries
    road.meddle = None
    await store.put("p", "k", {})


async def test_a_refusal_for_size_is_reported(store: TableStore, road: _Road) -> None:
    road.meddle = _status(413)
    with pytest.raises(ValueTooLargeError):
        await store.put("p", "k", {})


async def test_our_own_mistakes_are_not_hidden_as_unavailability(store: TableStore, road: _Road) -> None:
    road.meddle = _status(400)
    with pytest.raises(HttpResponseError):
        await store.put("p", "k", {})


async def test_a_service_out_of_reach_is_unavailable() -> None:
    key = "bm8ga2V5IGF0IGFsbA=="
    client = TableClient.from_connection_string(
        f"AccountName=records;AccountKey={key};TableEndpoint=http://127.0.0.1:1/records;", "records", retry_total=0
    )
    store = TableStore(client)
    row = Row("p", "k", {}, "etag")
    for call in (store.get("p", "k"), store.insert("p", "k", {}), store.delete(row), store.scan("p")):
        with pytest.raises(StoreUnavailableError):
            await call
    await store.close()


async def test_a_deleted_table_is_not_an_absent_row(store: TableStore) -> None:
    await store.insert("p", "k", {})
    row = await store.get("p", "k")
    assert row is not None
    await store._client.delete_table()
    for call in (store.get("p", "k"), store.insert("p", "k", {}), store.delete(row), store.replace(row, {})):
        with pytest.raises(StoreUnavailableError, match="TableNotFound"):
            await call


async def test_the_table_is_made_once(store: TableStore, road: _Road, azurite: str) -> None:
    await asyncio.gather(*(store.get("p", f"{n}") for n in range(10)))
    await store.put("p", "k", {})
    assert [call[:2] for call in road.sent].count(("POST", "Tables")) == 1
    other = TableStore.connect(connection_string=azurite, table=store._client.table_name)
    assert await other.get("p", "k") == await store.get("p", "k")  # a table that is there is as good
    await other.close()


async def test_a_scan_follows_short_pages(store: TableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.apply("p", [Put(f"{n:03} 名/#😀", {"n": n}) for n in range(100)])
    query = store._client.query_entities
    asked: list[int] = []

    def short_pages(words: str, *, results_per_page: int, **kwargs: Any) -> AsyncItemPaged[TableEntity]:
        asked.append(results_per_page)
        return query(words, results_per_page=7, **kwargs)

    monkeypatch.setattr(store._client, "query_entities", short_pages)
    assert [row.value["n"] for row in await store.scan("p", limit=50)] == list(range(50))
    assert [row.value["n"] for row in await store.scan("p", limit=1000)] == list(range(100))
    assert asked == [50, 1000]


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # aiohttp's, from 1 MiB on
async def test_the_largest_transaction_stays_under_the_services_limit(store: TableStore, road: _Road) -> None:
    name = "😀" * 197
    most = (limits.MAX_APPLY // 100 - len(limits.pack({"text": ""}))) // 2
    first: list[Change] = [Insert(f"{name}{n:03}", {"text": '"' * most}) for n in range(100)]
    assert await store.apply(name, first)
    rows = await store.scan(name, limit=1000)
    again: list[Change] = [Replace(row, row.value) for row in rows]
    assert await store.apply(name, again)
    sizes = [size for _, path, size in road.sent if path == "$batch"]
    assert len(sizes) == 2
    assert all(3_000_000 < size < 4 * 1024 * 1024 for size in sizes)


async def test_what_is_too_large_is_not_sent(store: TableStore, road: _Road) -> None:
    with pytest.raises(ValueTooLargeError):
        await store.put("p", "k", {"text": noise(limits.MAX_VALUE)})
    with pytest.raises(ValueTooLargeError):
        await store.apply("p", [Put(f"{n}", {"text": noise(250_000)}) for n in range(7)])
    assert road.sent == []


def test_connect_needs_a_way_in() -> None:
    with pytest.raises(ValueError, match="connection string"):
        TableStore.connect()
    with pytest.raises(ValueError, match="connection string"):
        TableStore.connect(endpoint="https://records.table.core.windows.net")


@pytest.mark.parametrize("proxy", ["", "http://proxy.provider.example:3128"])
async def test_the_environments_proxy_is_used_where_there_is_one(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    transport = tables._transport()
    await transport.open()
    assert transport.session is not None
    assert transport.session.trust_env is bool(proxy)
    await transport.close()
