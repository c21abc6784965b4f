"""Faults of Graph, each ending with every target's true outcome. Time is given, never slept."""

from collections import Counter
from pathlib import Path
from typing import Any, Literal

import pytest
from durabletask.task import OrchestrationContext

from contracts.workflow import TargetRun
from localhost.clock import VirtualClock
from localhost.simulator import World
from orchestrators import reset_customer
from orchestrators.fan_out import FanOut
from records.concurrency_permits import ConcurrencyPermits
from records.errors import StoreUnavailableError
from tests.scenarios.test_hundreds_of_targets import policy
from tests.system import ROOT, System, system

CONTOSO = "11111111-1111-1111-1111-111111111111"
FABRIKAM = "22222222-2222-2222-2222-222222222222"
USERS = ["adele@contoso.com", "alex@contoso.com", "megan@contoso.com", "diego@contoso.com"]
OTHERS = ["adele@fabrikam.com", "alex@fabrikam.com"]


def two_approvers(tmp_path: Path) -> Path:
    """The demo's policy with a second approver at Contoso; one of them decides."""
    text = (ROOT / "localhost/policy.demo.toml").read_text(encoding="utf-8")
    path = tmp_path / "policy.toml"
    path.write_text(text.replace('["owner@contoso.com"]', '["owner@contoso.com", "cfo@contoso.com"]'), encoding="utf-8")
    return path


async def run(it: System, request_id: str, *, minutes: int = 30) -> dict[str, Any]:
    """The request once it has ended, with time given minute by minute."""
    await it.approve(request_id)
    for _ in range(minutes * 6):
        shown = await it.shown(request_id)
        if shown["endedAt"]:
            return shown
        await it.advance(seconds=10)
    raise AssertionError(f"still {shown['status']} after {minutes} minutes")


async def check_truth(it: System, request_id: str) -> list[dict[str, Any]]:
    """Nothing that is still there is reported as gone, nothing is open, and only what the plan lists was touched."""
    targets = await it.targets(request_id)
    for target in targets:
        assert target["outcome"] != "pending"
        if not target["userId"]:
            assert not target["methods"]
            continue
        left = {m.id for m in it.world.user(target["tenantId"], target["userId"]).methods.values() if m.usable}
        gone = {m["id"] for m in target["methods"] if m["outcome"] in {"deleted", "deactivated", "alreadyGone"}}
        assert not left & gone, target
        if target["outcome"] in {"reset", "alreadyClear"}:
            kept = {m["id"] for m in target["methods"] if m["outcome"] == "keptNewer"}
            assert not left & {m["id"] for m in target["methods"]} - kept
    return targets


