"""`python -m bench.reconciliation`: unrequested removals among honest resets, how soon they are found, and false alarms.

Real resets (plan and removal, against the simulator in this process) over ten hours of a simulated clock, and removals with the
same application that no request asked for: of users who are never reset, and of some just before or after their reset. The audit
log is as late as Microsoft said: 95 % of entries within 2 minutes, 99 % within 5, the rest within 2 hours.
"""

import argparse
import asyncio
import logging
import random
import tempfile
from copy import replace
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import httpx

from activities.reset_target import reset_one
from domain.outcomes import RequestStatus
from domain.policy.reconciliation import Reconciliation
from domain.reconciliation.alerts import RemovalAlert
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from graph.client import segment
from localhost.simulator import World, create_app
from localhost.simulator.model.entities import User
from reset.planner import Planner
from services import Services
from settings import read_settings
from tests.system import environment
from triggers.timers.reconcile_removals import reconcile_all

HOURS = 10
AIM = timedelta(minutes=10)
_CUSTOMERS = ("contoso", "fabrikam", "tailspin")


@dataclass
class Result:
    resets: int = 0
    readable_at: dict[str, datetime] = field(default_factory=dict)  # injected removals, by the id of their entry
    alerts: list[RemovalAlert] = field(default_factory=list)

    @property
    def delays(self) -> list[timedelta]:
        """From when an injected removal could be read until it was found."""
        found = {alert.entry_id: alert.found_at for alert in self.alerts}
        return sorted(found[entry] - at for entry, at in self.readable_at.items() if entry in found)

    @property
    def false_alarms(self) -> list[RemovalAlert]:
        """Return the alerts about users of whom nothing was injected, and about outcomes that are there."""
        return [alert for alert in self.alerts if alert.entry_id not in self.readable_at]

    @property
    def good(self) -> bool:
        found = len(self.delays) == len(self.readable_at) and all(delay <= AIM for delay in self.delays)
        return found and not self.false_alarms


class _Run:
    def __init__(self, services: Services, world: World, seed: int, start: datetime) -> None:
        self.services = services
        self.world = world
        self.now = start
        self.start = start
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.result = Result()
        self.numbers = 0

    async def reset(self, customer: str, users: list[User]) -> None:
        """Plan and reset these users in one request."""
        services, self.numbers = self.services, self.numbers + 1
        request = ResetRequest(
            id=f"r{self.numbers}",
            created_at=self.now,
            source="api",
            requester="tech@msp.example",
            methods=["phone", "microsoftAuthenticator", "softwareOath", "hardwareOath"],
            target_count=len(users),
            ranges=[(customer, 0, len(users))],
        )
        targets = [Target(number=n, customer=customer, asked=user.id) for n, user in enumerate(users)]
        await services.requests.create(request, targets)
        policy = services.policy
        planner = Planner(
            services.graph, request, policy.customers[customer], policy.guards, services.leases, now=self.now
        )
        planned = await planner.plan(targets)
        for kept, target in zip(await services.targets.range(request.id, 0, 100), planned, strict=True):
            assert isinstance(target, Target)
            await services.targets.save(request.id, kept, target)
        await services.requests.update(request.id, lambda r: r.model_copy(update={"status": RequestStatus.RESETTING}))
        for number in range(len(users)):
            for last in (False, False, True):
                if (await reset_one(services, request.id, number, last=last))["retry_after"] is None:
                    break
        self.result.resets += len(users)
        self._delay()

    async def steal(self, customer: str, user: User) -> None:
        """Remove what a user has left with the service's own credential."""
        tenant = self.world.tenant(customer)
        kinds = {"phone", "microsoftAuthenticator", "softwareOath"}
        left = [method for method in user.methods.values() if method.kind.name in kinds]
        # Microsoft refuses to remove a default method while there are others, so there may be several tries.
        for method in [*left, None]:
            taken = method or self.world.register(customer, user.upn, "softwareOath")
            path = f"users/{user.id}/authentication/{taken.kind.collection}/{segment(taken.id)}"
            if (await self.services.graph.of(tenant.id).send("DELETE", path)).ok:
                break
        entry = self.world.audits.entries[tenant.id][-1]
        self._delay()
        self.result.readable_at[entry.id] = entry.readable_at

    def _delay(self) -> None:
        """Give the entries that are new the delay of a real log."""
        for entries in self.world.audits.entries.values():
            for entry in reversed(entries):
                if entry.readable_at != entry.at + self.world.audits.delay:
                    break
                entry.readable_at = entry.at + self._lateness()

    def _lateness(self) -> timedelta:
        part = self.random.random()
        minutes = (0.1, 2) if part < 0.95 else (2, 5) if part < 0.99 else (5, 119)
        return timedelta(minutes=self.random.uniform(*minutes), microseconds=1)


