"""The knee of a cluster for one, two and three hosts: how many users a second they reset with more to do than they can.

A rate above that piles up. Every request is of one customer, by a signed webhook that needs no approval, so it is all the work
there is. A user is done with the last removal that the directory saw. Hosts, hubs, Azurite and the simulator share this machine: the
processor time a user, without what idle hosts and hubs use, says what a worker with a core of its own could do.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.crash.cluster import Cluster, cluster
from tests.crash.invariants import check
from tests.crash.service import CUSTOMERS

HOSTS = (1, 2, 3)
# The first tenth warms up, and in the last one there is not enough to do for all hosts.
_EDGES = 0.1
_IDLE = 15.0  # seconds in which nothing is asked for, and hubs share the partitions
_SENDING = 8  # webhooks at once, of each host
_ENDED = "mfareset.request.completed"


class Knee(NamedTuple):
    """`rate` in users a second; `cost` and `idle` are milliseconds of processor, by kind: a user, and a second without work."""

    hosts: int
    rate: float
    cost: Mapping[str, float]
    idle: Mapping[str, float]
    busy: float  # percent of the machine's processors, by everything on it

    @property
    def of_a_core(self) -> float:
        """Users a second of one worker, host and hub, that has a core of its own, as its processor time says."""
        left = 1000 - self.idle["host"] / self.hosts - self.idle["hub"] / self.hosts
        return left / (self.cost["host"] + self.cost["hub"])


def policy(users: int) -> dict[str, str]:
    """What is changed in the policy of tests/crash: no approval, no limit that is reached, and no more care for administrators."""
    return {
        'approval = "required"': 'approval = "exempt"\nratePerMinute = 60000',
        "[customers.contoso]": (
            f"[limits]\nusersPerHour = {users}\nopenRequests = 4000\ninFlightPerCustomer = 64\n"
            '[guards]\nprivilegedUsers = "allow"\ndisabledUsers = "allow"\n[customers.contoso]'
        ),
    }


class Work(NamedTuple):
    """`requests` wait for each host at once, each of `users` of one customer."""

    requests: int
    users: int


async def knees(
    folder: Path, taskhub: str, latency: int, times: Mapping[str, int], hosts: Sequence[int], work: Work
) -> None:
    """Print the knee of each number of hosts. Raises: AssertionError where an outcome is not what the directory holds."""
    kinds = ("host", "hub", "azurite", "simulator")
    print(
        "users a second; ms of processor a user, by kind; how busy the machine was; a second of one worker with a core of its own"
    )
    print(
        f"{'hosts':>5}{'users/s':>9}{'a host':>8}{''.join(f'{kind:>11}' for kind in kinds)}{'busy':>7}{'own core':>10}"
    )
    for count in hosts:
        requests = work.requests * count
        place = folder / str(count)
        place.mkdir()
        users = -(-requests // len(CUSTOMERS)) * work.users
        async with cluster(
            place, taskhub, count, users=users, latency=latency, policy=policy(requests * work.users * 2), **times
        ) as it:
            found = await _knee(it, requests, work.users)
        print(
            f"{count:5}{found.rate:9.1f}{found.rate / count:8.1f}{''.join(f'{found.cost[kind]:11.0f}' for kind in kinds)}"
            f"{found.busy:6.0f}%{found.of_a_core:10.1f}",
            flush=True,
        )


async def _knee(it: Cluster, requests: int, users: int) -> Knee:
    work = _work(it, requests, users)
    before, began = _processor_ms(it), time.monotonic()
    await asyncio.sleep(_IDLE)
    at_rest = _processor_ms(it)
    idle = {kind: (at_rest[kind] - before[kind]) / (time.monotonic() - began) for kind in at_rest}
    free, hosts = asyncio.Semaphore(_SENDING * len(it.workers)), cycle([worker.host for worker in it.workers])

    async def send(number: int, customer: str, names: list[str]) -> str:
        async with free:
            return await next(hosts).deliver({customer: names}, f"INC{number}")

    psutil.cpu_percent()
    began = time.monotonic()
    sending = asyncio.gather(*(send(number, *each) for number, each in enumerate(work)))
    ids = await sending
    await _ended(it, requests)
    seconds, busy, after = time.monotonic() - began, psutil.cpu_percent(), _processor_ms(it)
    outcomes = await check(it.shop, ids)
    assert len(set(ids)) == requests
    assert sum(outcomes.values()) == requests * users, outcomes
    assert not outcomes["failed"], outcomes
    ends = await _last_removals(it)
    rate = rate_between(ends, _EDGES) * requests * users / len(ends)  # some users have nothing to remove
    cost = {kind: max(0.0, after[kind] - at_rest[kind] - idle[kind] * seconds) / (requests * users) for kind in after}
    return Knee(len(it.workers), rate, cost, idle, busy)


def _work(it: Cluster, requests: int, users: int) -> list[tuple[str, list[str]]]:
    """Return customers in turn, each time with users who were made for the bench: those of the demo have other stories."""
    each = -(-requests // len(CUSTOMERS)) * users
    made = {customer: it.shop.upns(customer)[-each:] for customer in CUSTOMERS}
    turns = [(CUSTOMERS[number % len(CUSTOMERS)], number // len(CUSTOMERS) * users) for number in range(requests)]
    return [(customer, made[customer][first : first + users]) for customer, first in turns]


async def _ended(it: Cluster, requests: int) -> None:
    """Wait for the callback of each request's end, which may be delivered twice; asking the hosts would cost them time."""
    ended: set[str] = set()
    seen = 0
    async with asyncio.timeout(600):
        while len(ended) < requests:
            ended |= {key for key, event in it.shop.called_back[seen:] if event["type"] == _ENDED}
            seen = len(it.shop.called_back)
            await asyncio.sleep(0.1)


async def _last_removals(it: Cluster) -> list[float]:
    """Return when each user's last removal was, in seconds, in their order."""
    last: dict[str, float] = {}
    for customer in CUSTOMERS:
        tenant = it.shop.world.tenant(customer)
        for call in (await it.shop.from_graph(f"/simulator/calls?tenant={tenant.id}&method=DELETE"))["value"]:
            if call["user"]:
                at = datetime.fromisoformat(call["at"]).timestamp()
                last[call["user"]] = max(last.get(call["user"], 0.0), at)
    return sorted(last.values())


def rate_between(ends: Sequence[float], edges: float) -> float:
    """Return how many ended a second, without the share `edges` at the beginning and at the end."""
    cut = int(len(ends) * edges)
    kept = ends[cut : len(ends) - cut]
    return (len(kept) - 1) / (kept[-1] - kept[0])


def _processor_ms(it: Cluster) -> dict[str, float]:
    processes = {
        "host": [worker.host.host.pid for worker in it.workers if worker.host.host],
        "hub": [worker.hub.pid for worker in it.workers if worker.hub.pid],
        "azurite": [it.storage.pid],
        "simulator": [it.shop.simulator],
    }
    return {kind: sum(map(_ms, pids)) for kind, pids in processes.items()}


def _ms(pid: int) -> float:
    spent = psutil.Process(pid).cpu_times()
    return float(1000 * (spent.user + spent.system))
