"""Load on one machine: signed webhooks, status reads and pages together, at a given rate, however slow the answers are.

    python -m bench.load                         # raises the rate until requests no longer end as fast as they come: the knee
    python -m bench.load --soak 3600 --rate 10   # one rate for long: memory, and that every request ends

Each webhook asks for the reset of one user who was in no request before, from a source that needs no approval, so it is
all the work there is: intake, planning, deletion, verification, audit. For every webhook come two reads and one page.
bench/knee.py says what the knee is. Between two rates the host rests until all requests of the one before have ended.
"""

import argparse
import asyncio
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
from standardwebhooks import Webhook

from bench.knee import Seen, find, not_sustained
from bench.processes import Process, started
from localhost.simulator import World

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjU"  # noqa: S105 - of the bench alone
KEY = "a-function-key-of-the-bench"
_READS, _PAGES = 2, 1
_CUSTOMERS = 20
# How many times its own length a rate may need to be worked off before the host is given up.
_DRAIN_FACTOR = 10
_SETTINGS = {"LOAD_SECRET": SECRET}
_TOP = """
[approval]
approvers = ["lead@msp.example"]
[approval.stepUp]
targets = 1000000
[limits]
usersPerHour = 1000000
openRequests = 4000
[guards]
guests = "allow"
privilegedUsers = "allow"
disabledUsers = "allow"
[sources.load]
scheme = "standard-webhooks"
secret = "env:LOAD_SECRET"
approval = "exempt"
ratePerMinute = 60000
"""


@dataclass
class Took:
    """Seconds that answers took, by what was asked for; and what went wrong."""

    webhook: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    last_sent: datetime | None = None


class Load:
    def __init__(self, host: Process, http: httpx.AsyncClient, users: list[tuple[str, str]]) -> None:
        self._host = host
        self._http = http
        self._users = iter(users)
        self._known: list[str] = []

    def memory(self) -> float:
        """MiB in use now."""
        return float(self._host.handle.memory_info().rss) / 2**20

    def cpu(self) -> float:
        """Seconds of processor that the host has used."""
        return self._host.cpu()

    async def run(self, rate: float, seconds: float) -> Took:
        """`rate` webhooks a second; each call starts at its time, whether or not those before it were answered."""
        took = Took()
        start = time.perf_counter()
        calls: list[asyncio.Task[None]] = []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
            calls.append(asyncio.create_task(self._webhook(took)))
            calls += [asyncio.create_task(self._read(took)) for _ in range(_READS)]
            calls += [asyncio.create_task(self._page(took)) for _ in range(_PAGES)]
        await asyncio.gather(*calls)
        return took

    async def _webhook(self, took: Took) -> None:
        customer, user = next(self._users)
        took.last_sent = datetime.now(UTC)
        body = json.dumps({"targets": [{"customer": customer, "users": [user]}], "requester": "tech@msp.example"})
        delivery, now = f"msg_{uuid4().hex}", datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(delivery, now, body),
        }
        answer = await self._timed(took.webhook, took, "POST", "/api/webhooks/load", content=body, headers=headers)
        if answer is not None and answer.status_code == 202:
            took.requests.append(answer.json()["id"])
            self._known.append(took.requests[-1])
        elif answer is not None:
            took.bad.append(f"webhook {answer.status_code}")

    async def _read(self, took: Took) -> None:
        path = f"/api/reset-requests/{self._known[-1]}" if self._known else "/api/reset-requests?limit=5"
        answer = await self._timed(took.read, took, "GET", path)
        if answer is not None and answer.status_code != 200:
            took.bad.append(f"read {answer.status_code}")

    async def _page(self, took: Took) -> None:
        answer = await self._timed(took.page, took, "GET", "/console")
        # With a Graph of its own the host signs nobody in: the page says so.
        if answer is not None and answer.status_code != 401:
            took.bad.append(f"page {answer.status_code}")

    async def _timed(
        self,
        times: list[float],
        took: Took,
        method: str,
        path: str,
        content: str = "",
        headers: dict[str, str] | None = None,
    ) -> httpx.Response | None:
        begun = time.perf_counter()
        try:
            answer = await self._http.request(method, path, content=content or None, headers=headers)
        except httpx.TransportError as error:
            took.bad.append(type(error).__name__)
            return None
        times.append(time.perf_counter() - begun)
        return answer

    async def _ended_at(self, request_id: str) -> datetime | None:
        ended: str | None = (await self._http.get(f"/api/reset-requests/{request_id}")).json()["endedAt"]
        return datetime.fromisoformat(ended) if ended else None

    async def all_ended(self, requests: list[str], seconds: float) -> datetime | None:
        """Return when the last of these ended, by the host's clock; None when one has not after so many seconds.

        Each is read once it has probably ended, so that the watching is no load worth mentioning.
        """
        end = time.perf_counter() + seconds
        last = datetime.min.replace(tzinfo=UTC)
        for request_id in reversed(requests):
            while (ended := await self._ended_at(request_id)) is None:
                if time.perf_counter() > end:
                    return None
                await asyncio.sleep(0.5)
            last = max(last, ended)
        return last


def percentile(times: list[float], share: float) -> float:
    """Milliseconds."""
    ordered = sorted(times)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1000 if ordered else math.nan


