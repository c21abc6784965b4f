"""Progress on stderr: how a request proceeds, and what is being retried."""

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from mfa_reset_client.cards import explanations, request_line, words_for
from mfa_reset_client.formatting import printable, words_of
from mfa_reset_client.languages import gettext
from mfa_reset_client.models import ResetRequest
from mfa_reset_client.retry import Retry

_SILENT = 2.0  # seconds of failing calls that are not worth a message


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
            self._task = self._bar.add_task(gettext("Waiting"), total=None)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def update(self, request: ResetRequest) -> None:
        """Show the request as it is now."""
        finished = request.totals.targets - request.totals.pending - request.totals.cancelled
        if self._bar:
            status = words_of(words_for(request).status, request.status)
            self._bar.update(self._task, total=request.totals.targets, completed=finished, description=status)
        now = (request.status, len(request.approval.decisions), None if self._bar else finished)
        if now != self._before and not self._quiet:
            self._console.print(request_line(request))
            for line in explanations(request):
                self._console.print(Text(f"  {line}"))
        self._before = now


class RetryMessages:
    """Say what is being retried, once for each cause, when it has lasted for two seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._reported = ""

    def report(self, retry: Retry) -> None:
        """Report a retry if it is worth a message."""
        if retry.attempt == 1:  # another call than before
            self._reported = ""
        if retry.failing_for + retry.next_try < _SILENT or retry.reason == self._reported:
            return
        self._reported = retry.reason
        text = gettext(
            "The service is unavailable (%(reason)s). Retrying for up to %(seconds)s seconds.",
            reason=printable(retry.reason),
            seconds=f"{retry.last_try:.0f}",
        )
        self._console.print(Text(text))
