"""Calls over real connections: what a cut, a refusal and compression come to, and that nothing is sent twice by itself."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import httpx
import pytest

from graph.transport import AiohttpTransport

type Answering = Callable[[bytes], bytes]


@asynccontextmanager
async def listening(answer: Answering) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers each request head with these bytes, and then hangs up where they are empty."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            heads.append(head)
            reply = answer(head)
            if not reply:
                break
            writer.write(reply)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
        server.close_clients()


@asynccontextmanager
async def client() -> AsyncIterator[httpx.AsyncClient]:
    timeout = httpx.Timeout(0.3, connect=1.0)
    async with httpx.AsyncClient(transport=AiohttpTransport(connections=4, timeout=timeout), timeout=timeout) as http:
        yield http


def ok(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", body))


async def test_path_and_headers_arrive_as_they_were_given() -> None:
    async with listening(lambda _: ok(b"{}", b"Request-Id: r1")) as (url, heads), client() as http:
        answer = await http.get(
            f"{url}/v1.0/users/a%23b%2Fc?$filter=x%20eq%20%27y%27", headers={"ConsistencyLevel": "eventual"}
        )
        assert answer.headers["request-id"] == "r1"
    assert heads[0].startswith(b"GET /v1.0/users/a%23b%2Fc?$filter=x%20eq%20%27y%27 HTTP/1.1\r\n")
    assert b"consistencylevel: eventual" in heads[0].lower()
    assert heads[0].lower().count(b"host:") == 1


async def test_compressed_answer_is_read() -> None:
    async with (
        listening(lambda _: ok(gzip.compress(b'{"a":1}'), b"Content-Encoding: gzip")) as (url, _),
        client() as http,
    ):
        assert (await http.get(url)).json() == {"a": 1}


async def test_a_removal_whose_connection_ends_is_not_sent_again() -> None:
    answers = iter([ok(b"{}"), b""])
    async with listening(lambda _: next(answers)) as (url, heads), client() as http:
        await http.get(url)  # the connection is kept now, which is when libraries like to try again
        with pytest.raises(httpx.RemoteProtocolError):
            await http.delete(url)
    assert len(heads) == 2


async def test_no_server_is_a_connect_error_and_silence_a_timeout() -> None:
    async with client() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("http://127.0.0.1:9")
    async with listening(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n") as (url, _), client() as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get(url)


def test_the_end_of_the_loop_closes_open_connections() -> None:
    transports: list[AiohttpTransport] = []

    async def left_open() -> aiohttp.ClientSession:
        async with listening(lambda _: ok(b"x")) as (url, _):
            timeout = httpx.Timeout(1.0)
            transports.append(AiohttpTransport(connections=4, timeout=timeout))
            await httpx.AsyncClient(transport=transports[0], timeout=timeout).get(url)
            session = transports[0]._session
            assert session is not None
            assert not session.closed
            return session

    assert asyncio.run(left_open()).closed


@pytest.mark.parametrize(("path", "token"), [("/\x00", "t"), ("/", "a\r\nX-Evil: 1")])
async def test_what_cannot_be_sent_is_a_fault_of_the_connection(path: str, token: str) -> None:
    async with listening(lambda _: ok(b"")) as (url, heads):
        transport = AiohttpTransport(connections=1, timeout=httpx.Timeout(1))
        with pytest.raises(httpx.TransportError):
            await transport.send("GET", url + path, {"Authorization": f"Bearer {token}"}, None)
        await transport.aclose()
    assert heads == []