async def test_5xx_for_a_minute(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        rule = it.world.faults.add(status=503, code="ServiceUnavailable")
        await it.approve(request["id"])
        await it.advance(seconds=60)
        assert rule.hits > 0
        it.world.faults.clear()
        assert (await run(it, request["id"]))["status"] == "completed"
        await check_truth(it, request["id"])


async def test_5xx_for_good_at_one_customer_is_reported_and_the_others_go_on(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        it.world.faults.add(status=500, tenant="contoso", path="*/users/*")
        shown = await run(it, request["id"], minutes=90)
        assert shown["status"] == "partiallyCompleted"
        targets = await check_truth(it, request["id"])
        assert {(t["customer"], t["outcome"], t["reason"]) for t in targets} == {
            ("contoso", "failed", "customerUnreachable"),
            ("fabrikam", "reset", ""),
        }
        assert all(m["outcome"] == "failed" for t in targets if t["customer"] == "contoso" for m in t["methods"])


@pytest.mark.engine_only("it is about what Graph did; the storage makes no difference")
async def test_5xx_for_good_at_one_user_is_that_users_and_not_the_customers(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        it.world.faults.add(status=503, user=USERS[0], path="*/authentication/*")
        shown = await run(it, request["id"], minutes=90)
        assert shown["status"] == "partiallyCompleted"
        assert {(t["userPrincipalName"], t["outcome"], t["reason"]) for t in await check_truth(it, request["id"])} == {
            (USERS[0], "failed", "methodsUnreadable"),
            *((user, "reset", "") for user in USERS[1:]),
        }


@pytest.mark.engine_only("it is about what Graph did; the storage makes no difference")
@pytest.mark.parametrize("drop", ["before", "after"])
async def test_connection_cut_in_the_middle_of_a_delete(tmp_path: Path, drop: Literal["before", "after"]) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        it.world.faults.add(method="DELETE", drop=drop, count=3)
        assert (await run(it, request["id"]))["status"] == "completed"
        targets = await check_truth(it, request["id"])
        assert {m["outcome"] for t in targets for m in t["methods"]} == {"deleted"}


async def test_token_endpoint_down_for_one_customer(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.faults.add(tenant="contoso", path="*/oauth2/v2.0/token", status=503)
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        for _ in range(90):
            if (await it.shown(request["id"]))["status"] != "planning":
                break
            await it.advance(seconds=10)
        shown = await run(it, request["id"])
        assert shown["status"] == "partiallyCompleted"
        assert {(t["customer"], t["outcome"], t["reason"]) for t in await it.targets(request["id"])} == {
            ("contoso", "failed", "customerUnreachable"),
            ("fabrikam", "reset", ""),
        }


@pytest.mark.azure_storage
async def test_consent_missing_at_one_customer_fails_it_fast(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.tenant("contoso").consented = False
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        assert (await run(it, request["id"]))["status"] == "partiallyCompleted"
        assert {(t["customer"], t["outcome"], t["reason"]) for t in await it.targets(request["id"])} == {
            ("contoso", "failed", "consentMissing"),
            ("fabrikam", "reset", ""),
        }
        asked = [c for c in it.world.calls if c.tenant == CONTOSO and "token" in c.path]
        assert len(asked) == 1  # one refusal speaks for all of its users


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (7000215, "credentialInvalid"),
        (7000222, "credentialInvalid"),
        (50020, "credentialInvalid"),
        (53003, "conditionalAccess"),
        (90002, "unknownTenant"),
        (65001, "consentMissing"),
        (700016, "consentMissing"),
        (7000112, "consentMissing"),
    ],
)
@pytest.mark.engine_only("it is about Graph and the records; the storage makes no difference")
async def test_each_refusal_of_a_token_has_the_reason_of_who_has_to_act(
    tmp_path: Path, number: int, reason: str
) -> None:
    async with system(tmp_path) as it:
        it.world.faults.add(aadsts=number, tenant="contoso")
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        assert (await run(it, request["id"]))["status"] == "partiallyCompleted"
        targets = await it.targets(request["id"])
        assert {(t["customer"], t["outcome"], t["reason"]) for t in targets} == {
            ("contoso", "failed", reason),
            ("fabrikam", "reset", ""),
        }
        assert all(f"AADSTS{number}" in t["detail"] for t in targets if t["customer"] == "contoso")
        asked = [c for c in it.world.calls if c.tenant == CONTOSO and "token" in c.path]
        assert len(asked) == 1


@pytest.mark.parametrize("number", [7000222, 53003])
@pytest.mark.engine_only("it is about Graph and the records; the storage makes no difference")
async def test_a_credential_that_expires_after_the_plan_ends_the_customer_with_its_reason(
    tmp_path: Path, number: int
) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        it.world.faults.add(aadsts=number, tenant="contoso")
        it.world.tokens.clear()
        await run(it, request["id"])
        reasons = {t["reason"] for t in await it.targets(request["id"])}
        assert reasons == {"credentialInvalid" if number == 7000222 else "conditionalAccess"}


async def test_signing_keys_that_have_changed_are_waited_for(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        rule = it.world.faults.add_known("signingKeyInvalid", tenant="contoso", count=None)
        await it.approve(request["id"])
        await it.advance(seconds=60)
        assert rule.hits > 0
        assert (await it.shown(request["id"]))["status"] == "resetting"
        it.world.faults.clear()
        assert (await run(it, request["id"]))["status"] == "completed"
        await check_truth(it, request["id"])


async def test_tokens_that_are_rejected_for_good_end_that_customer_alone(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.faults.add_known("signingKeyInvalid", tenant="contoso", count=None)
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        for _ in range(90):
            if (await it.shown(request["id"]))["status"] != "planning":
                break
            await it.advance(seconds=10)
        await run(it, request["id"])
        assert {(t["customer"], t["outcome"], t["reason"]) for t in await it.targets(request["id"])} == {
            ("contoso", "failed", "tokenRejected"),
            ("fabrikam", "reset", ""),
        }


@pytest.mark.parametrize(
    ("status", "reason"), [(400, "methodsUnreadable"), (404, "userNotFound"), (423, "methodsUnreadable")]
)
@pytest.mark.engine_only("it is about Graph and the records; the storage makes no difference")
async def test_methods_that_are_refused_at_the_reset_are_that_users_failure(
    tmp_path: Path, status: int, reason: str
) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        it.world.faults.add_known("methodsLocked", user=USERS[0], status=status)
        await run(it, request["id"])
        targets = await check_truth(it, request["id"])
        assert [(t["outcome"], t["reason"]) for t in targets] == [("failed", reason), *[("reset", "")] * 3]


@pytest.mark.azure_storage
async def test_consent_withdrawn_after_the_plan_breaks_one_customer_only(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        it.world.tenant("contoso").consented = False
        it.world.tokens.clear()
        await run(it, request["id"])
        targets = await check_truth(it, request["id"])
        assert {(t["customer"], t["outcome"], t["reason"]) for t in targets} == {
            ("contoso", "failed", "consentMissing"),
            ("fabrikam", "reset", ""),
        }


async def test_retry_after_of_90_seconds_is_waited_for_with_a_timer(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        it.world.faults.add(method="DELETE", status=429, code="TooManyRequests", retry_after=90, count=1)
        await it.approve(request["id"])
        deletes = len(it.world.calls.matching(tenant=CONTOSO, verb="DELETE"))
        await it.advance(seconds=89)
        assert len(it.world.calls.matching(tenant=CONTOSO, verb="DELETE")) == deletes
        assert (await it.shown(request["id"]))["status"] == "resetting"
        await it.advance(seconds=6)  # the jitter spreads those that come back
        assert (await it.shown(request["id"]))["status"] == "completed"
        await check_truth(it, request["id"])


async def test_removal_that_is_visible_only_after_the_second_re_read(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        it.world.faults.add(method="DELETE", visible_after_reads=2)
        assert (await run(it, request["id"]))["status"] == "completed"
        await check_truth(it, request["id"])


async def test_throttled_customer_narrows_and_ends_well(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.throttle.limit(rate=2, burst=10, tenant="contoso", path="*/users/*")
        users = [u.upn for u in it.world.tenant("contoso").users.values() if u.enabled and "#" not in u.upn]
        request = await it.ask(contoso=users[:20])
        for _ in range(120):
            if (await it.shown(request["id"]))["status"] != "planning":
                break
            await it.advance(seconds=5)
        await run(it, request["id"], minutes=60)
        targets = await check_truth(it, request["id"])
        assert {t["outcome"] for t in targets} <= {"reset", "alreadyClear", "refused"}, targets
        assert any(count and status == 429 for (_, _, status), count in it.world.calls.counts.items())


# What goes wrong with a call in the storm, each as often as the others.
_STORM: list[dict[str, Any]] = [
    {"status": 503},
    {"status": 500, "applied": True},
    {"status": 429, "retry_after": 3},
    {"drop": "before"},
    {"drop": "after"},
]


@pytest.mark.engine_only("most seeds wait for minutes, on a clock that is set")
@pytest.mark.parametrize("seed", range(1, 7))
async def test_every_call_failing_with_probability_one_fifth(tmp_path: Path, seed: int) -> None:
    """Tokens, reads, removals, mails and whole batches, from the first look-up to the last mail."""
    async with system(tmp_path) as it:
        before = {
            (tenant.id, user.id): dict(user.methods)
            for tenant in it.world.tenants.values()
            for user in tenant.users.values()
        }
        it.world.faults.reseed(seed)
        for fault in _STORM:
            it.world.faults.add(probability=1 - 0.8 ** (1 / len(_STORM)), **fault)
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        for _ in range(180):
            approvers = {each["approver"] for each in (await it.shown(request["id"]))["approval"]["approvers"]}
            if approvers and approvers == it.links(request["id"]).keys():
                break
            await it.advance(seconds=20)
        shown = await run(it, request["id"], minutes=120)
        targets = await check_truth(it, request["id"])
        assert shown["status"] in {"completed", "partiallyCompleted"}
        assert {o: n for o, n in shown["totals"].items() if n and o != "targets"} == Counter(
            t["outcome"] for t in targets
        )
        failed = sum(n for (_, _, status), n in it.world.calls.counts.items() if status in {0, 429, 500, 503, 504})
        assert failed > 0.1 * it.world.calls.counts.total()
        check_each_method(it, targets, before)


def check_each_method(it: System, targets: list[dict[str, Any]], before: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Compare what is reported of each method with what the directory really holds; other users are untouched."""
    reported = {(target["tenantId"], target["userId"]): target for target in targets}
    for (tenant_id, user_id), methods in before.items():
        user = it.world.user(tenant_id, user_id)
        left = {m.id for m in user.methods.values() if m.usable}
        target = reported.get((tenant_id, user_id))
        outcomes = {m["id"]: m["outcome"] for m in target["methods"]} if target else {}
        for method in methods.values():
            gone = method.id not in left
            match outcomes.get(method.id):
                case "deleted" | "deactivated" | "alreadyGone":
                    assert gone, (user.upn, method)
                case "unverified":  # it could not be verified any more, and that is reported
                    assert target is not None
                    assert target["outcome"] == "partiallyReset"
                case _:
                    assert not gone, (user.upn, method)
        if target and target["sessionsRevoked"]:
            assert user.sessions_revoked_at is not None


async def test_users_for_whom_graph_fails_are_reported_and_the_rest_of_the_customer_is_reset(tmp_path: Path) -> None:
    """Three of them used up their tries one after another: that is not yet a customer who is away."""
    clock = VirtualClock()
    async with system(tmp_path, world=World.demo(150, clock=clock.now), policy=policy(tmp_path), clock=clock) as it:
        users = list(it.world.tenant("contoso").users.values())[17:127]  # none of the named ones
        bad = [u for u in users[:90] if any(m.kind.name == "microsoftAuthenticator" for m in u.methods.values())][:3]
        for user in bad:
            it.world.faults.add(user=user.id, method="DELETE", status=500)
        request = await it.ask(contoso=[user.upn for user in users])
        shown = await run(it, request["id"])
        targets = await check_truth(it, request["id"])
        failed = {t["userId"] for t in targets if t["outcome"] not in {"reset", "alreadyClear", "refused"}}
        assert failed == {user.id for user in bad}
        assert shown["status"] == "partiallyCompleted"


async def test_a_throttled_mail_to_one_approver_holds_up_neither_a_decision_nor_a_cancel_nor_the_end(
    tmp_path: Path,
) -> None:
    async with system(tmp_path, policy=two_approvers(tmp_path)) as it:
        requests = []
        for user in USERS[:3]:  # of each, the first approver is mailed
            it.world.faults.clear()
            it.world.faults.add(path="*/sendMail", status=429, retry_after=3000, skip=1)
            requests.append(await it.ask(contoso=[user]))
        approved, cancelled, expired = requests
        ((_, link),) = it.links(approved["id"]).items()
        assert (await it.decide(link, "approve")).status_code == 200
        await it.advance(minutes=1)
        assert (await it.shown(approved["id"]))["status"] == "completed"
        await it.call("POST", f"/api/reset-requests/{cancelled['id']}/cancel", 202)
        await it.advance(minutes=1)
        assert (await it.shown(cancelled["id"]))["status"] == "cancelled"
        await it.advance(hours=24)
        assert (await it.shown(expired["id"]))["status"] == "expired"


@pytest.mark.parametrize("call", ["acquire", "release"])
async def test_records_that_are_away_for_minutes_at_a_windows_begin_or_end_cost_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailableError("away")

    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        monkeypatch.setattr(ConcurrencyPermits, call, away)
        await it.approve(request["id"])
        await it.advance(minutes=6)
        assert (await it.shown(request["id"]))["status"] == "resetting"
        monkeypatch.undo()
        await it.advance(minutes=6)
        assert (await it.shown(request["id"]))["status"] == "completed"
        await check_truth(it, request["id"])


async def test_customers_part_that_breaks_is_begun_again_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = Counter[str]()

    def breaks(ctx: OrchestrationContext, *more: Any, **named: Any) -> FanOut[TargetRun]:
        part = ":".join(ctx.instance_id.split(":")[2:])  # after the request's id and the run's
        began[part] += 1
        if part in {"0", "0:again-1"}:  # contoso, whose first target is number 0
            raise RuntimeError("a mistake of ours")
        return FanOut(ctx, *more, **named)

    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        monkeypatch.setattr(reset_customer, "FanOut", breaks)
        await it.approve(request["id"])
        await it.advance(minutes=1)
        assert (await it.shown(request["id"]))["status"] == "completed"
        assert set(began) == {"0", "0:again-1", "0:again-2", str(len(USERS))}
        await check_truth(it, request["id"])


async def test_token_endpoint_that_is_down_for_a_minute_costs_time_only(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        rule = it.world.faults.add(tenant="contoso", path="*token*", status=503)
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        await it.advance(seconds=60)
        assert rule.hits > 0
        assert (await it.shown(request["id"]))["status"] == "planning"
        it.world.faults.clear()
        await it.advance(minutes=2)
        assert (await run(it, request["id"]))["status"] == "completed"
        await check_truth(it, request["id"])
