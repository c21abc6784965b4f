"""Whoever changes a request's status may be stopped before the audit says so: the next run of the activity says it."""

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