async def measure(resets: int, injected: int, seed: int, folder: Path, hours: int = HOURS) -> Result:
    """Run it all; `resets` and `injected` are spread over so many hours."""
    start = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    run: _Run | None = None

    def clock() -> datetime:
        return run.now if run is not None else start

    async def no_sleep(_: float) -> None: ...

    each = (resets + injected) // len(_CUSTOMERS) + 40
    world = World.demo(users_per_customer=each, clock=clock)
    settings = environment(folder) | {"PUBLIC_BASE_URL": "http://127.0.0.1:7071"}
    with patch.dict("os.environ", settings):
        transport = httpx.ASGITransport(create_app(world, sleep=no_sleep))
        services = Services(read_settings(settings), now=clock, transport=transport, sleep=no_sleep)
        policy = services.policy.model_copy(update={"reconciliation": Reconciliation(enabled=True)})
        services.settings = replace(services.settings, policy=policy)
        try:
            run = _Run(services, world, seed, start)
            await _pass_the_time(run, resets, injected, hours)
        finally:
            await services.close()
    return run.result


async def _pass_the_time(run: _Run, resets: int, injected: int, hours: int) -> None:
    people = [(key, user) for key in _CUSTOMERS for user in _resettable(run.world, key)]
    run.random.shuffle(people)
    honest, others = people[:resets], people[resets:]
    minutes = hours * 60
    due: list[tuple[float, int, str, User]] = [(run.random.uniform(5, minutes), 0, key, user) for key, user in honest]
    # A third of the thefts are of users who are reset, around that time.
    for number in range(injected):
        if number % 3 == 0:
            at, _, key, user = due[number]
            due.append((at + run.random.choice([-9.0, 4.0, 60.0]), 1, key, user))
        else:
            key, user = others[number % len(others)]
            due.append((run.random.uniform(5, minutes), 1, key, user))
    due = sorted(((max(at, 1.0), what, key, user) for at, what, key, user in due), key=lambda one: one[0])
    place = 0
    for minute in range(minutes + 26 * 60):
        run.now = run.start + timedelta(minutes=minute)
        waiting: dict[str, list[User]] = {}
        while place < len(due) and due[place][0] <= minute:
            _, what, key, user = due[place]
            place += 1
            if what:
                await run.steal(key, user)
            else:
                waiting.setdefault(key, []).append(user)
        for key, users in waiting.items():
            await run.reset(key, users)
        if minute % 5 == 0:
            run.now += timedelta(seconds=15)
            if minute < minutes + 4 * 60 or minute % 60 == 0:
                await reconcile_all(run.services)
    cursor: str | None = ""
    while cursor is not None:
        page, cursor = await run.services.reconciliations.page(cursor, 1000)
        run.result.alerts += page


def _resettable(world: World, key: str) -> list[User]:
    users = world.tenant(key).users.values()
    return [
        user for user in users if user.enabled and user.type == "Member" and not user.roles and len(user.methods) > 1
    ]


def lines(result: Result) -> list[str]:
    delays, many = result.delays, len(result.readable_at)
    worst = max(delays, default=timedelta())
    middle = delays[len(delays) // 2] if delays else timedelta()
    return [
        f"{len(delays):,} of {many:,} unrequested removals found: half within {middle}, all within {worst} of their entry",
        f"{len(result.false_alarms):,} false alarms in {result.resets:,} honest resets",
        *(f"  {alert.kind}: {alert.customer} {alert.user_id} {alert.at}" for alert in result.false_alarms[:5]),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resets", type=int, default=10_000)
    parser.add_argument("--injected", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a tenth of the resets and removals, in a minute")
    options = parser.parse_args()
    share = 10 if options.quick else 1
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(measure(options.resets // share, options.injected // share, options.seed, Path(folder)))
    print("\n".join(lines(result)))
    return int(not result.good)


if __name__ == "__main__":
    raise SystemExit(main())
