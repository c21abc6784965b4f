"""How fast the console's lists answer: `python -m bench.console [CUSTOMERS] [USERS] [MILLISECONDS]`, the last the latency of Graph.

Milliseconds to the first byte, as a browser would see it: the first one, then median, 95th percentile and slowest of forty.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from copy import replace
from pathlib import Path

import httpx

import services
from domain.access.console_session import session_for
from localhost.commands.serve import ServeOptions, served
from localhost.host.http_server import HttpServer, bind, url_of
from localhost.simulator import World, create_app
from triggers.console.operators import COOKIE

PAGES = ("/console/users", "/console/users?search=User%2000", "/console/users?registered=false", "/console/methods")
ROUNDS = 41
TECHNICIAN = "tech@msp.example"


def policy_of(world: World) -> str:
    lines = ["[approval]", 'approvers = ["lead@msp.example", "second@msp.example"]']
    for tenant in world.tenants.values():
        if tenant.key != "home":
            lines += [f"[customers.{tenant.key}]", f'tenantId = "{tenant.id}"', f'name = "{tenant.name}"']
    return "\n".join(lines)


def sign_in(http: httpx.AsyncClient) -> None:
    """Sign in as a test identity: the host offers none where it is given another Graph server than the bundled one."""
    made = services.current_services()
    made.settings = replace(made.settings, console_test_sign_in=(TECHNICIAN,))
    http.cookies.set(COOKIE, session_for(made.settings.approval_keys, TECHNICIAN, made.now()))


async def first_byte(http: httpx.AsyncClient, page: str) -> float:
    started = time.perf_counter()
    async with http.stream("GET", page) as answer:
        taken = time.perf_counter() - started
        await answer.aread()
        assert answer.status_code == 200
    return taken * 1000


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


async def main(customers: int, users: int, latency: int = 0) -> None:
    world = World.generate(customers, users)
    if latency:
        world.faults.add(latency=latency / 1000)
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
                sign_in(http)
                print(f"{customers} customers x {users} users, Graph answers after {latency} ms")
                for page in PAGES:
                    first, *taken = [await first_byte(http, page) for _ in range(ROUNDS)]
                    print(
                        f"{page:45} first {first:5.0f} ms  median {statistics.median(taken):5.0f} ms"
                        f"  p95 {percentile(taken, 0.95):5.0f} ms  slowest {max(taken):5.0f} ms",
                        flush=True,
                    )
    await graph.stop()


if __name__ == "__main__":
    asyncio.run(main(*(int(text) for text in sys.argv[1:4] or ("10", "1000"))))
