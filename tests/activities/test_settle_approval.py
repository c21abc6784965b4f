"""A crash between the change of status and its audit event: the next run of the activity adds the event."""

from pathlib import Path

import pytest

from activities import settle_approval
from tests.system import system


class Killed(Exception):  # noqa: N818 - what a kill looks like from here
    pass


@pytest.mark.parametrize(("decision", "event"), [("approve", "resetting"), ("deny", "denied")])
async def test_the_audit_of_how_the_approval_ended_survives_a_kill_after_the_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decision: str, event: str
) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        audit_end = settle_approval._audit_end
        calls = 0

        async def killed_once(*given: object) -> None:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise Killed
            await audit_end(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(settle_approval, "_audit_end", killed_once)
        for link in it.links(request["id"]).values():
            await it.decide(link, decision, comment="No.")
        await it.advance(minutes=5)
        assert (await it.shown(request["id"]))["endedAt"]
        assert calls > 1
        assert [entry["event"] for entry in await it.audit(request["id"])].count(event) == 1


@pytest.mark.parametrize("end", ["cancelled", "expired"])
async def test_nothing_is_pending_once_the_request_is_seen_to_have_ended(tmp_path: Path, end: str) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com", "megan@contoso.com"])
        if end == "cancelled":
            await it.services.requests.cancel(request["id"], "tester", it.services.now())
        else:
            it.host.clock.advance(25 * 3600)
        # Only this one activity: what a poller sees between it and the end of the orchestration.
        assert await settle_approval.settle(it.services, request["id"]) == {"next": "end"}
        shown = await it.services.requests.get(request["id"])
        assert shown is not None
        assert shown.status.value == end
        totals = await it.services.targets.totals(request["id"])
        assert (totals["pending"], totals["cancelled"]) == (0, 2)
