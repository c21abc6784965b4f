"""The activities against records on disk and the simulator in process, without a host: each is called as the host would."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from activities.reset_target import reset_one
from contracts.workflow import Progress
from domain.methods import STANDARD_SCOPE, MethodType
from domain.outcomes import RequestStatus
from domain.policy.load import Policy
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from localhost.simulator import World, create_app
from localhost.simulator.model.entities import User
from localhost.simulator.seeds.people import make_user, source_for
from reset.planner import Planner
from services import Services
from settings import read_settings
from tests.system import environment

CONTOSO = "11111111-1111-1111-1111-111111111111"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class DiedError(Exception):
    """Nothing of a run that died is left but what it wrote down."""


@dataclass
class Works:
    services: Services
    world: World
    clock: Clock

    def user(self, *methods: tuple[str, dict[str, Any]], prefer: str | None = None, name: str = "sofia") -> User:
        """A new user of contoso with these methods."""
        tenant = self.world.tenant("contoso")
        user = make_user(tenant, source_for(tenant, 7), name, name.title(), "none")
        for kind, properties in methods:
            self.world.register("contoso", user.upn, kind, **properties)
        user.preferred = prefer
        self.clock.pass_(days=1)  # so that what is registered from now on is newer
        return user

    def allow(self, *methods: MethodType) -> None:
        """Another policy from now on: contoso lets these be reset (the standard ones by default), guests too."""
        policy = self.services.policy
        contoso = policy.customers["contoso"].model_copy(update={"methods": methods or STANDARD_SCOPE})
        guards = policy.guards.model_copy(update={"guests": "allow"})
        self.use_policy(
            policy.model_copy(update={"customers": policy.customers | {"contoso": contoso}, "guards": guards})
        )

    def without_tenant_wide_lists(self) -> None:
        """From now on the tenants answer only about single users who is privileged."""
        self.world.faults.add(method="GET", path="*/roleAssignments", status=404)

    def use_policy(self, policy: Policy) -> None:
        self.services.settings = replace(self.services.settings, policy=policy)

    async def planned(
        self,
        *users: User,
        methods: tuple[MethodType, ...] = STANDARD_SCOPE,
        revoke: bool = True,
        request_id: str = "r1",
    ) -> str:
        """A request for these users whose plan is made and approved."""
        request = ResetRequest(
            id=request_id,
            created_at=self.clock(),
            source="api",
            requester="tech@msp.example",
            methods=list(methods),
            revoke_sessions=revoke,
            target_count=len(users),
            ranges=[("contoso", 0, len(users))],
        )
        s = self.services
        targets = [Target(number=n, customer="contoso", asked=user.id) for n, user in enumerate(users)]
        await s.requests.create(request, targets)
        planner = Planner(s.graph, request, s.policy.customers["contoso"], s.policy.guards, s.leases, now=self.clock())
        for kept, planned in zip(await s.targets.range(request_id, 0, 100), await planner.plan(targets), strict=True):
            assert isinstance(planned, Target), planned
            assert await s.targets.save(request_id, kept, planned)
        await s.requests.update(request_id, lambda r: r.model_copy(update={"status": RequestStatus.RESETTING}))
        return request_id

    async def target(self, request_id: str = "r1", number: int = 0) -> Target:
        kept = await self.services.targets.get(request_id, number)
        assert kept is not None
        return kept.target

    async def once(self, *, number: int = 0, last: bool = False, request_id: str = "r1") -> Progress:
        """One run of the activity."""
        return await reset_one(self.services, request_id, number, last=last)

    async def reset(self, *, number: int = 0, runs: int = 20, request_id: str = "r1") -> Target:
        """Runs until the target is settled, with the time between runs given; the last run settles it whatever it is."""
        for run in range(runs):
            answer = await self.once(number=number, last=run == runs - 1, request_id=request_id)
            if answer["retry_after"] is None:
                break
            self.clock.pass_(seconds=answer["retry_after"])
        return await self.target(request_id, number)

    def deletes(self, user: User, status: int | None = None) -> list[str]:
        """The methods that were asked to go, in order; with `status` those that were answered so."""
        calls = [
            c
            for c in self.world.calls
            if c.user == user.id
            and (c.verb == "DELETE" or c.path.endswith("/deactivate"))
            and status in {None, c.status}
        ]
        return [call.path.removesuffix("/deactivate").removesuffix("/$ref").rpartition("/")[2] for call in calls]

    def present(self, user: User) -> set[str]:
        """Ids of the methods that are truly there and can be used, the password left out."""
        return {m.id for m in user.methods.values() if m.kind.name != "password" and m.usable}


@asynccontextmanager
async def made_works(
    folder: Path, around: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] | None = None
) -> AsyncIterator[Works]:
    """The service of a test. `around` puts something between it and the simulator."""
    clock = Clock()
    world = World.demo(clock=clock)

    async def no_sleep(_: float) -> None: ...

    transport: httpx.AsyncBaseTransport = httpx.ASGITransport(create_app(world, sleep=no_sleep))
    settings = environment(folder) | {"PUBLIC_BASE_URL": "http://127.0.0.1:7071"}
    with patch.dict("os.environ", settings):
        made = Services(
            read_settings(settings),
            now=clock,
            transport=around(transport) if around else transport,
            sleep=no_sleep,
        )
        yield Works(made, world, clock)
        await made.close()


@pytest.fixture
async def works(tmp_path: Path) -> AsyncIterator[Works]:
    async with made_works(tmp_path) as made:
        yield made


def outcomes(target: Target) -> dict[str, str]:
    """Each method's outcome by id, or by slot for phones."""
    return {method.id: method.outcome.value for method in target.methods}
