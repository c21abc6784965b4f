"""Containment: blocked and signed out first, everything removed once approved, unblocked by a person or by evidence."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import durable
from activities import release_targets
from domain.ingress.signatures import sign_standard
from localhost.simulator.model.entities import User
from records.targets import Targets as TargetRecords
from tests.receiver import policy_with
from tests.scenarios.test_verification import POLICY as VERIFICATION
from tests.scenarios.test_verification import SECRET, call_back, prove
from tests.system import HELPDESK_SECRET, HOME, System, system
from tests.triggers.principals import CONTOSO, principal

ADELE, ALEX, GRADY, PATTI, NESTOR, LEE = (
    f"{name}@contoso.com" for name in ("adele", "alex", "grady", "patti", "nestor", "lee")
)
REASON = "it is about what is asked of Graph; the storage makes no difference"
MORE = {"profile": "compromised", "reason": "Sign-in from two countries", "ticket": "SOC-7"}
PROFILE = """
[profiles.compromised]
containFirst = true
"""


def containing(tmp_path: Path, more: str = "", **how: Any) -> Any:
    return system(tmp_path, policy=policy_with(tmp_path, PROFILE + more), **how)


def user(it: System, name: str) -> User:
    domain = name.partition("@")[2]
    (found,) = [u for t in it.world.tenants.values() for u in t.users.values() if u.upn == name and domain in u.upn]
    return found


def actions(target: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        name: (action["outcome"], action["reason"])
        for name, action in target["containment"].items()
        if isinstance(action, dict)
    }


async def release(it: System, request_id: str, status: int = 202, what: str = "unblock", **body: Any) -> Any:
    given = {"operator": "second@msp.example"} | body
    answer = await it.call("POST", f"/api/reset-requests/{request_id}/{what}", status, json=given)
    await it.host.idle()
    return answer


async def by_name(it: System, request_id: str) -> dict[str, dict[str, Any]]:
    return {target["userPrincipalName"]: target for target in await it.targets(request_id)}


@pytest.mark.azure_storage
async def test_users_are_blocked_before_anybody_approves_and_everything_goes_afterwards(tmp_path: Path) -> None:
    async with containing(tmp_path, "confirmRisk = true\n") as it:
        request = await it.ask(contoso=[ADELE, LEE, NESTOR], fabrikam=["alex@fabrikam.com"], more=MORE)
        shown = await it.shown(request["id"])
        assert shown["status"] == "awaitingApproval"
        assert shown["containment"] == {
            "profile": "compromised",
            "containFirst": True,
            "confirmRisk": True,
            "unblock": "approver",
            "onDenied": "unblock",
        }
        for name in (ADELE, LEE, NESTOR, "alex@fabrikam.com"):
            assert not user(it, name).enabled
            assert user(it, name).sessions_revoked_at is not None
            assert len(user(it, name).methods) > 1, "nothing is removed before the approval"
        for target in await it.targets(request["id"]):
            assert actions(target) == {"blocked": ("done", ""), "sessionsRevoked": ("done", "")}
            assert "disabledUser" not in target["warnings"]
        await it.approve(request["id"])
        assert (await it.shown(request["id"]))["status"] == "completed"
        for target in await it.targets(request["id"]):
            assert target["outcome"] == "reset"
            assert actions(target)["riskConfirmed"] == ("done", "")
        for name in (ADELE, LEE, NESTOR):
            assert [m.kind.name for m in user(it, name).methods.values()] == ["password"], (
                "a password cannot be deleted"
            )
            assert user(it, name).risk == "high"
            assert not user(it, name).enabled, "they stay blocked until somebody releases them"
        events = [event["event"] for event in await it.audit(request["id"])]
        assert events.index("contained") < events.index("planned") < events.index("resetting")

        asked = await release(it, request["id"])
        assert asked == {"asked": 4, "left": []}
        targets = await it.targets(request["id"])
        assert all(user(it, name).enabled for name in (ADELE, LEE, NESTOR))
        assert {t["containment"]["unblocked"]["by"] for t in targets} == {"second@msp.example"}
        assert {actions(t)["unblocked"] for t in targets} == {("done", "")}
        assert user(it, ADELE).risk == "high", "the risk has an undo of its own"
        assert (await release(it, request["id"], what="dismiss-risk", targets=[0]))["asked"] == 1
        assert (user(it, ADELE).risk, user(it, LEE).risk) == ("none", "high")
        assert [event["event"] for event in await it.audit(request["id"])].count("released") == 3


@pytest.mark.engine_only(REASON)
async def test_the_profile_is_off_unless_the_policy_offers_it_and_decides_the_methods(tmp_path: Path) -> None:
    body = {"targets": [{"customer": "contoso", "users": [ADELE]}], "requester": "tech@msp.example"} | MORE
    async with system(tmp_path) as it:
        problem = await it.call("POST", "/api/reset-requests", 400, json=body)
        assert [error["pointer"] for error in problem["errors"]] == ["/profile"]
        assert user(it, ADELE).enabled
    only = 'customers = ["fabrikam"]\nsources = ["console"]\n'
    async with containing(tmp_path, only) as it:
        wrong = body | {"methods": ["phone"], "revokeSessions": False}
        problem = await it.call("POST", "/api/reset-requests", 400, json=wrong)
        assert [error["pointer"] for error in problem["errors"]] == ["/profile", "/methods", "/revokeSessions"]
        elsewhere = body | {"targets": [{"customer": "fabrikam", "users": ["alex@fabrikam.com"]}]}
        problem = await it.call("POST", "/api/reset-requests", 400, json=elsewhere)
        assert "may not be named by requests of 'api'" in problem["errors"][0]["detail"]


@pytest.mark.engine_only(REASON)
async def test_a_dry_run_and_a_request_without_contain_first_block_nobody_before_the_approval(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, "[profiles.compromised]\n")) as it:
        dry = await it.ask(contoso=[ADELE], more=MORE | {"dryRun": True})
        assert (await it.shown(dry["id"]))["status"] == "planned"
        request = await it.ask(contoso=[ADELE], more=MORE)
        assert user(it, ADELE).enabled
        await it.approve(request["id"])
        assert not user(it, ADELE).enabled
        (target,) = await it.targets(request["id"])
        assert actions(target) == {"blocked": ("done", ""), "sessionsRevoked": ("done", "")}, "no risk is confirmed"


@pytest.mark.engine_only(REASON)
async def test_a_user_of_whom_eligibility_fails_for_good_waits_for_the_step_up_and_is_contained_then(
    tmp_path: Path,
) -> None:
    async with containing(tmp_path) as it:
        it.world.faults.add(method="GET", path="*ligibilityScheduleInstances", status=500)
        request = await it.ask(contoso=[ADELE], more=MORE)
        await it.advance(minutes=30)
        (target,) = await it.targets(request["id"])
        assert actions(target)["blocked"] == ("awaitingApproval", "privilegesUnknown")
        assert (await it.shown(request["id"]))["approval"]["quorum"] == 2
        it.world.faults.clear()
        await it.approve(request["id"])
        assert not user(it, ADELE).enabled


@pytest.mark.engine_only(REASON)
async def test_protected_users_and_guests_are_never_blocked_and_privileged_ones_wait_for_the_step_up(
    tmp_path: Path,
) -> None:
    guest, breakglass = "kim_partner.example#EXT#@contoso.com", "breakglass@contoso.com"
    async with containing(tmp_path) as it:
        request = await it.ask(contoso=[breakglass, guest, GRADY, "nobody@contoso.com"], more=MORE)
        assert all(user(it, name).enabled for name in (breakglass, guest, GRADY))
        found = await by_name(it, request["id"])
        assert actions(found[breakglass])["blocked"] == ("refused", "protectedUser")
        assert actions(found[guest])["blocked"] == ("refused", "guestUser")
        assert actions(found[GRADY])["blocked"] == ("awaitingApproval", "privilegedUser")
        assert actions(found["nobody@contoso.com"])["blocked"] == ("refused", "userNotFound")
        assert (await it.shown(request["id"]))["approval"]["quorum"] == 2
        first, *_ = it.links(request["id"]).values()
        await it.decide(first, "approve")
        assert user(it, GRADY).enabled, "one approval is not enough"
        user(it, GRADY)
        it.world.tenants[CONTOSO].application_is_administrator = True
        await it.approve(request["id"])
        assert not user(it, GRADY).enabled
        assert all(user(it, name).enabled for name in (breakglass, guest))


@pytest.mark.engine_only(REASON)
async def test_an_administrator_whom_graph_does_not_let_be_blocked_is_not_said_to_be_reset(tmp_path: Path) -> None:
    async with containing(tmp_path, "confirmRisk = true\n") as it:
        it.world.tenants[CONTOSO].identity_protection = False
        request = await it.ask(contoso=[GRADY, ADELE], more=MORE)
        await it.approve(request["id"])
        found = await by_name(it, request["id"])
        assert (found[GRADY]["outcome"], found[GRADY]["reason"]) == ("partiallyReset", "notBlocked")
        assert actions(found[GRADY])["blocked"] == ("forbidden", "forbidden")
        assert actions(found[GRADY])["sessionsRevoked"] == ("done", ""), "each action has an outcome of its own"
        assert [m.kind.name for m in user(it, GRADY).methods.values()] == ["password"]
        # Without P2 the risk is not confirmed, and nothing else fails by it.
        assert actions(found[ADELE])["riskConfirmed"] == ("forbidden", "forbidden")
        assert found[ADELE]["outcome"] == "reset"
        # An administrator disables the account themselves: that is not this service's to undo.
        user(it, GRADY).enabled = False
        assert (await release(it, request["id"]))["asked"] == 1
        assert (user(it, GRADY).enabled, user(it, ADELE).enabled) == (False, True)


@pytest.mark.engine_only(REASON)
async def test_who_was_disabled_before_is_reset_and_not_enabled(tmp_path: Path) -> None:
    async with containing(tmp_path) as it:
        request = await it.ask(contoso=[PATTI], more=MORE)
        (target,) = await it.targets(request["id"])
        assert actions(target)["blocked"] == ("already", "disabledBefore")
        await it.approve(request["id"])
        (target,) = await it.targets(request["id"])
        assert target["outcome"] == "reset"
        asked = await release(it, request["id"], targets=[0, 7])
        assert asked == {
            "asked": 0,
            "left": [{"number": 0, "reason": "disabledBefore"}, {"number": 7, "reason": "noSuchUser"}],
        }
        assert not user(it, PATTI).enabled


@pytest.mark.engine_only(REASON)
async def test_what_nobody_approved_is_undone_and_what_was_begun_is_not(tmp_path: Path) -> None:
    async with containing(tmp_path) as it:
        denied = await it.ask(contoso=[ADELE, PATTI], more=MORE)
        await release(it, denied["id"], 409)  # deny or cancel it instead
        assert not user(it, ADELE).enabled
        link, *_ = it.links(denied["id"]).values()
        await it.decide(link, "deny", comment="A test of ours")
        found = await by_name(it, denied["id"])
        assert actions(found[ADELE])["unblocked"] == ("done", "notApproved")
        assert (user(it, ADELE).enabled, user(it, PATTI).enabled) == (True, False)

        expired = await it.ask(contoso=[ALEX], more=MORE)
        assert not user(it, ALEX).enabled
        await it.advance(hours=25)
        assert (await it.shown(expired["id"]))["status"] == "expired"
        assert user(it, ALEX).enabled

        cancelled = await it.ask(contoso=[ALEX], more=MORE)
        await it.call("POST", f"/api/reset-requests/{cancelled['id']}/cancel", 202)
        await it.host.idle()
        assert user(it, ALEX).enabled

        part = await it.ask(contoso=[ADELE, ALEX], more=MORE)
        link, *_ = it.links(part["id"]).values()
        await it.decide(link, "approve", without="1")
        assert (user(it, ADELE).enabled, user(it, ALEX).enabled) == (False, True), "whom the approver excluded"


@pytest.mark.engine_only(REASON)
async def test_the_policy_may_keep_users_blocked_whom_nobody_approved(tmp_path: Path) -> None:
    async with containing(tmp_path, 'onDenied = "keep"\n') as it:
        request = await it.ask(contoso=[ADELE], more=MORE)
        link, *_ = it.links(request["id"]).values()
        await it.decide(link, "deny", comment="Not now")
        assert not user(it, ADELE).enabled
        await release(it, request["id"])
        assert user(it, ADELE).enabled


@pytest.mark.engine_only(REASON)
async def test_another_request_of_a_blocked_user_unblocks_and_does_not_undo_the_first(tmp_path: Path) -> None:
    async with containing(tmp_path) as it:
        first = await it.ask(contoso=[ADELE], more=MORE)
        await it.approve(first["id"])
        second = await it.ask(contoso=[ADELE], more=MORE)
        (target,) = await it.targets(second["id"])
        assert actions(target)["blocked"] == ("already", "blockedBefore")
        link, *_ = it.links(second["id"]).values()
        await it.decide(link, "deny", comment="Once is enough")
        (target,) = await it.targets(second["id"])
        assert actions(target)["unblocked"] == ("refused", "heldByRequest")
        assert not user(it, ADELE).enabled, "the first request was approved"

        third = await it.ask(contoso=[ADELE], more=MORE)
        await release(it, first["id"])
        (target,) = await it.targets(first["id"])
        assert actions(target)["unblocked"] == ("refused", "heldByRequest"), "the third is under way"
        await it.approve(third["id"])
        assert not user(it, ADELE).enabled
        await release(it, third["id"])
        assert user(it, ADELE).enabled
        (target,) = await it.targets(first["id"])
        assert actions(target)["unblocked"] == ("done", "byRequest")
        assert (await release(it, first["id"]))["asked"] == 0


@pytest.mark.engine_only(REASON)
async def test_more_users_than_the_policy_lets_be_blocked_wait_for_the_approval(tmp_path: Path) -> None:
    async with containing(tmp_path, "blocksPerHour = 3\nlargestShare = 100\n") as it:
        request = await it.ask(contoso=[ADELE, ALEX], fabrikam=["alex@fabrikam.com", "megan@fabrikam.com"], more=MORE)
        found = await by_name(it, request["id"])
        assert [actions(target)["blocked"][0] for target in found.values()] == ["done"] * 3 + ["awaitingApproval"]
        assert actions(found["megan@fabrikam.com"])["blocked"][1] == "blockLimit"
        assert user(it, "megan@fabrikam.com").enabled
        more = await it.ask(tailspin=["alex@tailspin.com"], more=MORE)
        assert user(it, "alex@tailspin.com").enabled, "one sender has an hour's worth, over requests and customers"
        await it.approve(request["id"])
        assert not user(it, "megan@fabrikam.com").enabled
        await it.approve(more["id"])
        await it.advance(minutes=61)
        await it.ask(contoso=[LEE], more=MORE)
        assert not user(it, LEE).enabled


@pytest.mark.engine_only(REASON)
async def test_a_share_of_a_customer_at_the_most_is_blocked_before_the_approval(tmp_path: Path) -> None:
    async with containing(tmp_path, "blocksPerHour = 100\nlargestShare = 10\n") as it:
        members = [u.upn for u in _members(it)]
        await it.ask(contoso=members[:8], more=MORE)
        blocked = [name for name in members if not user(it, name).enabled]
        assert len(blocked) == 2, "a tenth of 28 users who can sign in"
        await it.ask(contoso=members[8:12], more=MORE)
        assert [name for name in members if not user(it, name).enabled] == blocked, "over all requests"


@pytest.mark.engine_only(REASON)
async def test_only_sources_of_the_policy_block_before_the_approval(tmp_path: Path) -> None:
    async with containing(tmp_path, 'sources = ["api"]\ncontainFirstSources = ["console"]\n') as it:
        request = await it.ask(contoso=[ADELE], more=MORE)
        assert (await it.shown(request["id"]))["containment"]["containFirst"] is False
        assert user(it, ADELE).enabled
        await it.approve(request["id"])
        assert not user(it, ADELE).enabled


@pytest.mark.engine_only(REASON)
async def test_a_source_may_name_the_profile_where_the_policy_lets_it(tmp_path: Path) -> None:
    more = """
