"""Progress and explanations for people."""

from io import StringIO
from typing import Any

from rich.console import Console

from mfa_reset_client.formatting import ProgressDisplay, notes, printable
from mfa_reset_client.models import ResetRequest


def request(status: str, pending: int, **more: Any) -> ResetRequest:
    totals = {"targets": 40, "pending": pending, "reset": 40 - pending}
    value = {"id": "r1", "status": status, "createdAt": "2026-01-05T09:30:00Z", "totals": totals}
    return ResetRequest.from_json(value | more)


def test_progress_is_a_bar_on_a_terminal() -> None:
    screen = StringIO()
    with ProgressDisplay(Console(file=screen, force_terminal=True, width=100), quiet=False) as progress:
        progress.update(request("resetting", 40))
        progress.update(request("resetting", 17))
    assert "23/40" in screen.getvalue()
    assert screen.getvalue().count("r1 ") == 1


def test_progress_is_a_line_per_change_in_a_log() -> None:
    log = StringIO()
    with ProgressDisplay(Console(file=log, width=100), quiet=False) as progress:
        for pending in (40, 40, 17, 17):
            progress.update(request("resetting", pending))
    assert log.getvalue().splitlines() == [
        "r1 resetting  40 targets: 40 pending",
        "r1 resetting  40 targets: 17 pending, 23 reset",
    ]


def test_no_progress_when_quiet() -> None:
    log = StringIO()
    with ProgressDisplay(Console(file=log, force_terminal=True), quiet=True) as progress:
        progress.update(request("resetting", 40))
    assert log.getvalue() == ""


def test_notes_explain_the_status() -> None:
    decision = {"approver": "a@b.c", "decision": "deny", "comment": "No\nticket", "at": "2026-01-05T09:40:00Z"}
    denied = request("denied", 0, approval={"decisions": [decision]}, failure="denied", detail="")
    assert notes(denied) == ["deny by a@b.c: No�ticket", "denied"]


def test_control_characters_are_made_visible() -> None:
    assert printable("a\x1b[31m\u202eb\x07") == "a�[31m�b�"
