"""What a person sees: a line per request, a table of outcomes, progress while waiting."""

from collections.abc import Iterable
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mfa_reset_client.models import Approver, ResetRequest, Status, Target, TargetOutcome

# Where no terminal says its width (pipelines), lines this long stay whole in every log viewer.
LOG_WIDTH = 160
_GOOD = {"reset", "alreadyClear", "deleted", "deactivated", "alreadyGone", "completed", "planned"}
_WAITING = {"pending", "planning", "awaitingApproval", "resetting"}


def console(*, stderr: bool = False) -> Console:
    plain_console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if plain_console.is_terminal:
        return plain_console
    return Console(stderr=stderr, highlight=False, width=LOG_WIDTH)


def plain(text: object) -> str:
    """Text of others for a terminal: no control characters, which could move the cursor or colour what we say."""
    return "".join(c if c.isprintable() else "�" for c in str(text))


def outcome_text(word: str) -> Text:
    style = "green" if word in _GOOD else "yellow" if word in _WAITING else "red"
    return Text(plain(word), style)


def targets_table(targets: Iterable[Target]) -> Table:
    table = Table("Customer", "User", "Outcome", "Why", "Method", "Method outcome", "Sessions")
    for target in targets:
        methods = target.methods
        labels = Text("\n").join(Text(plain(" ".join(dict.fromkeys([m.type, m.label])))) for m in methods)
        outcomes = Text("\n").join(outcome_text(method.outcome) for method in methods)
        revoked = {True: "revoked", False: "not revoked", None: ""}[target.sessions_revoked]
        why = Text(plain(": ".join(part for part in (target.reason, target.detail) if part)))
        table.add_row(
            Text(plain(target.customer)),
            Text(plain(target.user_principal_name)),
            outcome_text(target.outcome),
            why,
            labels,
            outcomes,
            revoked,
        )
    return table


def summary(request: ResetRequest) -> Text:
    """The request in a line: id, status, counts."""
    totals = request.totals.model_dump(by_alias=True, exclude={"targets"})
    counts = ", ".join(f"{count} {plain(name)}" for name, count in totals.items() if isinstance(count, int) and count)
    head = Text(f"{plain(request.id)} ") + outcome_text(request.status)
    return head.append(f"  {request.totals.targets} targets: {counts or 'none settled'}")


def notes(request: ResetRequest) -> list[str]:
    """Why it is as it is, in sentences."""
    lines = []
    if request.status == Status.AWAITING_APPROVAL:
        people = ", ".join(_asked(entry) for entry in request.approval.approvers)
        until = f" until {request.approval.expires_at:%Y-%m-%d %H:%M} UTC" if request.approval.expires_at else ""
        lines.append(f"waits for approval by {people or 'its approvers'}{until}")
    for decision in request.approval.decisions:
        comment = f": {plain(decision.comment)}" if decision.comment else ""
        lines.append(f"{plain(decision.decision)} by {plain(decision.approver)}{comment}")
    if why := ": ".join(part for part in (request.failure, request.detail) if part):
        lines.append(plain(why))
    return lines


def _asked(entry: Approver) -> str:
    lost = {"failed": "mail not sent", "bounced": "mail bounced"}.get(entry.mail)
    return plain(entry.approver) + (f" ({lost}: {plain(entry.detail)})" if lost else "")


class Watch:
    """Shows a request's progress: a bar on a terminal, a line per change in a log, nothing when quiet."""

    def __init__(self, to: Console, *, quiet: bool) -> None:
        self._console = to
        self._quiet = quiet
        self._before: object = None
        self._bar: Progress | None = None
        if to.is_terminal and not quiet:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=to,
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

    def look(self, request: ResetRequest) -> None:
        settled = request.totals.targets - request.totals.pending
        if self._bar:
            self._bar.update(
                self._task, total=request.totals.targets, completed=settled, description=plain(request.status)
            )
        now = (request.status, len(request.approval.decisions), None if self._bar else settled)
        if now != self._before and not self._quiet:
            self._console.print(summary(request))
            for line in notes(request):
                self._console.print(Text(f"  {line}"))
        self._before = now


def ended_well(target: Target) -> bool:
    return target.outcome in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}
