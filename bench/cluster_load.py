"""Load through all hosts of a cluster, one of them killed now and then: what is lost, what happens twice, and whether limits hold."""

import asyncio
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import cycle
from typing import Any
from uuid import uuid4

import httpx
import psutil
from standardwebhooks import Webhook

from tests.crash.cluster import Cluster, approving
from tests.crash.invariants import check
from tests.crash.service import CUSTOMERS, SECRET, Shop

# Users of one request, all of one customer.
TOGETHER = 8
# Users whom the last, refused requests are about, and how many of them the policy still lets in.
BURST, ROOM = 24, 10
_KILL_EVERY = 20.0  # seconds


def policy(users: int, in_flight: int) -> dict[str, str]:
    """What is changed in the policy of tests/crash: no approval, and limits that the load reaches."""
    return {
        'approval = "required"': 'approval = "exempt"\nratePerMinute = 60000',
        "[customers.contoso]": (
            f"[limits]\nusersPerHour = {users + ROOM}\nopenRequests = 4000\ninFlightPerCustomer = {in_flight}\n"
            '[guards]\nprivilegedUsers = "allow"\n[customers.contoso]'  # else a minute goes by until approvers are mailed
        ),
    }


async def load(it: Cluster, rate: float, requests: int, in_flight: int, *, kill: bool) -> None:
    """Raises: AssertionError where something was lost, done twice or beyond a limit."""
    tasks, took, cpu = list[asyncio.Task[str]](), list[float](), _Cpu(it)
    hosts, work = cycle([worker.host for worker in it.workers]), _work(it.shop, requests)
    began = time.monotonic()
    async with approving([it.shop]), _killing(it, cpu, on=kill) as kills:
        for number, (customer, users) in enumerate(work):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            tasks.append(asyncio.create_task(_sent(next(hosts), customer, users, number, took)))
        ids = await asyncio.gather(*tasks)
        for request_id in ids:
            await it.shop.ended(request_id, 900)
        seconds = time.monotonic() - began
    used = cpu.used()
    total = requests * TOGETHER
    print(
        f"{len(it.workers)} hosts, {rate:g} requests of {TOGETHER} users a second: accepted p50 "
        f"{statistics.median(took):.2f} s, longest {max(took):.2f} s; {total} users in {seconds:.1f} s, "
        f"{total / seconds:.1f} a second; CPU ms a user: host {used['host'] / total:.1f}, task hub {used['hub'] / total:.1f}; "
        f"{kills[0]} kills",
        flush=True,
    )
    assert len(set(ids)) == requests, "two deliveries became one request"
    for request_id in ids:
        await it.shop.called_back_in_full(request_id, 300)
    outcomes = await check(it.shop, ids)
    assert sum(outcomes.values()) == total
    print(
        f"Outcomes: {', '.join(f'{count} {name}' for name, count in sorted(outcomes.items()))}: what the directory holds."
    )
    for customer, most in (await _most_at_once(it.shop)).items():
        print(f"{customer}: at most {most} users at once, the limit is {in_flight}")
        assert most <= in_flight
    await _burst(it, requests)


def _work(shop: Shop, requests: int) -> Iterator[tuple[str, list[str]]]:
    upns = {customer: shop.upns(customer) for customer in CUSTOMERS}
    for number in range(requests):
        customer, first = CUSTOMERS[number % len(CUSTOMERS)], number // len(CUSTOMERS) * TOGETHER
        yield customer, upns[customer][first : first + TOGETHER]


async def _sent(host: Shop, customer: str, users: list[str], number: int, took: list[float]) -> str:
    began = time.monotonic()
    request_id = await host.deliver({customer: users}, f"INC{number}")
    took.append(time.monotonic() - began)
    return request_id


@asynccontextmanager
async def _killing(it: Cluster, cpu: "_Cpu", *, on: bool) -> Any:
    """Kill the workers in turn, each host with its hub, and start them again; yield a list with the number of kills."""
    kills, over = [0], asyncio.Event()

    async def run() -> None:
        for worker in cycle(it.workers):
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), _KILL_EVERY)
            if over.is_set():
                return
            cpu.note(it)
            await worker.kill()
            kills[0] += 1
            await worker.start()

    task = asyncio.create_task(run()) if on else None
    try:
        yield kills
    finally:
        over.set()  # one that was killed is started again: to cancel in the middle could start it twice
        if task is not None:
            await task


class _Cpu:
    """Milliseconds of processor that hosts and hubs used, those that were killed included."""

    def __init__(self, it: Cluster) -> None:
        self._it = it
        self._of: dict[int, tuple[str, float]] = {}
        self.note(it)
        self._before = dict(self._of)

    def note(self, it: Cluster) -> None:
        for worker in it.workers:
            for kind, pid in (("host", worker.host.host and worker.host.host.pid), ("hub", worker.hub.pid)):
                if pid:
                    with suppress(psutil.NoSuchProcess):
                        times = psutil.Process(pid).cpu_times()
                        self._of[pid] = kind, (times.user + times.system) * 1000

    def used(self) -> dict[str, float]:
        self.note(self._it)
        used: dict[str, float] = defaultdict(float)
        for pid, (kind, spent) in self._of.items():
            used[kind] += spent - self._before.get(pid, (kind, 0.0))[1]
        return used


async def _most_at_once(shop: Shop) -> dict[str, int]:
    """Return per customer how many users were in the middle of their removals at the same time, as the directory saw it.

    From a user's first removal to the last: a lower bound of what the service had in hand.
    """
    most = {}
    for customer in CUSTOMERS:
        tenant = shop.world.tenant(customer)
        calls = (await shop.from_graph(f"/simulator/calls?tenant={tenant.id}&method=DELETE"))["value"]
        spans: dict[str, list[datetime]] = defaultdict(list)
        for call in calls:
            if call["user"]:
                spans[call["user"]].append(datetime.fromisoformat(call["at"]))
        moments = sorted([(min(at), 1) for at in spans.values()] + [(max(at), -1) for at in spans.values()])
        now = highest = 0
        for _, step in moments:
            now += step
            highest = max(highest, now)
        most[customer] = highest
    return most


async def _burst(it: Cluster, requests: int) -> None:
    """Ask for more users than the hour has left, through all hosts at once: just so many are let in."""
    first = -(-requests // len(CUSTOMERS)) * TOGETHER
    users = it.shop.upns(CUSTOMERS[0])[first : first + BURST]
    hosts = cycle([worker.host for worker in it.workers])

    async def ask(user: str, host: Shop) -> int:
        body = json.dumps({"targets": [{"customer": CUSTOMERS[0], "users": [user]}], "requester": "tech@msp.example"})
        now, delivery = datetime.now(UTC), f"msg_{uuid4().hex}"
        signed = {
            "content-type": "application/json",
            "webhook-id": delivery,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(delivery, now, body),
        }
        async with httpx.AsyncClient(base_url=host.url, timeout=60) as http:
            return (await http.post("/api/webhooks/helpdesk", content=body, headers=signed)).status_code

    statuses = await asyncio.gather(*(ask(user, next(hosts)) for user in users))
    print(
        f"{BURST} users more, through all hosts at once: {statuses.count(202)} let in, {statuses.count(429)} answered 429"
    )
    assert (statuses.count(202), statuses.count(429)) == (ROOM, BURST - ROOM)
