"""What a command prints, for people or as JSON, and its exit code."""

import codecs
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from mfa_reset_client.client import Client
from mfa_reset_client.errors import ClientError, ProblemError
from mfa_reset_client.exit_codes import ExitCode, exit_code_of, exit_code_of_error
from mfa_reset_client.formatting import ended_well, make_console, notes, printable, summary, targets_table
from mfa_reset_client.models import ResetRequest

# More rows than this are too many to read: beyond it only targets that did not end well are shown.
_MAX_ROWS = 200


@dataclass(frozen=True, slots=True)
class Output:
    """With `as_json` stdout carries one JSON value and nothing else; messages for people go to stderr."""

    as_json: bool
    out: Console
    err: Console

    @classmethod
    def create(cls, *, as_json: bool) -> "Output":
        """Return an output to this process's stdout and stderr."""
        return cls(as_json, make_console(), make_console(stderr=True))

    def json(self, value: object) -> None:
        """Print a JSON value.

        In ASCII unless stdout is UTF-8: on Windows the code page of a pipe depends on the machine, and the reader's may differ.
        """
        typer.echo(json.dumps(value, indent=2, ensure_ascii=not _is_utf8(sys.stdout.encoding)))

    def note(self, text: str) -> None:
        """Print a message for people."""
        self.err.print(Text(text))

    def request(self, request: ResetRequest, client: Client | None = None) -> None:
        """Print the request; with `client`, also its targets if it has ended."""
        if self.as_json:
            self.json(request.to_json())
            return
        self.out.print(summary(request))
        for line in notes(request):
            self.out.print(Text(f"  {line}"))
        if client is not None and request.ended:
            self._targets(request, client)

    def _targets(self, request: ResetRequest, client: Client) -> None:
        few = request.totals.targets <= _MAX_ROWS
        rows = []
        for target in client.targets(request.id):
            if few or not ended_well(target):
                rows.append(target)
            if len(rows) == _MAX_ROWS:
                break
        if rows:
            self.out.print(targets_table(rows))
        if not few:
            self.out.print(
                Text(
                    f"Only up to {_MAX_ROWS} targets that did not end well are shown. All: mfa-reset targets {request.id}"
                )
            )

    @contextmanager
    def reporting_errors(self) -> Iterator[None]:
        """Turn the client's errors into messages or JSON, and into the exit code."""
        try:
            yield
        except ClientError as error:
            code = exit_code_of_error(error)
            if self.as_json:
                self.json({"error": error.to_json(), "exitCode": int(code)})
            self._report(error)
            raise typer.Exit(code) from None
        except KeyboardInterrupt:
            self.note("Interrupted. The request continues: use mfa-reset status, wait or cancel with its id.")
            raise typer.Exit(ExitCode.INTERRUPTED) from None

    def bad_input(self, mistakes: list[str]) -> typer.Exit:
        """Report mistakes in the input, and return the exit to raise."""
        if self.as_json:
            errors: list[dict[str, Any]] = [{"pointer": "", "detail": mistake} for mistake in mistakes]
            error = {"reason": "invalidInput", "detail": "The input has mistakes.", "errors": errors}
            self.json({"error": error, "exitCode": int(ExitCode.BAD_INPUT)})
        for mistake in mistakes:
            self.note(f"error: {printable(mistake)}")
        return typer.Exit(ExitCode.BAD_INPUT)

    def _report(self, error: ClientError) -> None:
        if isinstance(error, ProblemError):
            self.note(f"error: {printable(error.title)} (HTTP {error.status}): {printable(error)}")
            for entry in error.errors:
                self.note(f"  {printable(entry['pointer']) or '/'}: {printable(entry['detail'])}")
        else:
            self.note(f"error: {printable(error)}")

    def end(self, request: ResetRequest) -> typer.Exit:
        """Return the exit to raise, with the code for the request's status."""
        return typer.Exit(exit_code_of(request))


def allow_any_text() -> None:
    """Make stdout and stderr replace characters that their encoding lacks, instead of failing (code pages of Windows)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "utf-8"
