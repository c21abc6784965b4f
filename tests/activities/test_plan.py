"""The plan: who is refused before anything is touched, what is warned of, and reads that fail."""

import asyncio
from typing import Any

import pytest

from activities.begin_request import begin_request
from activities.plan_targets import give_up, plan_window
from domain.methods import STANDARD_SCOPE
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from graph.retry import PAUSES
from localhost.simulator.seeds.people import assignable_group
from reset.planner import Planner
from tests.activities.conftest import CONTOSO, Works, outcomes

APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})


async def create(works: Works, targets: list[Target], *, request_id: str = "r1", **more: Any) -> None:
    """A request of contoso's for these targets, still to be planned."""
    request = ResetRequest(
        id=request_id,
        created_at=works.clock(),
        source="api",
        target_count=len(targets),
        ranges=[("contoso", 0, len(targets))],
        **({"requester": "tech@msp.example", "methods": STANDARD_SCOPE} | more),
    )
    await works.services.requests.create(request, targets)


def targets_of(*asked: str) -> list[Target]:
    return [Target(number=n, customer="contoso", asked=text) for n, text in enumerate(asked)]


async def plan(works: Works, *asked: str, requester: str = "tech@msp.example", request_id: str = "r1") -> list[Target]:
    """The targets after one run of the activity."""
    await create(works, targets_of(*asked), request_id=request_id, requester=requester)
    await plan_window(works.services, request_id, 0, len(asked), last=False)
    return [kept.target for kept in await works.services.targets.range(request_id, 0, 100)]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("nobody@contoso.com", "userNotFound"),
        ("breakglass@contoso.com", "protectedUser"),
        ("BreakGlass@Contoso.com", "protectedUser"),
        ("kim_partner.example#EXT#@contoso.com", "guestUser"),
        ("patti@contoso.com", "disabledUser"),
        ("tech@contoso.com", "userNotFound"),
    ],
)
async def test_guards_refuse_before_anything_is_touched(works: Works, asked: str, reason: str) -> None:
    (target,) = await plan(works, asked)
    assert (target.outcome, target.reason) == (TargetOutcome.REFUSED, reason)
    assert not [c for c in works.world.calls if c.verb in {"DELETE", "PATCH"}]


async def test_account_protected_by_its_object_id(works: Works) -> None:
    adele = works.world.user("contoso", "adele@contoso.com")
    policy = works.services.policy
    contoso = policy.customers["contoso"].model_copy(update={"protected_users": (adele.id.upper(),)})
    works.use_policy(policy.model_copy(update={"customers": policy.customers | {"contoso": contoso}}))
    (target,) = await plan(works, adele.upn)
    assert (target.outcome, target.reason) == (TargetOutcome.REFUSED, "protectedUser")


async def test_own_account_by_name_or_id(works: Works) -> None:
    adele = works.world.user("contoso", "adele@contoso.com")
    by_name, other = await plan(works, adele.id, "alex@contoso.com", requester="Adele@contoso.com")
    assert (by_name.reason, other.planned) == ("ownAccount", True)


async def test_own_account_is_known_by_its_object_id(works: Works) -> None:
    adele = works.world.user("contoso", "adele@contoso.com")
    asked_by_name, asked_by_id, other = await plan(
        works, adele.upn, adele.id, "alex@contoso.com", requester=adele.id.upper()
    )
    assert (asked_by_name.reason, asked_by_id.reason, other.planned) == ("ownAccount", "ownAccount", True)


async def test_properties_of_the_user_become_warnings(works: Works) -> None:
    policy = works.services.policy
    guards = policy.guards.model_copy(update={"guests": "allow", "disabled_users": "allow"})
    works.use_policy(policy.model_copy(update={"guards": guards}))
    plain, guest, disabled, privileged = await plan(
        works, "adele@contoso.com", "kim_partner.example#EXT#@contoso.com", "patti@contoso.com", "grady@contoso.com"
    )
    about = {"guestUser", "disabledUser", "privilegedUser"}
    assert all(target.planned for target in (plain, guest, disabled, privileged))
    assert [set(t.warnings) & about for t in (plain, guest, disabled, privileged)] == [
        set(),
        {"guestUser"},
        {"disabledUser"},
        {"privilegedUser"},
    ]


