"""The local host refuses and rewrites as the real one does: what was recorded there, sent here."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from localhost.testing import TEST_KEY, running
from tests.localhost.driving import APPS

EXCHANGES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "recorded.json").read_text("utf-8"))["exchanges"]
STANDS_FOR = {
    "KEY": TEST_KEY,
    "GUID": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "LONG8K": "x" * 8192,
    "LONG32K": "x" * 32768,
    "HEADERS101": "\r\n".join(f"x-{number}: 1" for number in range(101)),
}


@pytest.fixture
async def address() -> AsyncIterator[tuple[str, int]]:
    async with running(APPS, script="http_app.py", names=("x", "host.example")) as host:
        parts = urlsplit(host.base_url)
        yield str(parts.hostname), int(parts.port or 0)


def filled(text: str) -> str:
    for name, value in STANDS_FOR.items():
        text = text.replace(name, value)
    return text


async def exchange(address: tuple[str, int], lines: list[str]) -> tuple[int, dict[str, str], bytes]:
    """The status, headers and body that the host responds with to these lines, sent as they are."""
    reader, writer = await asyncio.open_connection(*address)
    extra = ["connection: close"] + ([] if any(line.startswith("host:") for line in lines) else ["host: x"])
    writer.write(filled("\r\n".join([lines[0], *extra, *lines[1:]])).encode() + (b"\r\n" if lines[-1] == "" else b""))
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    first, *rest = head.decode().split("\r\n")
    return int(first.split()[1]), {n.lower(): v.strip() for n, v in (line.split(":", 1) for line in rest)}, body


@pytest.mark.parametrize("recorded", EXCHANGES, ids=lambda each: each["name"])
async def test_the_local_host_responds_as_the_real_one(address: tuple[str, int], recorded: dict[str, Any]) -> None:
    status, headers, body = await exchange(address, recorded["request"])
    assert status == recorded["status"]
    assert body.decode("latin-1") == recorded.get("body", body.decode("latin-1"))
    assert not headers.keys() & set(recorded.get("absent", ()))
    for name, part in recorded.get("contains", {}).items():
        assert part in headers[name]
    for name, value in recorded.get("seen", {}).items():
        seen = json.loads(body)[name]
        if isinstance(value, dict):
            assert {key: seen.get(key) for key in value} == value
        else:
            assert seen == filled(value)
