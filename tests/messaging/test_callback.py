"""One post to a receiver: to the checked address, under the receiver's name, and what its answers mean."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.policy.load import Callback
from messaging import callback as module
from messaging.callback import post_event
from messaging.errors import AddressNotAllowedError, NoAnswerError
from tests.receiver import SECRET, receiving

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
EVENT: dict[str, Any] = {"id": "r-1:accepted:1", "data": {"reason": "Ünïcode"}}


def to(url: str, **more: Any) -> Callback:
    return Callback(url=url, secrets=(SECRET,), **more)


async def test_the_checked_address_is_called_under_the_receivers_name() -> None:
    asked: list[tuple[str, int]] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.2"]

    # It listens on another address of this machine than the one that the machine's own resolver would give.
    async with receiving("127.0.0.2") as receiver:
        url = f"http://localhost:{receiver.port}/hook?queue=1"
        answer = await post_event(to(url), EVENT, NOW, resolve=resolve)
        assert answer.accepted
        (call,) = receiver.calls
        assert asked == [("localhost", receiver.port)]
        assert call.headers["host"] == f"localhost:{receiver.port}"
        assert call.path == "/hook?queue=1"
        assert call.event == EVENT


async def test_a_name_that_leads_inside_is_not_called() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1", "10.0.0.4"]

    async with receiving() as receiver:
        with pytest.raises(AddressNotAllowedError):
            await post_event(to(f"https://hooks.example:{receiver.port}/"), EVENT, NOW, resolve=resolve)
        assert receiver.calls == []


async def test_a_receiver_with_a_certificate_of_its_own_making_is_not_trusted() -> None:
    # The receiver speaks no TLS at all: the handshake fails, and nothing of the event was sent.
    async with receiving() as receiver:
        with pytest.raises(NoAnswerError):
            await post_event(to(f"https://127.0.0.1:{receiver.port}/"), EVENT, NOW)
        assert receiver.calls == []


async def test_connection_refused_is_no_answer() -> None:
    async with receiving() as receiver:
        url = receiver.url
    with pytest.raises(NoAnswerError):
        await post_event(to(url), EVENT, NOW)


async def test_a_receiver_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    monkeypatch.setattr(module, "_WHOLE", 0.3)
    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        with pytest.raises(NoAnswerError):
            await post_event(to(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"), EVENT, NOW)
        silent.set()


async def test_an_answer_without_an_end_is_not_read() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        assert (await post_event(to(url), EVENT, NOW)).status == 200
