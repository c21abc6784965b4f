"""Decisions around the moment of expiry: one in time counts, a late one is refused, and the records agree."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from domain.request.reset_request import Decision
from tests.system import System, system

_LAST_MOMENT = timedelta(milliseconds=1)


async def _until_expiry(it: System, request: dict[str, Any], *, before: timedelta = timedelta()) -> None:
    expires = datetime.fromisoformat((await it.shown(request["id"]))["approval"]["expiresAt"])
    await it.advance(seconds=(expires - before - it.services.now()).total_seconds())


async def test_an_approval_in_the_last_moment_counts(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        await _until_expiry(it, request, before=_LAST_MOMENT)
        assert (await it.decide(it.links(request["id"])["owner@contoso.com"], "approve")).status_code == 200
        await it.advance(minutes=5)
        assert (await it.shown(request["id"]))["status"] == "completed"


async def test_an_approval_at_the_expiry_is_too_late_and_says_so(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        await _until_expiry(it, request)
        late = await it.decide(it.links(request["id"])["owner@contoso.com"], "approve")
        ended = await it.shown(request["id"])
        assert (late.status_code, ended["status"], ended["approval"]["decisions"]) == (409, "expired", [])
        [target] = await it.targets(request["id"])
        assert (target["outcome"], target["reason"]) == ("cancelled", "expired")
        assert len(it.world.user("contoso", "adele@contoso.com").methods) >= 3


async def test_a_decision_recorded_in_time_is_heard_by_the_expiry_that_overtakes_its_event(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        await _until_expiry(it, request, before=_LAST_MOMENT)
        kept = await it.services.requests.get(request["id"])
        assert kept is not None
        assert kept.plan_digest is not None
        # The record is written, and its writer stopped before it raised the event: only the timer wakes the request.
        await it.services.requests.decide(
            request["id"],
            Decision(
                approver="owner@contoso.com", decision="approve", at=it.services.now(), plan_digest=kept.plan_digest
            ),
        )
        await it.advance(seconds=1)
        ended = await it.shown(request["id"])
        assert ended["status"] == "completed"
        assert [decision["decision"] for decision in ended["approval"]["decisions"]] == ["approve"]
        events = [entry["event"] for entry in await it.audit(request["id"])]
        assert "resetting" in events
        assert "expired" not in events


async def test_half_a_quorum_at_the_border_expires(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["grady@contoso.com"])  # an administrator: two have to agree
        await _until_expiry(it, request, before=_LAST_MOMENT)
        first, second = list(it.links(request["id"]).values())[:2]
        assert (await it.decide(first, "approve")).status_code == 200
        await it.advance(seconds=1)
        assert (await it.decide(second, "approve")).status_code == 409
        ended = await it.shown(request["id"])
        assert (ended["status"], len(ended["approval"]["decisions"])) == ("expired", 1)
        assert len(it.world.user("contoso", "grady@contoso.com").methods) > 1