@pytest.mark.parametrize("name", ["grady", "henrietta", "johanna"])
async def test_roles_and_groups_that_may_get_them_make_privileged(works: Works, name: str) -> None:
    (target,) = await plan(works, f"{name}@contoso.com")
    assert target.planned
    assert target.privileged
    assert target.privileges


async def test_owner_of_very_many_groups_is_still_found_privileged(works: Works) -> None:
    user = works.user(APP)
    tenant = works.world.tenant("contoso")
    plain = works.world.user("contoso", "adele@contoso.com").groups[0]
    user.owned = [plain] * 150 + [assignable_group(tenant)]
    (target,) = await plan(works, user.id)
    assert target.privileged


async def test_privileged_is_refused_where_the_policy_says_so(works: Works) -> None:
    policy = works.services.policy
    guards = policy.guards.model_copy(update={"privileged_users": "refuse"})
    works.use_policy(policy.model_copy(update={"guards": guards}))
    (target,) = await plan(works, "grady@contoso.com")
    assert (target.outcome, target.reason) == (TargetOutcome.REFUSED, "privilegedUser")


@pytest.mark.parametrize(
    ("enforces", "registering", "kept", "forecast"),
    [
        ("nothing", "open", "", "passwordOnly"),
        ("securityDefaults", "open", "", "mustRegister"),
        ("securityDefaults", "blocked", "", "mustRegister"),  # no policy is on together with security defaults
        ("securityDefaults", "open", "fido2", "keepsStrongMethod"),
        ("conditionalAccess", "open", "", "mustRegister"),
        ("conditionalAccess", "mfa", "", "cannotRegister"),
        ("conditionalAccess", "mfa", "email", "cannotRegister"),
        ("conditionalAccess", "mfa", "fido2", "keepsStrongMethod"),
        ("conditionalAccess", "blocked", "", "cannotRegister"),
    ],
)
async def test_what_the_reset_means_for_the_user_is_forecast(
    works: Works, enforces: Any, registering: Any, kept: str, forecast: str
) -> None:
    tenant = works.world.tenant("contoso")
    tenant.enforces, tenant.registering = enforces, registering
    user = works.user(APP, *([(kept, {})] if kept else []))
    (target,) = await plan(works, user.id)
    assert target.forecast == forecast


async def test_what_is_forecast_of_one_user_says_nothing_of_the_others(works: Works) -> None:
    tenant = works.world.tenant("contoso")
    tenant.enforces = "conditionalAccess"
    keeper, loser = works.user(APP, ("fido2", {}), name="keeper"), works.user(APP, name="loser")
    planned = await plan(works, keeper.id, loser.id, "kim_partner.example#EXT#@contoso.com")
    assert [target.forecast for target in planned] == ["keepsStrongMethod", "mustRegister", None]


async def test_a_token_out_of_scope_is_kept_and_counts(works: Works) -> None:
    user = works.user(APP, ("hardwareOath", {}))
    await create(works, targets_of(user.id), methods=["microsoftAuthenticator"])
    await plan_window(works.services, "r1", 0, 1, last=False)
    target = await works.target()
    assert [method.type.value for method in target.kept] == ["hardwareOath"]
    assert target.forecast == "keepsStrongMethod"


async def test_what_is_left_of_tokens_that_cannot_be_read_is_unknown(works: Works) -> None:
    works.world.faults.add(path="*/hardwareOathMethods*", status=403, code="accessDenied")
    (target,) = await plan(works, works.user(APP).id)
    assert target.forecast == "unknown"


async def test_throttled_reads_leave_the_targets_for_later(works: Works) -> None:
    works.world.faults.add(path="*/authentication/methods", status=429, retry_after=7)
    (target,) = await plan(works, "adele@contoso.com")
    assert not target.planned
    assert not target.settled
    answer = await plan_window(works.services, "r1", 0, 1, last=False)
    assert (answer["retry_after"], answer["fault"]) == (7.0, "throttled")
    works.world.faults.clear()
    assert (await plan_window(works.services, "r1", 0, 1, last=False))["retry_after"] is None


