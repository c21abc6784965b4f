"""What a person at a terminal sees while waiting."""

from io import StringIO
from typing import Any

from rich.console import Console

from mfa_reset_client.models import ResetRequest
from mfa_reset_client.showing import Watch, notes, plain


def request(status: str, pending: int, **more: Any) -> ResetRequest:
    totals = {"targets": 40, "pending": pending, "reset": 40 - pending}
    value = {"id": "r1", "status": status, "createdAt": "2026-01-05T09:30:00Z", "totals": totals}
    return ResetRequest.from_json(value | more)


def test_a_bar_on_a_terminal() -> None:
    screen = StringIO()
    with Watch(Console(file=screen, force_terminal=True, width=100), quiet=False) as watch:
        watch.look(request("resetting", 40))
        watch.look(request("resetting", 17))
    assert "23/40" in screen.getvalue()
    assert screen.getvalue().count("r1 ") == 1


def test_a_line_per_change_in_a_log() -> None:
    log = StringIO()
    with Watch(Console(file=log, width=100), quiet=False) as watch:
        for pending in (40, 40, 17, 17):
            watch.look(request("resetting", pending))
    assert log.getvalue().splitlines() == [
        "r1 resetting  40 targets: 40 pending",
        "r1 resetting  40 targets: 17 pending, 23 reset",
    ]


def test_nothing_when_quiet() -> None:
    log = StringIO()
    with Watch(Console(file=log, force_terminal=True), quiet=True) as watch:
        watch.look(request("resetting", 40))
    assert log.getvalue() == ""


def test_why_it_is_as_it_is() -> None:
    decision = {"approver": "a@b.c", "decision": "deny", "comment": "No\nticket", "at": "2026-01-05T09:40:00Z"}
    denied = request("denied", 0, approval={"decisions": [decision]}, failure="denied", detail="")
    assert notes(denied) == ["deny by a@b.c: No�ticket", "denied"]


def test_control_characters_are_made_visible() -> None:
    assert plain("a\x1b[31m\u202eb\x07") == "a�[31m�b�"
