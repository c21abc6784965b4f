"""How fast the console's lists answer: `python -m bench.console [CUSTOMERS USERS MILLISECONDS]`, the last the latency of Graph.

Without arguments it measures the sizes of bench/README.md, in less than four minutes. Simulator, service and browser are three
processes. Milliseconds to the first byte, and until every customer is read: a page whose customers are still being read is
followed as its script follows it. The first page after the start, which also gets a token for each customer, is a row of its own.
"""

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from os import getloadavg
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.console_app import TECHNICIAN
from bench.processes import Process, started
from domain.access.approval_links import KeyRing
from domain.access.console_session import session_for
from localhost.simulator import World
from triggers.console.operators import COOKIE

SIZES = ((10, 50, 0), (100, 50, 0), (300, 50, 0), (500, 100, 150))
ROUNDS = 20
KEYS = "bench:cHQcLQ0vM7fJ0LwBqYx4Q0r7b8S1kq2vW9nZp5tGmXo="
# Each round asks for another text, so that no round finds what the one before has read.
LISTS: dict[str, Callable[[int], str]] = {
    "users, read anew": lambda _: "/console/users?anew=1",
    "users, read before": lambda _: "/console/users",
    "search, another each time": lambda n: f"/console/users?search=User%20{n:03}",
    "not registered, read anew": lambda _: "/console/users?registered=false&anew=1",
    "methods": lambda _: "/console/methods",
}
HEAD = (
    "| customers x users, Graph | list | first byte p50 / p95 / slowest, ms | all read p50 / p95 / slowest, ms | CPU of the service, ms |\n"
    "| --- | --- | ---: | ---: | ---: |"
)
_FILL = re.compile(r'data-fill="([^"]*)"')


class Taken(NamedTuple):
    """Milliseconds to the first byte, and until all customers are read."""

    first: float
    whole: float


def policy_of(world: World) -> str:
    lines = ["[approval]", 'approvers = ["lead@msp.example", "second@msp.example"]']
    for tenant in world.tenants.values():
        if tenant.key != "home":
            lines += [f"[customers.{tenant.key}]", f'tenantId = "{tenant.id}"', f'name = "{tenant.name}"']
    return "\n".join(lines)


def look_at(http: httpx.Client, page: str) -> Taken:
    """Load a page, and follow it until all of its customers are read."""
    began = time.perf_counter()
    with http.stream("GET", page) as answer:
        first = time.perf_counter() - began
        text = answer.read().decode()
        answer.raise_for_status()
    while found := _FILL.search(text):
        text = http.get(unescape(found[1])).raise_for_status().text
    return Taken(1000 * first, 1000 * (time.perf_counter() - began))


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def row(size: str, name: str, taken: list[Taken], cpu: float) -> str:
    def three(values: list[float]) -> str:
        return f"{percentile(values, 0.5):.0f} / {percentile(values, 0.95):.0f} / {max(values):.0f}"

    first, whole = ([each.first for each in taken], [each.whole for each in taken])
    return f"| {size} | {name} | {three(first)} | {three(whole)} | {1000 * cpu / len(taken):.0f} |"


def rows(process: Process, size: str, rounds: int) -> Iterator[str]:
    session = session_for(KeyRing.parse(KEYS), TECHNICIAN, datetime.now(UTC))
    with httpx.Client(base_url=process.url, cookies={COOKIE: session}, timeout=120) as http:
        http.get("/console/start").raise_for_status()
        before = process.cpu()
        yield row(size, "users, first page after the start", [look_at(http, "/console/users")], process.cpu() - before)
        for name, page in LISTS.items():
            before = process.cpu()
            taken = [look_at(http, page(n)) for n in range(rounds)]
            yield row(size, name, taken, process.cpu() - before)


def measure(customers: int, users: int, latency: int, rounds: int = ROUNDS) -> None:
    size = f"{customers} x {users}, {latency} ms"
    flags = ["--port", "0", "--customers", str(customers), "--users", str(users), "--latency", str(latency)]
    with tempfile.TemporaryDirectory() as folder, started("localhost.simulator", *flags) as graph:
        policy = Path(folder) / "policy.toml"
        policy.write_text(policy_of(World.generate(customers, 1)), encoding="utf-8")
        arguments = ("bench.console_app", graph.url, str(policy), f"{folder}/data")
        with started(*arguments, settings={"APPROVAL_KEYS": KEYS}) as process:
            for line in rows(process, size, rounds):
                print(line, flush=True)


def main(arguments: list[str]) -> None:
    sizes = [tuple(map(int, arguments))] if arguments else SIZES
    print(f"{ROUNDS} pages each; load of the machine before: {getloadavg()[0]:.1f}\n\n{HEAD}", flush=True)
    for customers, users, latency in sizes:
        measure(customers, users, latency)


if __name__ == "__main__":
    main(sys.argv[1:])