async def test_one_users_fault_leaves_the_others_planned(works: Works) -> None:
    works.world.faults.add(user="alex@contoso.com", path="*/authentication/methods", status=503)
    adele, alex = await plan(works, "adele@contoso.com", "alex@contoso.com")
    assert (adele.planned, alex.planned) == (True, False)
    await plan_window(works.services, "r1", 0, 2, last=True)
    kept = await works.services.targets.get("r1", 1)
    assert kept is not None
    assert (kept.target.outcome, kept.target.reason) == (TargetOutcome.FAILED, "methodsUnreadable")


@pytest.mark.parametrize(
    ("status", "reason"), [(400, "methodsUnreadable"), (404, "userNotFound"), (423, "methodsUnreadable")]
)
async def test_a_refusal_at_one_users_methods_is_that_users(works: Works, status: int, reason: str) -> None:
    works.world.faults.add_known("methodsLocked", user="alex@contoso.com", status=status)
    adele, alex = await plan(works, "adele@contoso.com", "alex@contoso.com")
    assert adele.planned
    assert (alex.outcome, alex.reason) == (TargetOutcome.FAILED, reason)


async def test_a_user_at_whom_graph_fails_alone_is_a_customer_that_does_not_answer(works: Works) -> None:
    works.world.faults.add(user="alex@contoso.com", path="*/authentication/methods", status=503)
    await plan(works, "alex@contoso.com")
    await plan_window(works.services, "r1", 0, 1, last=True)
    kept = await works.services.targets.get("r1", 0)
    assert kept is not None
    assert kept.target.reason == "customerUnreachable"


@pytest.mark.parametrize("malformed", ["html", "absent"])
async def test_an_unreadable_answer_about_one_user_harms_no_other(works: Works, malformed: str) -> None:
    """Raw HTML makes the whole batch's answer unreadable; a part that is left out is asked for again, alone.

    The others are not kept waiting for the one user of whom nothing can be read.
    """
    works.world.faults.add(user="alex@contoso.com", path="*/authentication/methods", malformed=malformed)
    await create(works, targets_of("adele@contoso.com", "alex@contoso.com"))
    answer = await plan_window(works.services, "r1", 0, 2, last=False)
    adele, alex = (kept.target for kept in await works.services.targets.range("r1", 0, 2))
    assert (answer["retry_after"], answer["fault"]) == (None, "")
    assert (adele.planned, alex.reason) == (True, "" if malformed == "absent" else "methodsUnreadable")
    assert alex.planned == (malformed == "absent")


async def test_an_unreadable_answer_that_passes_costs_the_user_nothing(works: Works) -> None:
    works.world.faults.add(user="alex@contoso.com", path="*/authentication/methods", malformed="html", count=3)
    adele, alex = await plan(works, "adele@contoso.com", "alex@contoso.com")
    assert (adele.planned, alex.planned) == (True, True)


async def test_unreadable_answers_about_all_users_are_waited_for(works: Works) -> None:
    works.world.faults.add(path="*/authentication/methods", malformed="html")
    await create(works, targets_of("adele@contoso.com", "alex@contoso.com"))
    assert (await plan_window(works.services, "r1", 0, 2, last=False))["fault"] == "unavailable"
    assert not any(kept.target.settled for kept in await works.services.targets.range("r1", 0, 2))


@pytest.mark.parametrize("case", ["role cast", "B2C"])
async def test_who_is_privileged_is_found_without_the_filtered_lists(works: Works, case: str) -> None:
    if case == "B2C":
        works.world.tenant("contoso").advanced_queries = False
    else:
        works.world.faults.add_known("roleCastFails", in_group=None)
    adele, grady = await plan(works, "adele@contoso.com", "grady@contoso.com")
    assert (adele.planned, adele.privileges) == (True, [])
    assert grady.planned
    assert grady.privileges


