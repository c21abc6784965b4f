"""A request about two users from its record to its end, step by step as the orchestrations call them, in milliseconds."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from activities.concurrency_permits import acquire, end_window
from activities.finish_request import finish
from activities.plan_targets import give_up, plan_window
from activities.reset_target import reset_one
from activities.seal_plan import seal
from activities.settle_targets import settle_open
from contracts.workflow import PermitsBack, WindowRef
from domain.methods import STANDARD_SCOPE
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.request.usage import Ask, UsageTerms
from localhost.simulator.model.entities import NamedLocation, User
from localhost.simulator.seeds.people import GLOBAL_ADMINISTRATOR, ROLES, assignable_group, role
from records.holds import Holder
from records.targets import StoredTarget
from tests.activities.conftest import CONTOSO, Works, made_works

ID = "r1"
_METHODS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("phone", {"phoneType": "mobile"}),
    ("microsoftAuthenticator", {}),
    ("hardwareOath", {}),
    ("fido2", {}),
)
_POLICIES: list[dict[str, Any]] = [
    {
        "id": "p1",
        "displayName": "MFA",
        "state": "enabled",
        "conditions": {
            "users": {"includeUsers": ["All"], "excludeUsers": [], "excludeGroups": ["g"], "includeRoles": []},
            "applications": {"includeApplications": ["All"], "excludeApplications": []},
            "locations": {"includeLocations": ["All"], "excludeLocations": ["places"]},
            "platforms": {"includePlatforms": ["all"], "excludePlatforms": []},
            "clientAppTypes": ["all"],
            "signInRiskLevels": [],
        },
        "grantControls": {
            "operator": "OR",
            "builtInControls": ["mfa"],
            "authenticationStrength": {"id": "s", "allowedCombinations": ["fido2"], "combinationConfigurations": []},
        },
    },
    {
        "id": "p2",
        "displayName": "Registering",
        "state": "enabled",
        "conditions": {
            "users": {"includeUsers": ["None"], "includeGroups": ["g"]},
            "applications": {"includeUserActions": ["urn:user:registersecurityinfo"]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
    },
]

type Around = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]


class WholeRequest:
    """`before` is called before each step, with its name."""

    def __init__(self, works: Works, folder: Path, *, padding: int = 0) -> None:
        self.works = works
        self.folder = folder
        self.before: Callable[[str], None] = lambda _: None
        tenant = works.world.tenant("contoso")
        tenant.enforces, tenant.policies = "conditionalAccess", _POLICIES
        places, ranges = NamedLocation(countries=frozenset({"DE"})), NamedLocation(ranges=("192.0.2.0/24",))
        tenant.named_locations = {"places": places, "ranges": ranges}
        self.group = assignable_group(tenant, "Operators")
        self.ann = works.user(*_METHODS, prefer="push", name="ann")
        self.bob = works.user(*_METHODS[:2], prefer="push", name="bob")
        self.ann.roles.append(role(tenant, GLOBAL_ADMINISTRATOR))
        self.ann.eligible_roles.append(role(tenant, ("User Administrator", ROLES["User Administrator"])))
        self.ann.owned.append(self.group)
        self.ann.eligible_groups.append(self.group)
        self.asked = [self.ann.upn, self.bob.upn, *(f"unknown{n}@contoso.com" for n in range(padding))]
        self._there = {user.id: works.present(user) - _kept(user) for user in (self.ann, self.bob)}

    async def run(self) -> list[Target]:
        """Return the targets when the request has ended."""
        services, count = self.works.services, len(self.asked)
        await services.usage_counts.admit(self._ask(ID), self._terms(), self.works.clock())
        request = ResetRequest(
            id=ID,
            created_at=self.works.clock(),
            source="api",
            requester="tech@msp.example",
            methods=list(STANDARD_SCOPE),
            revoke_sessions=True,
            target_count=count,
            ranges=[("contoso", 0, count)],
        )
        self.before("create")
        await services.requests.create(
            request, [Target(number=n, customer="contoso", asked=name) for n, name in enumerate(self.asked)]
        )
        self.before("write")
        for start in await services.target_drafts.starts(ID):
            await services.target_drafts.write(ID, start)
        self.before("plan")
        for start in range(0, count, 100):
            await self._plan(start, min(100, count - start))
        self.before("seal")
        await self._seal()
        self.before("acquire")
        window = WindowRef(id=ID, customer="contoso", start=0, count=2)
        permits = await acquire(services, window)
        if not permits["stop"]:
            assert permits["permits"] > 0
            for number in (0, 1):
                self.before(f"reset {number}")
                await self._reset(number)
            self.before("release")
            back = PermitsBack(**window, width=1, throttled=False, breaker="", stop="", close=True)
            await end_window(services, back)
        self.before("finish")
        await self._finish()
        self.before("end")
        return [kept.target for kept in await self._stored()]

    async def _plan(self, start: int, count: int) -> None:
        services = self.works.services
        for attempt in range(13):  # as often as an orchestration tries
            answer = await plan_window(services, ID, start, count, last=attempt == 12)
            if answer["retry_after"] is None:
                break
        await give_up(services, ID, start, count, "customerUnreachable")

    async def _seal(self) -> None:
        """Seal the plan, and approve it. A plan of several windows is put together by an orchestration, which is left out."""
        services = self.works.services
        await seal(services, ID)
        approved = {"status": RequestStatus.RESETTING}
        await services.requests.update(ID, lambda r: r if r.status.ended else r.model_copy(update=approved))

    async def _reset(self, number: int) -> None:
        for attempt in range(20):
            answer = await reset_one(self.works.services, ID, number, last=attempt == 19)
            if answer["retry_after"] is None:
                break
            self.works.clock.pass_(seconds=answer["retry_after"] + 1)

    async def _finish(self) -> None:
        services = self.works.services
        await settle_open(services, ID, "stopped", None)
        for _ in range(20):
            if isinstance(await finish(services, ID), RequestStatus):
                return
            for kept in await self._stored():  # what an orchestration has settled in windows
                if not kept.target.settled or not kept.readable:
                    ended = kept.target if kept.target.settled else kept.target.settle(TargetOutcome.FAILED, "stopped")
                    await services.targets.save(ID, kept, ended)
        raise AssertionError("the request never ends")

    async def _stored(self) -> list[StoredTarget]:
        starts = range(0, len(self.asked), 100)
        windows = [await self.works.services.targets.range(ID, start, 100) for start in starts]
        return [kept for window in windows for kept in window if kept.target.number < len(self.asked)]

    async def check(self, targets: list[Target]) -> None:
        """Fail unless the request has ended, its targets say what is so, and nothing is held any more."""
        services = self.works.services
        request = await services.requests.get(ID)
        assert request is not None
        assert request.is_over
        assert len(targets) == len(self.asked)
        for user, target in ((self.ann, targets[0]), (self.bob, targets[1])):
            self._check_outcome(user, target)
            other = Holder("r2", 0)
            assert await services.leases.take(CONTOSO, user.id, other) == other
        totals = await services.targets.totals(ID)
        assert sum(totals.values()) == len(self.asked)
        assert not totals["pending"]
        assert [listed.id for listed in (await services.requests.newest())[0]] == [ID]
        # The sender is not kept out.
        await services.usage_counts.admit(self._ask("r3"), self._terms(), self.works.clock())

    def _check_outcome(self, user: User, target: Target) -> None:
        left = self.works.present(user) - _kept(user)
        assert target.settled
        if target.outcome in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}:
            assert not left
        if target.outcome in {TargetOutcome.REFUSED, TargetOutcome.FAILED, TargetOutcome.CANCELLED}:
            assert left == self._there[user.id] or "not known" in target.detail
        assert not {method.id for method in target.methods if method.gone} & left

    def _ask(self, request_id: str) -> Ask:
        return Ask(request_id, "source:api", {"contoso": len(self.asked)})

    def _terms(self) -> UsageTerms:
        return UsageTerms(10_000, 100, self.works.services.policy.approval.step_up.window)


def _kept(user: User) -> set[str]:
    """Ids of the methods that a request leaves alone."""
    return {method.id for method in user.methods.values() if method.kind.name == "fido2"}


@asynccontextmanager
async def whole_request(around: Around | None = None, *, padding: int = 0) -> AsyncIterator[WholeRequest]:
    """Yield a request that has not begun, with a service and a directory of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with made_works(Path(folder), around) as works:
            works.allow()
            yield WholeRequest(works, Path(folder), padding=padding)


def run[T](attempt: Coroutine[Any, Any, T]) -> T:
    """Return what the attempt comes to; one that takes half a minute is one that never ends."""

    async def bounded() -> T:
        async with asyncio.timeout(30):
            return await attempt

    return asyncio.run(bounded())
