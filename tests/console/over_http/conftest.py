"""The console over HTTP, without a browser: a service of its own and a signed-in client for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import sign_in
from tests.system import System, system


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path) as made:
        yield made


@pytest.fixture
async def browser(it: System) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that is signed in as the technician, without a function key."""
    async with browser_client(it.host.base_url) as http:
        assert (await sign_in(http, "tech@msp.example")).status_code == 303
        yield http