sources = ["soc"]
containFirstSources = ["soc"]
[sources.soc]
scheme = "standard-webhooks"
secret = "env:HELPDESK_SECRET"
[sources.soc.fields]
requester = "analyst"
users = "users"
profile = "kind"
"""
    async with containing(tmp_path, more) as it:
        for number, (kind, status) in enumerate((("compromised", 202), ("stolen", 400))):
            raw = json.dumps({"analyst": "tech@msp.example", "users": [ADELE], "kind": kind}).encode()
            headers = sign_standard(HELPDESK_SECRET, f"msg_{number}", it.services.now(), raw)
            answer = await it.http.post("/api/webhooks/soc", content=raw, headers=headers)
            assert answer.status_code == status, answer.text
            await it.host.idle()
            assert not user(it, ADELE).enabled


@pytest.mark.engine_only(REASON)
async def test_only_approvers_and_operators_who_did_not_ask_unblock(tmp_path: Path) -> None:
    sign_in = {"WEBSITE_AUTH_ENABLED": "True", "API_KEYS": "tests:a-function-key-of-the-tests"}
    async with containing(tmp_path, settings=sign_in) as it:
        key = {"x-functions-key": "a-function-key-of-the-tests"}
        body = {"targets": [{"customer": "contoso", "users": [ADELE]}], "requester": "tech@msp.example"} | MORE
        request = await it.call("POST", "/api/reset-requests", 202, json=body, headers=key)
        await it.host.idle()
        await it.call("POST", f"/api/reset-requests/{request['id']}/cancel", 202, headers=key)
        await it.host.idle()
        user(it, ADELE).enabled = False
        path = f"/api/reset-requests/{request['id']}/unblock"

        async def status(*roles: str, mail: str = "second@msp.example", **more: Any) -> int:
            headers = principal(mail, *roles, tid=HOME) | {"Origin": it.host.base_url}
            return int((await it.http.post(path, json=more, headers=headers)).status_code)

        assert await status("Requester") == 403
        assert await status("Auditor") == 403
        assert await status("Operator", mail="tech@msp.example") == 403, "who asked for it does not undo it"
        assert await status("Operator", operator="somebody@msp.example") == 400
        assert await status("Operator") == 202
        assert await status("Approver") == 202
        assert (await it.http.post(path, json={}, headers=key)).status_code == 400, "a key does not say who decided"
        assert (await it.http.post(path, json={"operator": "tech@msp.example"}, headers=key)).status_code == 403


@pytest.mark.engine_only(REASON)
async def test_evidence_unblocks_a_user_and_without_it_nobody_does(tmp_path: Path) -> None:
    more = 'unblock = "verified"\n' + VERIFICATION
    async with containing(tmp_path, more, settings={"IDPROOF_SECRET": SECRET}) as it:
        request = await it.ask(contoso=[ADELE, ALEX], more=MORE)
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval", "nobody is verified before"
        digest = (await it.shown(request["id"]))["planDigest"]
        assert (await prove(it, request["id"], ADELE, 409)).json()["type"].endswith("notWaiting")
        await it.approve(request["id"])
        asked = await release(it, request["id"], targets=[0, 1])
        assert {entry["reason"] for entry in asked["left"]} == {"unverified"}
        assert not user(it, ADELE).enabled
        found = await by_name(it, request["id"])
        assert found[ADELE]["verification"]["state"] == "waiting"
        kept = await it.services.targets.get(request["id"], 0)
        assert kept is not None
        # Evidence may come before the step that has the user wait for it.
        await it.services.targets.rewrite(kept, kept.target.model_copy(update={"verification": None}))
        await prove(it, request["id"], ADELE)
        assert (user(it, ADELE).enabled, user(it, ALEX).enabled) == (True, False)
        found = await by_name(it, request["id"])
        assert actions(found[ADELE])["unblocked"] == ("done", "verified")
        await call_back(it, request["id"], 1)
        assert user(it, ALEX).enabled
        assert (await it.shown(request["id"]))["planDigest"] == digest
        pack = await it.http.get(f"/api/reset-requests/{request['id']}/evidence")
        assert pack.status_code == 200


@pytest.mark.engine_only(REASON)
async def test_who_needs_evidence_for_a_reset_needs_it_to_be_unblocked(tmp_path: Path) -> None:
    async with containing(tmp_path, VERIFICATION, settings={"IDPROOF_SECRET": SECRET}) as it:
        request = await it.ask(contoso=[ADELE], more=MORE)
        await it.approve(request["id"])
        assert (await release(it, request["id"], targets=[0]))["left"] == [{"number": 0, "reason": "unverified"}]
        await prove(it, request["id"], ADELE)
        assert user(it, ADELE).enabled


@pytest.mark.engine_only(REASON)
async def test_a_run_that_dies_after_the_block_is_not_taken_for_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with containing(tmp_path) as it:
        targets, died = type(it.services.targets), list[str]()
        save_all = targets.save_all

        async def dies(self: Any, request_id: str, pairs: Any) -> None:
            contained = [pair for pair in pairs if pair[1].containment and pair[1].containment.blocked.at]
            if contained and not died:
                died.append(request_id)
                raise RuntimeError("the process died here")
            await save_all(self, request_id, pairs)

        monkeypatch.setattr(targets, "save_all", dies)
        request = await it.ask(contoso=[ADELE], more=MORE)
        await it.advance(minutes=2)
        assert died == [request["id"]]
        (target,) = await it.targets(request["id"])
        assert (target["containment"]["enabledBefore"], actions(target)["blocked"]) == (True, ("done", ""))
        link, *_ = it.links(request["id"]).values()
        await it.decide(link, "deny", comment="no")
        assert user(it, ADELE).enabled


@pytest.mark.engine_only(REASON)
@pytest.mark.parametrize("approved", [True, False])
async def test_an_unblocking_is_recorded_though_another_process_writes_the_user_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, approved: bool
) -> None:
    """The notice to the user is noted in the same record, at the same time."""
    targets, save_all = TargetRecords, TargetRecords.save_all
    overtaken: list[str] = []

    async def overtakes(self: Any, request_id: str, pairs: Any) -> None:
        for stored, after in pairs:
            action = after.containment and after.containment.unblocked
            if action and action.outcome.value not in overtaken:
                overtaken.append(action.outcome.value)
                mailed = stored.target.model_copy(update={"detail": f"written {len(overtaken)} times"})
                await self.save(request_id, stored, mailed)
        await save_all(self, request_id, pairs)

    async with containing(tmp_path) as it:
        request = await it.ask(contoso=[ADELE], more=MORE)
        if approved:
            await it.approve(request["id"])
        monkeypatch.setattr(targets, "save_all", overtakes)
        clock = it.services.now
        it.services.now = lambda: clock() + timedelta(microseconds=123)  # records keep milliseconds
        if approved:
            assert (await release(it, request["id"]))["asked"] == 1
            assert (await release(it, request["id"]))["asked"] == 0
        else:
            link, *_ = it.links(request["id"]).values()
            await it.decide(link, "deny", comment="no")
        assert overtaken == ["pending", "done"]
        (target,) = await it.targets(request["id"])
        assert (actions(target)["unblocked"][0], user(it, ADELE).enabled) == ("done", True)
        assert target["detail"].startswith("written")


async def fails(*_: Any, **__: Any) -> None:
    raise RuntimeError("a mistake of ours")


@pytest.mark.engine_only(REASON)
@pytest.mark.parametrize("how", ["breaks", "never starts"])
async def test_an_unblocking_whose_orchestration_breaks_or_never_starts_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async with containing(tmp_path) as it:
        request = await it.ask(contoso=[ADELE], more=MORE)
        await it.approve(request["id"])
        if how == "breaks":
            monkeypatch.setattr(release_targets, "release_window", fails)
            await release(it, request["id"])
        else:
            monkeypatch.setattr(durable, "start_instance", fails)
            path = f"/api/reset-requests/{request['id']}/unblock"
            assert (await it.http.post(path, json={"operator": "second@msp.example"})).status_code == 500
        await it.advance(minutes=10)
        (target,) = await it.targets(request["id"])
        assert (actions(target)["unblocked"][0], user(it, ADELE).enabled) == ("pending", False)
        monkeypatch.undo()
        await it.advance(minutes=20)
        (target,) = await it.targets(request["id"])
        assert (actions(target)["unblocked"][0], user(it, ADELE).enabled) == ("done", True)
        assert await it.services.releases.open() == []


@pytest.mark.engine_only(REASON)
async def test_a_tenant_that_is_away_for_a_while_is_blocked_when_it_answers(tmp_path: Path) -> None:
    async with containing(tmp_path) as it:
        it.world.faults.add(method="PATCH", path="*/users/*", status=503, count=8)
        request = await it.ask(contoso=[ADELE], more=MORE)
        await it.advance(minutes=3)
        assert not user(it, ADELE).enabled
        (target,) = await it.targets(request["id"])
        assert (target["containment"]["enabledBefore"], actions(target)["sessionsRevoked"]) == (True, ("done", ""))


@pytest.mark.engine_only(REASON)
async def test_the_kill_switch_holds_blocks_until_it_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with containing(tmp_path) as it:
        monkeypatch.setenv("STOP_REMOVING", "1")
        request = await it.ask(contoso=[ADELE], more=MORE)
        await it.approve(request["id"])
        assert user(it, ADELE).enabled
        monkeypatch.delenv("STOP_REMOVING")
        await it.advance(minutes=3)
        assert not user(it, ADELE).enabled
        assert (await it.shown(request["id"]))["status"] == "completed"


@pytest.mark.engine_only(REASON)
async def test_a_retry_has_the_profile_too(tmp_path: Path) -> None:
    async with containing(tmp_path) as it:
        request = await it.ask(contoso=[ADELE, "nobody@contoso.com"], more=MORE)
        await it.approve(request["id"])
        retry = await it.call("POST", f"/api/reset-requests/{request['id']}/retry", 202)
        assert retry["containment"]["profile"] == "compromised"
        await it.host.idle()


def _members(it: System) -> list[User]:
    """Contoso's enabled members without privileges and without its approver, in the order of the demo."""
    users = it.world.tenants[CONTOSO].users.values()
    return [u for u in users if u.enabled and u.type == "Member" and not u.active_roles and "owner" not in u.upn]