async def test_given_up_settles_only_what_is_not_planned(works: Works) -> None:
    await plan(works, "adele@contoso.com", "alex@contoso.com")
    works.world.faults.add(status=503)
    await give_up(works.services, "r1", 0, 2, "internalError")
    assert (await works.services.targets.totals("r1"))["failed"] == 0


async def test_lease_ends_with_the_request(works: Works) -> None:
    await plan(works, "adele@contoso.com")
    user = works.world.user("contoso", "adele@contoso.com")
    holder = await works.services.leases.holder(CONTOSO, user.id)
    assert holder is not None
    assert holder.request_id == "r1"
    await works.services.requests.update("r1", lambda r: r.model_copy(update={"status": RequestStatus.CANCELLED}))
    assert await works.services.leases.holder(CONTOSO, user.id) is None


async def test_planning_reports_throttling_pressure(works: Works) -> None:
    """So that the windows beside it are narrowed before anything is refused."""
    adele = works.world.user("contoso", "adele@contoso.com")
    await create(works, targets_of(adele.upn, "alex@contoso.com"), methods=["phone"])
    at_ease = await plan_window(works.services, "r1", 0, 1, last=False)
    assert at_ease == {"retry_after": None, "fault": "", "pressure": 0.0, "progressed": True}
    works.world.throttle.limit(rate=0.001, burst=1, tenant="contoso", path="*/authentication/methods")
    warned = await plan_window(works.services, "r1", 1, 1, last=False)
    assert warned == {"retry_after": None, "fault": "", "pressure": 1.0, "progressed": True}


async def test_same_user_twice_in_a_dry_run_is_found_however_far_apart(works: Works) -> None:
    adele = works.world.user("contoso", "adele@contoso.com")
    others = [user.upn for user in works.world.tenant("contoso").users.values() if user is not adele][:25]
    asked = [adele.upn, *others, adele.id]
    await create(works, targets_of(*asked), methods=["phone"], dry_run=True)
    for start in (20, 0):  # planned in windows of their own
        await plan_window(works.services, "r1", start, 20, last=False)
    first, last = [(await works.services.targets.get("r1", n)) for n in (0, len(asked) - 1)]
    assert first is not None
    assert last is not None
    assert {first.target.reason, last.target.reason} == {"", "duplicateUser"}
    assert await works.services.leases.holder(CONTOSO, adele.id) is None


async def _retried(works: Works, asked: str) -> Target:
    """The plan of a retry of request r1, whose only target this user is."""
    await works.services.requests.update(
        "r1", lambda r: r.model_copy(update={"status": RequestStatus.PARTIALLY_COMPLETED})
    )
    await create(works, [Target(number=0, customer="contoso", asked=asked, earlier=0)], request_id="r2", retry_of="r1")
    await plan_window(works.services, "r2", 0, 1, last=False)
    return await works.target("r2")


async def test_retry_leaves_a_token_that_was_only_assigned_at_the_first_plan_and_is_in_use_since(works: Works) -> None:
    user = works.user(("hardwareOath", {}), APP)
    (token,) = [m for m in user.methods.values() if m.kind.name == "hardwareOath"]
    token.properties["device"]["status"] = "assigned"
    await works.planned(user)
    token.properties["device"]["status"] = "activated"
    target = await _retried(works, user.id)
    assert outcomes(target)[token.id] == "keptNewer"
    assert {m.type.value for m in target.methods if m.outcome.value == "pending"} == {"microsoftAuthenticator"}


@pytest.mark.parametrize(("since", "outcome"), [(False, "pending"), (True, "keptNewer")])
async def test_retry_does_what_the_first_plan_could_not_read_and_leaves_what_came_since(
    works: Works, since: bool, outcome: str
) -> None:
    user = works.user(*([] if since else [("hardwareOath", {})]), APP)
    works.world.faults.add(path="*/hardwareOathMethods*", status=403, code="accessDenied")
    await works.planned(user)
    works.world.faults.clear()
    works.clock.pass_(hours=1)
    if since:
        works.world.register("contoso", user.upn, "hardwareOath")
    (token,) = [m for m in user.methods.values() if m.kind.name == "hardwareOath"]
    assert outcomes(await _retried(works, user.id))[token.id] == outcome