def _line(rate: float, took: Took, load: Load, busy: float) -> str:
    parts = [
        f"{name} p50 {percentile(times, 0.5):4.0f} p99 {percentile(times, 0.99):5.0f} ms"
        for name, times in (("webhook", took.webhook), ("read", took.read), ("page", took.page))
    ]
    bad = f"; {len(took.bad)} went wrong: {sorted(set(took.bad))}" if took.bad else ""
    return f"{rate:5.1f}/s: {'; '.join(parts)}; processor {busy:3.0f} %; {load.memory():.0f} MiB{bad}"


async def find_knee(load: Load, first: float, seconds: float) -> None:
    async def sustains(rate: float) -> bool:
        took, line = await _tried(load, rate, seconds)
        ended = await load.all_ended(took.requests, seconds * _DRAIN_FACTOR)
        seen = Seen(
            offered=int(rate * seconds),
            accepted=len(took.requests),
            p99=percentile(took.webhook, 0.99) / 1000,
            behind=(ended - took.last_sent).total_seconds() if ended and took.last_sent else math.inf,
        )
        why = not_sustained(seen)
        print(
            f"{line}; {f'above the knee: {why}' if why else f'all ended {seen.behind:.1f} s after the last'}",
            flush=True,
        )
        if math.isinf(seen.behind):
            raise RuntimeError(f"at {rate:.1f}/s requests did not end within {seconds * _DRAIN_FACTOR:.0f} s")
        return not why

    knee = await find(first, sustains)
    if not knee:
        print(f"{first:g} webhooks a second are too many: try a lower --rate")
        return
    print(f"the knee: {knee:.1f} webhooks a second is the highest rate at which requests end as fast as they come")
    _, line = await _tried(load, knee / 2, seconds * 2)
    print(f"at half of it:\n{line}")


async def _tried(load: Load, rate: float, seconds: float) -> tuple[Took, str]:
    begun, cpu = time.perf_counter(), load.cpu()
    took = await load.run(rate, seconds)
    busy = 100 * (load.cpu() - cpu) / (time.perf_counter() - begun)
    return took, _line(rate, took, load, busy)


async def soak(load: Load, rate: float, seconds: float) -> bool:
    """Keep one rate for long, in ten parts; return whether every request ended and memory did not grow in the second half."""
    memory: list[float] = []
    requests: list[str] = []
    for _ in range(10):
        took = await load.run(rate, seconds / 10)
        requests += took.requests
        memory.append(load.memory())
        print(_line(rate, took, load, math.nan), flush=True)
    ended = await load.all_ended(requests, 60 + seconds) is not None
    growth = statistics.mean(memory[-2:]) - statistics.mean(memory[4:6])
    print(
        f"{len(requests)} requests, {'all' if ended else 'NOT all'} ended; memory {memory[0]:.0f} -> {memory[-1]:.0f} MiB,"
    )
    print(f"{growth:+.1f} MiB in the second half, {growth * 1024 / max(1, len(requests) / 2):+.1f} KiB a request")
    return ended


@asynccontextmanager
async def loading(users: int) -> AsyncIterator[Load]:
    """The host and the simulator as processes, each of the customers with so many users, until the context ends."""
    world = World.generate(_CUSTOMERS, users)
    tenants = [tenant for tenant in world.tenants.values() if tenant.key != "home"]
    people = [
        (t.domain, user.upn)
        for group in zip(*(t.users.values() for t in tenants), strict=True)
        for t, user in zip(tenants, group, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        policy = Path(folder) / "policy.toml"
        customers = [f'[customers.{t.key}]\ntenantId = "{t.id}"\ndomains = ["{t.domain}"]' for t in tenants]
        policy.write_text("\n".join([_TOP, *customers]))
        simulator = stack.enter_context(
            started("localhost.simulator", "--port", "0", "--customers", str(_CUSTOMERS), "--users", str(users))
        )
        flags = ["--port", "0", "--graph", simulator.url, "--data", f"{folder}/data", "--key", KEY]
        flags += ["--policy", str(policy), "--log-level", "error"]
        host = stack.enter_context(started("localhost", "serve", *flags, settings=_SETTINGS))
        limits = httpx.Limits(max_connections=500)
        async with httpx.AsyncClient(
            base_url=host.url, headers={"x-functions-key": KEY}, limits=limits, timeout=60
        ) as http:
            yield Load(host, http, people)


async def main(options: argparse.Namespace) -> bool:
    async with loading(options.users) as load:
        await load.run(2, 3)  # what is made at the first call is not what is measured
        if options.soak:
            return await soak(load, options.rate, options.soak)
        await find_knee(load, options.rate, options.seconds)
        return True


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load")
    parser.add_argument("--rate", type=float, default=5, help="webhooks a second, at first")
    parser.add_argument("--seconds", type=float, default=20, help="of each rate; in shorter ones a backlog goes unseen")
    parser.add_argument("--soak", type=float, default=0, metavar="SECONDS", help="one rate for so long instead")
    parser.add_argument("--users", type=int, default=500, help="of each of the 20 customers; each webhook takes one")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main(parsed(sys.argv[1:]))) else 1)
