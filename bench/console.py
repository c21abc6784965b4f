"""How fast the console's lists answer: `python -m bench.console [CUSTOMERS] [USERS]`, against the simulator without latency.

Milliseconds to the first byte, as a browser would see it: median and slowest of eleven, after one that is not counted.
"""

import asyncio
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from localhost.commands.serve import ServeOptions, served
from localhost.host.http_server import HttpServer, bind, url_of
from localhost.simulator import World, create_app

PAGES = ("/console/users", "/console/users?search=User%2000", "/console/users?registered=false", "/console/methods")
ROUNDS = 12


def policy_of(world: World) -> str:
    lines = ["[approval]", 'approvers = ["lead@msp.example", "second@msp.example"]']
    for tenant in world.tenants.values():
        if tenant.key != "home":
            lines += [f"[customers.{tenant.key}]", f'tenantId = "{tenant.id}"', f'name = "{tenant.name}"']
    return "\n".join(lines)


async def signed_in(http: httpx.AsyncClient) -> None:
    nonce = re.search(r'name="nonce" value="([^"]*)"', (await http.get("/console/sign-in")).text)
    assert nonce is not None
    form = {"identity": "tech@msp.example", "nonce": nonce[1], "return": "/console/users"}
    assert (await http.post("/console/sign-in", data=form)).status_code == 303


async def first_byte(http: httpx.AsyncClient, page: str) -> float:
    started = time.perf_counter()
    async with http.stream("GET", page) as answer:
        taken = time.perf_counter() - started
        await answer.aread()
        assert answer.status_code == 200
    return taken * 1000


async def main(customers: int, users: int) -> None:
    world = World.generate(customers, users)
    sock = bind("127.0.0.1", 0)
    graph = HttpServer(create_app(world), sock, grace_seconds=1)
    await graph.start()
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.toml"
        policy.write_text(policy_of(world), encoding="utf-8")
        options = ServeOptions(port=0, data=Path(folder) / "data", graph=url_of(sock), policy=policy)
        async with served(options) as it:
            origin = {"Origin": it.host.base_url}
            async with httpx.AsyncClient(base_url=it.host.base_url, headers=origin, timeout=60) as http:
                await signed_in(http)
                print(f"{customers} customers x {users} users")
                for page in PAGES:
                    taken = [await first_byte(http, page) for _ in range(ROUNDS)][1:]
                    print(f"{page:45} median {statistics.median(taken):5.0f} ms  slowest {max(taken):5.0f} ms")
    await graph.stop()


if __name__ == "__main__":
    asyncio.run(main(*(int(text) for text in sys.argv[1:3] or ("10", "1000"))))
