"""Every hint is a command that exists and fits the request."""

from typing import Any

import pytest
import typer

from mfa_reset_client.cli import app
from mfa_reset_client.hints import next_steps
from mfa_reset_client.models import ResetRequest, Status

COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined] # of a group


def request(status: str, **more: Any) -> ResetRequest:
    value = {"id": "r1", "status": status, "createdAt": "2026-01-05T09:30:00Z", "totals": {"targets": 1}}
    return ResetRequest.from_json(value | more)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("more", [{}, {"undoOf": "r0"}])
def test_hints_name_commands_and_the_request(status: Status, more: dict[str, str]) -> None:
    for step in next_steps(request(status, **more)):
        program, command, request_id, *_ = step.split()
        assert (program, request_id) == ("mfa-reset", "r1")
        assert command in COMMANDS
        assert "{" not in step


def test_what_is_suggested() -> None:
    assert [step.split()[1] for step in next_steps(request("awaitingApproval"))] == ["wait", "remind", "cancel"]
    assert [step.split()[1] for step in next_steps(request("partiallyCompleted"))] == ["targets", "retry"]
    assert next_steps(request("completed")) == []
    assert next_steps(request("denied")) == []  # the approver said no


def test_an_undo_is_not_retried() -> None:
    assert "mfa-reset activate r1 --user USER" in next_steps(request("resetting", undoOf="r0"))
    assert not [step for status in Status for step in next_steps(request(status, undoOf="r0")) if " retry " in step]