def asked_methods(works: Works, user_id: str) -> int:
    return sum(call.user == user_id and call.path.endswith("/authentication/methods") for call in works.world.calls)


async def test_a_user_whose_reads_went_on_failing_is_planned_again_in_the_same_run(works: Works) -> None:
    adele, alex = (works.world.user("contoso", name) for name in ("adele@contoso.com", "alex@contoso.com"))
    # As often as one read is made; then it works.
    works.world.faults.add(user=adele.id, path="*/authentication/methods", status=503, count=1 + len(PAUSES))
    first, second = await plan(works, adele.upn, alex.upn)
    assert first.planned
    assert second.planned
    assert asked_methods(works, adele.id) == 2 + len(PAUSES)
    assert asked_methods(works, alex.id) == 1  # who was read is not read again
    # Nor is a user looked up again who was found: once for the plan, and once for who asks.
    assert sum(call.path == "/v1.0/users" and call.tenant == CONTOSO for call in works.world.calls) == 2


async def test_a_requester_who_cannot_be_looked_up_is_looked_up_once_more_in_the_same_run(works: Works) -> None:
    failing = works.world.faults.add(path="/v1.0/users", status=503, count=1 + len(PAUSES))
    (target,) = await plan(works, works.world.user("contoso", "adele@contoso.com").id)
    assert failing.hits == 1 + len(PAUSES)
    assert target.planned


async def test_a_user_whose_reads_fail_to_the_end_is_left_to_a_timer_while_the_others_are_planned(works: Works) -> None:
    adele, alex = (works.world.user("contoso", name) for name in ("adele@contoso.com", "alex@contoso.com"))
    works.world.faults.add(user=adele.id, path="*/authentication/methods", status=503)
    await create(works, targets_of(adele.upn, alex.upn))
    answer = await plan_window(works.services, "r1", 0, 2, last=False)
    assert answer["retry_after"] is not None
    assert answer["fault"] == "unavailable"
    first, second = [kept.target for kept in await works.services.targets.range("r1", 0, 2)]
    assert not first.planned
    assert second.planned
    # Once, and as often as there are attempts, and each of these reads is made as often.
    assert asked_methods(works, adele.id) <= (1 + len(PAUSES)) ** 2
    assert asked_methods(works, alex.id) == 1


async def test_where_no_user_can_be_read_none_is_read_again_in_the_same_run(works: Works) -> None:
    works.world.faults.add(path="*/authentication/methods", status=503)
    adele, alex = (works.world.user("contoso", name) for name in ("adele@contoso.com", "alex@contoso.com"))
    await create(works, targets_of(adele.upn, alex.upn))
    await plan_window(works.services, "r1", 0, 2, last=False)
    assert asked_methods(works, adele.id) == asked_methods(works, alex.id) == 1 + len(PAUSES)


async def test_a_window_that_throttling_let_nothing_of_through_begins_with_one_group_and_doubles(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create(works, targets_of(*(f"user{n}@contoso.com" for n in range(80))))
    running, most = 0, []

    async def group(_: Planner, targets: list[Target]) -> list[Target]:
        nonlocal running
        running += 1
        most.append(running)
        await asyncio.sleep(0)
        running -= 1
        return targets

    monkeypatch.setattr(Planner, "_group", group)
    await plan_window(works.services, "r1", 0, 80, last=False, slow=1)
    assert most == [1, 1, 2, 1, 2, 3, 4, 1]  # 1, then 2, then 4 of the 8 groups of ten, then the last


@pytest.mark.parametrize(("users", "at_once"), [(25, 24), (26, 16)])
async def test_more_small_windows_than_large_ones_are_planned_at_once(
    works: Works, monkeypatch: pytest.MonkeyPatch, users: int, at_once: int
) -> None:
    monkeypatch.setattr("activities.begin_request.current_services", lambda: works.services)
    await create(works, targets_of(*(f"u{n}@contoso.com" for n in range(users))))
    assert (await begin_request({"id": "r1"}))["planning"] == at_once
