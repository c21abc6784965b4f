"""What people read: a line per request, a table of outcomes, the progress of a wait."""

from collections.abc import Iterable
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mfa_reset_client.models import Approver, ResetRequest, Status, Target, TargetOutcome

# Where no terminal gives its width (pipelines): lines of this length stay whole in every log viewer.
LOG_WIDTH = 160
_GOOD = {"reset", "alreadyClear", "deleted", "deactivated", "alreadyGone", "completed", "planned"}
_OPEN = {"pending", "planning", "awaitingApproval", "resetting"}


def make_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or LOG_WIDTH columns wide without one."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if console.is_terminal:
        return console
    return Console(stderr=stderr, highlight=False, width=LOG_WIDTH)


def printable(text: object) -> str:
    """Replace control characters, with which text from elsewhere could move the cursor or recolour the output."""
    return "".join(c if c.isprintable() else "�" for c in str(text))


def outcome_text(word: str) -> Text:
    """Return a status or an outcome in its colour."""
    style = "green" if word in _GOOD else "yellow" if word in _OPEN else "red"
    return Text(printable(word), style)


def targets_table(targets: Iterable[Target]) -> Table:
    """Return a table with a row per target and a line per method."""
    table = Table("Customer", "User", "Outcome", "Reason", "Method", "Method outcome", "Sessions")
    for target in targets:
        methods = target.methods
        labels = Text("\n").join(Text(printable(" ".join(dict.fromkeys([m.type, m.label])))) for m in methods)
        outcomes = Text("\n").join(outcome_text(method.outcome) for method in methods)
        revoked = {True: "revoked", False: "not revoked", None: ""}[target.sessions_revoked]
        reason = Text(printable(": ".join(part for part in (target.reason, target.detail) if part)))
        table.add_row(
            Text(printable(target.customer)),
            Text(printable(target.user_principal_name)),
            outcome_text(target.outcome),
            reason,
            labels,
            outcomes,
            revoked,
        )
    return table


def summary(request: ResetRequest) -> Text:
    """Return the request in a line: id, status, counts."""
    totals = request.totals.model_dump(by_alias=True, exclude={"targets"})
    counts = ", ".join(
        f"{count} {printable(name)}" for name, count in totals.items() if isinstance(count, int) and count
    )
    head = Text(f"{printable(request.id)} ") + outcome_text(request.status)
    noun = "target" if request.totals.targets == 1 else "targets"
    return head.append(f"  {request.totals.targets} {noun}: {counts or 'no outcomes yet'}")


def notes(request: ResetRequest) -> list[str]:
    """Return sentences that explain the request's status."""
    lines = []
    if request.status == Status.AWAITING_APPROVAL:
        people = ", ".join(_approver(entry) for entry in request.approval.approvers)
        until = f" until {request.approval.expires_at:%Y-%m-%d %H:%M} UTC" if request.approval.expires_at else ""
        lines.append(f"waiting for approval by {people or 'its approvers'}{until}")
    for decision in request.approval.decisions:
        comment = f": {printable(decision.comment)}" if decision.comment else ""
        lines.append(f"{printable(decision.decision)} by {printable(decision.approver)}{comment}")
    if reason := ": ".join(part for part in (request.failure, request.detail) if part):
        lines.append(printable(reason))
    return lines


def _approver(entry: Approver) -> str:
    problem = {"failed": "mail not sent", "bounced": "mail bounced"}.get(entry.mail)
    return printable(entry.approver) + (f" ({problem}: {printable(entry.detail)})" if problem else "")


class ProgressDisplay:
    """Show a request's progress: a bar on a terminal, a line per change in a log, nothing when quiet."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._before: object = None
        self._bar: Progress | None = None
        if console.is_terminal and not quiet:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task("waiting", total=None)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def update(self, request: ResetRequest) -> None:
        """Show the request as it is now."""
        finished = request.totals.targets - request.totals.pending
        if self._bar:
            self._bar.update(
                self._task, total=request.totals.targets, completed=finished, description=printable(request.status)
            )
        now = (request.status, len(request.approval.decisions), None if self._bar else finished)
        if now != self._before and not self._quiet:
            self._console.print(summary(request))
            for line in notes(request):
                self._console.print(Text(f"  {line}"))
        self._before = now


def ended_well(target: Target) -> bool:
    """Whether nothing is left to do for the target."""
    return target.outcome in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}
