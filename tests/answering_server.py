"""A server on this machine that answers each call with a status alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol


class Answers(Protocol):
    """`headers` go out with each answer."""

    headers: dict[str, str]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> int:
        """Return the status for a call; 0 closes the connection without an answer."""
        ...


@asynccontextmanager
async def serving(answers: Answers, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Serve calls as `answers` says; yields the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = head[0].split(" ")
        if status := answers.answer(method, target, headers, body):
            lines = [
                f"HTTP/1.1 {status} x",
                *(f"{k}: {v}" for k, v in answers.headers.items()),
                "Content-Length: 0",
                "",
            ]
            writer.write("\r\n".join([*lines, ""]).encode())
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
