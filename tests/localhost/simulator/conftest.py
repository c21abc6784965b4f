from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.testing import client_for

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    """The demo, on a clock that only moves when a test says so (`world.advance`)."""
    return World.demo(users_per_customer=30, seed=1, clock=lambda: START)


@pytest.fixture(autouse=True)
def not_the_services(unrecorded: None) -> None:
    """These tests make calls of their own, many of them wrong on purpose."""


@pytest.fixture
async def graph(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """contoso's Graph."""
    async with client_for(world) as client:
        yield client
