"""Cancel at any moment, retry, kill switch, leases and permits: what operators do while a reset runs."""

import asyncio
from pathlib import Path

import pytest

from activities.reset_target import reset_one
from contracts.workflow import Progress
from services import Services
from tests.scenarios.test_graph_faults import CONTOSO, FABRIKAM, OTHERS, USERS, check_truth, run
from tests.system import System, system


def deletes(it: System) -> int:
    return len(it.world.calls.matching(verb="DELETE"))


async def cancel(it: System, request_id: str) -> None:
    await it.call("POST", f"/api/reset-requests/{request_id}/cancel", 202)
    await it.host.idle()


@pytest.mark.azure_storage
async def test_cancel_while_it_waits_for_approval(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        await cancel(it, request["id"])
        shown = await it.shown(request["id"])
        assert (shown["status"], shown["totals"]["cancelled"], shown["totals"]["pending"]) == ("cancelled", 4, 0)
        assert deletes(it) == 0


async def test_cancel_while_planning_is_held_up(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.faults.add(path="*/users/*", status=503)
        request = await it.ask(contoso=USERS)
        assert (await it.shown(request["id"]))["status"] == "planning"
        await cancel(it, request["id"])
        await it.advance(seconds=120)
        shown = await it.shown(request["id"])
        assert (shown["status"], shown["totals"]["cancelled"]) == ("cancelled", 4)


async def test_cancel_while_planning_waits_as_long_as_graph_says(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.faults.add(path="*/users/*", status=429, retry_after=3000)
        request = await it.ask(contoso=USERS)
        assert (await it.shown(request["id"]))["status"] == "planning"
        await cancel(it, request["id"])
        await it.advance(minutes=2)
        assert (await it.shown(request["id"]))["status"] == "cancelled"
        assert {(t["outcome"], t["reason"]) for t in await it.targets(request["id"])} == {("cancelled", "cancelled")}


async def test_cancel_in_the_middle_of_a_customer_reports_what_was_done(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS, fabrikam=OTHERS)
        adele = USERS[0]
        it.world.faults.add(user=adele, method="DELETE", status=429, retry_after=600, skip=1)
        for user in USERS[1:]:
            it.world.faults.add(user=user, method="DELETE", status=429, retry_after=600)
        await it.approve(request["id"])
        assert (await it.shown(request["id"]))["status"] == "resetting"
        await cancel(it, request["id"])
        done = deletes(it)
        shown = await run(it, request["id"])
        assert shown["status"] == "cancelled"
        assert deletes(it) == done  # nothing further was removed
        targets = await check_truth(it, request["id"])
        assert {t["outcome"] for t in targets if t["customer"] == "fabrikam"} == {"reset"}
        mine = [t for t in targets if t["customer"] == "contoso"]
        assert [t["outcome"] for t in mine] == ["partiallyReset", "cancelled", "cancelled", "cancelled"]
        assert sorted(m["outcome"] for m in mine[0]["methods"]) == ["deleted", "pending", "pending"]


async def test_after_a_cancel_a_removal_without_a_response_is_verified_by_a_read(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS[:2])
        adele = it.world.user("contoso", USERS[0])
        it.world.faults.add(user=adele.id, method="DELETE", drop="after", count=1)
        # The look that follows a lost removal within the run is put off, too.
        it.world.faults.add(
            user=adele.id, path="*/authentication/methods", status=429, retry_after=600, skip=1, count=1
        )
        it.world.faults.add(user=USERS[1], method="DELETE", status=429, retry_after=600)
        await it.approve(request["id"])
        gone = next(c.path.rpartition("/")[2] for c in it.world.calls if c.verb == "DELETE" and c.user == adele.id)
        assert gone not in adele.methods
        assert (await it.shown(request["id"]))["status"] == "resetting"
        await cancel(it, request["id"])
        done = deletes(it)
        it.world.faults.clear()
        assert (await run(it, request["id"]))["status"] == "cancelled"
        assert deletes(it) == done
        mine = (await check_truth(it, request["id"]))[0]
        assert (mine["outcome"], mine["reason"]) == ("partiallyReset", "cancelled")
        # Verified by a read: reported neither as untouched nor as unverified.
        assert {m["id"]: m["outcome"] for m in mine["methods"]}[gone] == "deleted"
        assert sorted(m["outcome"] for m in mine["methods"]) == ["deleted", "pending", "pending"]


async def test_cancel_during_a_long_wait_ends_within_minutes(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        it.world.faults.add(tenant="contoso", path="*/authentication/methods", status=429, retry_after=3000)
        await it.approve(request["id"])
        await cancel(it, request["id"])
        await it.advance(seconds=130)
        shown = await it.shown(request["id"])
        assert (shown["status"], shown["totals"]["cancelled"]) == ("cancelled", 4)


async def test_kill_switch_stops_removing_and_goes_on_when_it_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        monkeypatch.setenv("STOP_REMOVING", "1")
        await it.approve(request["id"])
        await it.advance(minutes=10)
        assert (await it.shown(request["id"]))["status"] == "resetting"
        assert deletes(it) == 0
        monkeypatch.setenv("STOP_REMOVING", "0")
        await it.advance(minutes=3)
        assert (await it.shown(request["id"]))["status"] == "completed"
        await check_truth(it, request["id"])


async def test_kill_switch_in_the_middle_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        rule = it.world.faults.add(method="DELETE", status=429, retry_after=30, skip=2)
        await it.approve(request["id"])
        it.world.faults.remove(rule)
        monkeypatch.setenv("STOP_REMOVING", "on")
        done = deletes(it)
        await it.advance(minutes=30)
        assert deletes(it) == done
        reads = len(it.world.calls.matching(tenant=CONTOSO, ending="/authentication/methods"))
        await it.advance(minutes=30)
        # While it is held nothing is asked of Graph either.
        assert len(it.world.calls.matching(tenant=CONTOSO, ending="/authentication/methods")) == reads
        monkeypatch.delenv("STOP_REMOVING")
        assert (await run(it, request["id"]))["status"] == "completed"
        await check_truth(it, request["id"])


async def test_kill_switch_and_cancel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        monkeypatch.setenv("STOP_REMOVING", "1")
        await it.approve(request["id"])
        await cancel(it, request["id"])
        await it.advance(minutes=3)
        shown = await it.shown(request["id"])  # the switch is still on
        assert (shown["status"], shown["totals"]["cancelled"]) == ("cancelled", 4)
        assert deletes(it) == 0
        again = await it.ask(contoso=USERS[:1])  # and the users are free
        assert (await it.targets(again["id"]))[0]["outcome"] == "pending"


async def test_kill_switch_in_the_middle_and_cancel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is held nothing is asked of Graph, so what was begun ends without a look, as what is known of it."""
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        it.world.faults.add(method="DELETE", status=429, retry_after=30, skip=2)
        await it.approve(request["id"])
        monkeypatch.setenv("STOP_REMOVING", "on")
        await it.advance(minutes=3)
        done = deletes(it)
        await cancel(it, request["id"])
        await it.advance(minutes=3)
        assert (await it.shown(request["id"]))["status"] == "cancelled"
        assert deletes(it) == done
        await check_truth(it, request["id"])


@pytest.mark.azure_storage
async def test_retry_plans_anew_asks_anew_and_keeps_what_was_registered_again(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=USERS)
        megan = it.world.user("contoso", "megan@contoso.com")
        it.world.faults.add(method="DELETE", user=megan.id, status=403, code="accessDenied")
        assert (await run(it, request["id"]))["status"] == "partiallyCompleted"
        it.world.faults.clear()
        retried = await it.call("POST", f"/api/reset-requests/{request['id']}/retry", 202)
        await it.host.idle()
        again = it.world.register("contoso", megan.upn, "softwareOath", prefer="oath")
        shown = await it.shown(retried["id"])
        assert (shown["status"], shown["totals"]["targets"]) == ("awaitingApproval", 1)
        assert (await run(it, retried["id"]))["status"] == "completed"
        target = (await it.targets(retried["id"]))[0]
        assert {m["outcome"] for m in target["methods"] if m["id"] == again.id} == {"keptNewer"}
        assert again.id in megan.methods


async def test_retry_leaves_what_was_registered_since_the_first_reset_and_does_what_is_left(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["megan@contoso.com"])
        megan = it.world.user("contoso", "megan@contoso.com")
        it.world.faults.add(path="*/revokeSignInSessions", user=megan.id, status=403, code="accessDenied")
        assert (await run(it, request["id"]))["status"] == "partiallyCompleted"
        await it.advance(hours=1)
        new = it.world.register("contoso", megan.upn, "microsoftAuthenticator", prefer="push")
        # The first retry fails while it plans, and the next one knows all the same.
        it.world.tenant("contoso").consented = False
        first = await it.call("POST", f"/api/reset-requests/{request['id']}/retry", 202)
        await it.advance(minutes=10)
        assert (await it.shown(first["id"]))["status"] == "failed"
        it.world.tenant("contoso").consented = True
        it.world.faults.clear()
        second = await it.call("POST", f"/api/reset-requests/{first['id']}/retry", 202)
        await it.host.idle()
        page = await it.http.get(next(iter(it.links(second["id"]).values())))
        assert "registered after the first reset" in page.text
        assert (await run(it, second["id"]))["status"] == "completed"
        (target,) = await it.targets(second["id"])
        assert [(m["id"], m["outcome"]) for m in target["methods"]] == [(new.id, "keptNewer")]
        assert (target["outcome"], target["sessionsRevoked"]) == ("alreadyClear", True)
        assert new.id in megan.methods


@pytest.mark.azure_storage
async def test_user_of_a_running_request_is_refused_with_the_id_of_that_request(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        first = await it.ask(contoso=USERS[:2])
        second = await it.ask(contoso=USERS[1:3])
        by_name = {t["userPrincipalName"]: t for t in await it.targets(second["id"])}
        held = by_name[USERS[1]]
        assert (held["outcome"], held["reason"]) == ("refused", "alreadyRunning")
        assert first["id"] in held["detail"]
        assert by_name[USERS[2]]["outcome"] == "pending"
        await cancel(it, first["id"])
        third = await it.ask(contoso=USERS[1:2])  # free again
        assert (await it.targets(third["id"]))[0]["outcome"] == "pending"


@pytest.mark.azure_storage
async def test_same_user_twice_in_one_request_is_refused_the_second_time(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        adele = it.world.user("contoso", USERS[0])
        request = await it.ask(contoso=[USERS[0], USERS[1], adele.id])
        outcomes = [(t["outcome"], t["reason"]) for t in await it.targets(request["id"])]
        assert outcomes == [("pending", ""), ("pending", ""), ("refused", "duplicateUser")]


async def test_two_requests_share_a_customers_limit(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        names = [u.upn for u in it.world.tenant("contoso").users.values() if u.enabled and "#" not in u.upn]
        names = [n for n in names if not n.startswith(("break", "owner", "grady", "henrietta", "johanna"))]
        first, second = await it.ask(contoso=names[:12]), await it.ask(contoso=names[12:22])
        most = 0

        it.world.faults.add(tenant="contoso", method="DELETE", status=429, retry_after=20, skip=5, count=10)
        await it.approve(first["id"])
        await it.approve(second["id"])
        for _ in range(60):
            row = await it.services.store.get(f"permits:{CONTOSO}", "permits")
            most = max(most, sum(row.value["running"].values()) if row else 0)
            await it.advance(seconds=5)
        assert 0 < most <= 8
        for request in (first, second):
            assert (await run(it, request["id"]))["status"] in {"completed", "partiallyCompleted"}
            await check_truth(it, request["id"])
        row = await it.services.store.get(f"permits:{CONTOSO}", "permits")
        assert row is not None
        assert row.value["running"] == {}


@pytest.mark.azure_storage
async def test_what_runs_at_once_for_a_customer_stays_under_its_limit_over_two_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted where it runs: each reset is held up until the test lets it go."""
    async with system(tmp_path) as it:
        users = [user for user in it.world.tenant("fabrikam").users.values() if user.enabled and "#" not in user.upn]
        # One approval each: a second one would wait for those that are held up.
        names = [
            user.upn
            for user in users
            if not user.roles and not any(group.assignable_to_role for group in (*user.groups, *user.owned))
        ]
        asked = [await it.ask(fabrikam=names[start : start + 6]) for start in (0, 6)]
        limit = it.services.policy.in_flight_of("fabrikam")
        assert sum([(await it.shown(request["id"]))["totals"]["pending"] for request in asked]) > limit
        inside: dict[tuple[str, int], asyncio.Event] = {}
        most: dict[int, set[str]] = {}

        async def held_up(services: Services, request_id: str, number: int, **how: bool) -> Progress:
            inside[request_id, number] = asyncio.Event()
            most[len(inside)] = {request for request, _ in inside}
            await inside[request_id, number].wait()
            del inside[request_id, number]
            return await reset_one(services, request_id, number, **how)

        monkeypatch.setattr("activities.reset_target.reset_one", held_up)
        decided = asyncio.gather(*(it.approve(request["id"]) for request in asked))
        go_on = False
        for _ in range(100_000):
            if decided.done():
                break
            row = await it.services.store.get(f"permits:{FABRIKAM}", "permits")
            if row is not None and len(row.value["running"]) + len(row.value["queue"]) == 2:
                # Both requests have asked for permits, and as many run as may.
                go_on = go_on or len(inside) == sum(row.value["running"].values())
            if inside and go_on:
                inside[min(inside)].set()
            await asyncio.sleep(0)
        assert go_on
        await decided
        for request in asked:
            assert (await run(it, request["id"]))["endedAt"]
        assert max(most) == limit
        assert most[limit] == {request["id"] for request in asked}
