"""Requests that are never finished keep nobody out and take no memory; measured on a host in a process of its own."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest

from bench.half_sent import MOST_GROWTH, MOST_SECONDS, allow_connections, half_bodies, half_heads
from localhost.host import connection_limits, request_bodies
from localhost.host.request_bodies import BodyTimeoutError, BodyTooLargeError, RequestBodies, TooManyBodiesError
from localhost.testing import TEST_KEY, running
from tests.localhost.commands.test_cli import serving
from tests.localhost.driving import APPS

KEY = "a-function-key-of-the-tests"


async def test_half_sent_heads_keep_nobody_out_and_unfinished_bodies_take_no_memory(tmp_path: Path) -> None:
    allow_connections(1200)
    with serving("http_app.py", tmp_path / "data", "--graph", "http://127.0.0.1:9", "--key", KEY) as host:
        process = psutil.Process(host.process.pid)
        heads = await half_heads(host.url, process)
        assert (heads.status, heads.seconds < MOST_SECONDS) == (200, True), heads
        bodies = await half_bodies(host.url, "/api/echo/11111111-1111-1111-1111-111111111111", KEY, process)
        assert (bodies.status, bodies.seconds < MOST_SECONDS, bodies.growth < MOST_GROWTH) == (200, True, True), bodies


@pytest.mark.parametrize("before", [b"", b"GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n"])
@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n"])
async def test_a_head_that_does_not_come_ends_its_connection(
    monkeypatch: pytest.MonkeyPatch, before: bytes, sent: bytes
) -> None:
    """The first of a connection, and the one after a response; an idle connection has uvicorn's own time."""
    monkeypatch.setattr(connection_limits, "HEAD_SECONDS", 0.05)
    async with running(APPS, script="http_app.py") as host:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(host.base_url).port)
        async with asyncio.timeout(20):
            if before:
                writer.write(before)
                await reader.readuntil(b'"ready"}')
            writer.write(sent)
            await reader.read()
        writer.close()
        await writer.wait_closed()


async def test_whole_requests_on_one_connection_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "MOST_WAITING_PER_ADDRESS", 1)
    async with running(APPS, script="http_app.py") as host, httpx.AsyncClient(base_url=host.base_url) as http:
        for _ in range(5):
            assert (await http.get("/ready")).status_code == 200


async def test_an_address_has_so_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "MOST_PER_ADDRESS", 0)
    limits = connection_limits.ConnectionLimits()
    host = ipaddress.ip_address("192.0.2.1")
    connection = type("Connection", (), {"address": str(host), "host": host})()
    assert not limits.admit(connection)
    limits.gone(connection)
    proxied = connection_limits.ConnectionLimits([ipaddress.ip_network("192.0.2.0/24")])
    assert proxied.admit(connection)


async def test_a_body_that_stays_away_is_answered_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "CHUNK_SECONDS", 0.05)
    async with running(APPS, script="http_app.py") as host:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(host.base_url).port)
        path = "/api/echo/11111111-1111-1111-1111-111111111111"
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nx-functions-key: {TEST_KEY}\r\nContent-Length: 100\r\n\r\nhalf"
        )
        writer.write(head.encode())
        async with asyncio.timeout(5):
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
        writer.close()


class Sender:
    """Chunks as they come; `more` lets the next one go."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks
        self.more = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        await self.more.wait()


async def test_the_oldest_unfinished_body_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(request_bodies, "GIVES_WAY_AFTER", 0)
    bodies = RequestBodies(100, 800)
    old = asyncio.create_task(bodies.read(aiter(Sender(b"old"))))
    await asyncio.sleep(0)
    sender = Sender(b"new")
    sender.more.set()
    assert await bodies.read(aiter(sender)) == b"new"
    with pytest.raises(BodyTimeoutError):
        await old


async def test_unfinished_bodies_have_so_much_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(request_bodies, "MOST_UNFINISHED_BYTES", 10)
    bodies = RequestBodies(100, 800, tmp_path)
    first = Sender(b"12345678")
    reading = asyncio.create_task(bodies.read(aiter(first)))
    await asyncio.sleep(0)
    with pytest.raises(TooManyBodiesError):
        await bodies.read(aiter(Sender(b"123")))
    first.more.set()
    assert await reading == b"12345678"
    whole = Sender(b"1234567890")
    whole.more.set()
    assert await bodies.read(aiter(whole)) == b"1234567890"


async def test_what_is_too_large_is_thrown_away_and_large_bodies_come_whole(tmp_path: Path) -> None:
    bodies = RequestBodies(100_000, 200_000, tmp_path)
    large = Sender(*[b"x" * 30_000] * 3, b"y")
    large.more.set()
    assert await bodies.read(aiter(large)) == b"x" * 90_000 + b"y"
    for chunks in ([b"x" * 60_000] * 2, [b"x" * 60_000] * 9):
        sender = Sender(*chunks)
        sender.more.set()
        with pytest.raises(BodyTooLargeError):
            await bodies.read(aiter(sender))
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - nothing else waits here
