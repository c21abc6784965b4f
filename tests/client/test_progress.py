"""Progress of a wait, and messages about retries."""

from io import StringIO
from typing import Any

from rich.console import Console

from mfa_reset_client.models import ResetRequest
from mfa_reset_client.progress import ProgressDisplay, RetryMessages
from mfa_reset_client.retry import Retry


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
        "Resetting now  r1  40 users: Not started yet 40",
        "Resetting now  r1  40 users: Not started yet 17 · Reset 23",
    ]


def test_no_progress_when_quiet() -> None:
    log = StringIO()
    with ProgressDisplay(Console(file=log, force_terminal=True), quiet=True) as progress:
        progress.update(request("resetting", 40))
    assert log.getvalue() == ""


def messages(*retries: Retry) -> list[str]:
    log = StringIO()
    report = RetryMessages(Console(file=log, width=100)).report
    for retry in retries:
        report(retry)
    return log.getvalue().splitlines()


FIRST, SECOND, THIRD = Retry(1, "HTTP 503", 0, 1, 60), Retry(2, "HTTP 503", 1, 2, 59), Retry(3, "HTTP 503", 3, 4, 57)
MESSAGE = "The service is unavailable (HTTP 503). Retrying for up to 59 seconds."


def test_a_retry_within_two_seconds_is_not_reported() -> None:
    assert messages(FIRST) == []


def test_a_cause_is_reported_once_for_each_call() -> None:
    assert messages(FIRST, SECOND, THIRD) == [MESSAGE]
    assert messages(FIRST, SECOND, THIRD, FIRST, SECOND) == [MESSAGE] * 2


def test_another_cause_is_reported() -> None:
    assert len(messages(FIRST, SECOND, Retry(3, "connection refused", 3, 4, 57))) == 2


def test_a_long_first_pause_is_reported_before_it() -> None:
    assert messages(Retry(1, "HTTP 429", 0, 40, 60)) == [
        "The service is unavailable (HTTP 429). Retrying for up to 60 seconds."
    ]
