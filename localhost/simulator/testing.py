"""A client that talks to a world without sockets, for tests."""

import asyncio

import httpx

from localhost.simulator.server.app import create_app
from localhost.simulator.server.pipeline import Sleep
from localhost.simulator.world.world import World

BASE = "http://graph.test"


def client_for(world: World, tenant: str | None = "contoso", *, sleep: Sleep = asyncio.sleep) -> httpx.AsyncClient:
    """Return a client with a token of this tenant (None: without one). Close it, or use it with `async with`.

    `sleep` waits out injected latency, in seconds: pass one that returns at once where a test controls time.
    """
    headers = {} if tenant is None else {"authorization": f"Bearer {world.token(tenant)}"}
    transport = httpx.ASGITransport(create_app(world, sleep=sleep))
    return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)
