"""What unfinished requests do to the local host: do others get in, and how much memory do they take?

    python -m bench.half_sent

1,005 connections send half of a request's head and stay; then 60 send all but the last byte of a 4 MiB body and stay. After
each a client that sends a whole request is timed, and the memory of the host is read.
"""

import asyncio
import resource
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import psutil

from bench.processes import started

HEADS, BODIES = 1005, 60
BODY_BYTES = 4 * 1024 * 1024
# What the requests may cost.
MOST_SECONDS, MOST_GROWTH = 2.0, 20.0
_KEY = "a-function-key-of-the-bench"


class Measured(NamedTuple):
    """Seconds until another client had its response, and MiB that the host grew by."""

    status: int
    seconds: float
    growth: float


def allow_connections(count: int) -> None:
    """Raise this process's limit of open files as far as that many connections need."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most if most != resource.RLIM_INFINITY else 65536, most))
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < count:
        raise RuntimeError(f"{count} connections need more open files than this machine allows")


async def half_heads(url: str, host: psutil.Process, count: int = HEADS) -> Measured:
    """Measure with so many connections that have sent half of a head."""
    return await _measure(url, host, [b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nX-Half: "] * count)


async def half_bodies(url: str, path: str, key: str, host: psutil.Process, count: int = BODIES) -> Measured:
    """Measure with so many connections that have sent all of a body but its last byte."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nx-functions-key: {key}\r\nContent-Length: {BODY_BYTES}\r\n\r\n"
    return await _measure(url, host, [head.encode() + bytes(BODY_BYTES - 1)] * count)


async def _measure(url: str, host: psutil.Process, sent: list[bytes]) -> Measured:
    before = host.memory_info().rss
    async with _connections(url, sent), httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as other:
        begun = time.perf_counter()
        try:
            status = (await other.get("/ready")).status_code
        except httpx.TransportError:
            status = 0
        return Measured(status, time.perf_counter() - begun, (host.memory_info().rss - before) / 2**20)


@asynccontextmanager
async def _connections(url: str, sent: list[bytes]) -> AsyncIterator[None]:
    parts = urlsplit(url)
    writers: list[asyncio.StreamWriter] = []

    async def one(data: bytes) -> None:
        try:
            _, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=_tls(parts.scheme))
            writers.append(writer)
            writer.write(data)
            await asyncio.wait_for(writer.drain(), 10)
        except (OSError, TimeoutError):
            return  # the host has closed it: that is what is measured

    for start in range(0, len(sent), 50):
        await asyncio.gather(*map(one, sent[start : start + 50]))
    try:
        yield
    finally:
        for writer in writers:
            writer.transport.abort()


def _tls(scheme: str) -> ssl.SSLContext | None:
    return ssl.create_default_context() if scheme == "https" else None


async def main() -> int:
    allow_connections(HEADS + 100)
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--port", "0", "--data", f"{folder}/data", "--key", _KEY, "--log-level", "error"]
        with started("localhost", "serve", *flags) as served:
            rows = {
                f"{HEADS} half-sent heads": await half_heads(served.url, served.handle),
                f"{BODIES} unfinished bodies": await half_bodies(
                    served.url, "/api/webhooks/helpdesk", _KEY, served.handle
                ),
            }
    for name, seen in rows.items():
        print(f"{name}: another client got {seen.status} after {seen.seconds:.2f} s, memory {seen.growth:+.1f} MiB")
    good = all(
        seen.status == 200 and seen.seconds < MOST_SECONDS and seen.growth < MOST_GROWTH for seen in rows.values()
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
