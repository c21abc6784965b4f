"""What a command prints, for people or as JSON, and its exit code."""

import codecs
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from mfa_reset_client.cards import request_card, target_card, words_for
from mfa_reset_client.client import Client
from mfa_reset_client.errors import ClientError, ProblemError
from mfa_reset_client.exit_codes import ExitCode, exit_code_of, exit_code_of_error
from mfa_reset_client.formatting import make_console, printable
from mfa_reset_client.hints import next_steps
from mfa_reset_client.languages import gettext
from mfa_reset_client.messages import in_words
from mfa_reset_client.models import ApiModel, ResetRequest, Target, TargetOutcome

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

    def to_json(self, value: object) -> bytes:
        """Return a JSON value for a file."""
        return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"

    def note(self, text: str) -> None:
        """Print a message for people."""
        self.err.print(Text(text))

    def listing(self, things: Iterable[ApiModel], card: Callable[[Any], RenderableType], nothing: str) -> None:
        """Print a list as one JSON value or as cards; for people `nothing` says that it is empty."""
        if self.as_json:
            self.json([thing.to_json() for thing in things])
            return
        empty = True
        for thing in things:  # as they arrive
            self.out.print(card(thing))
            empty = False
        if empty:
            self.note(nothing)

    def request(self, request: ResetRequest, client: Client | None = None, *, hints: bool = True) -> None:
        """Print the request and what to do next; with `client`, also its targets if it has ended."""
        if self.as_json:
            self.json(request.to_json())
            return
        self.out.print(request_card(request))
        if client is not None and request.ended:
            self._targets(request, client)
        if hints and (steps := next_steps(request)):
            self.note(gettext("Next:"))
            for step in steps:
                self.note(f"  {step}")

    def _targets(self, request: ResetRequest, client: Client) -> None:
        few = request.totals.targets <= _MAX_ROWS
        rows = []
        for target in client.targets(request.id):
            if few or not _ended_well(target):
                rows.append(target)
            if len(rows) == _MAX_ROWS:
                break
        for row in rows:
            self.out.print(target_card(row, words_for(request)))
        if not few:
            self.out.print(
                Text(
                    gettext(
                        "Only up to %(num)s targets that did not end well are shown. All: mfa-reset targets %(id)s",
                        num=_MAX_ROWS,
                        id=request.id,
                    )
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
            self.note(gettext("Interrupted. The request continues: use mfa-reset status, wait or cancel with its id."))
            raise typer.Exit(ExitCode.INTERRUPTED) from None

    def bad_input(self, mistakes: Sequence[str | Exception]) -> typer.Exit:
        """Report mistakes in the input, and return the exit to raise."""
        if self.as_json:
            errors: list[dict[str, Any]] = [{"pointer": "", "detail": str(mistake)} for mistake in mistakes]
            error = {"reason": "invalidInput", "detail": "The input has mistakes.", "errors": errors}
            self.json({"error": error, "exitCode": int(ExitCode.BAD_INPUT)})
        for mistake in mistakes:
            self.note(gettext("error: %(text)s", text=printable(in_words(mistake))))
        return typer.Exit(ExitCode.BAD_INPUT)

    def _report(self, error: ClientError) -> None:
        if isinstance(error, ProblemError):
            text = f"{printable(error.title)} (HTTP {error.status}): {printable(in_words(error))}"
            self.note(gettext("error: %(text)s", text=text))
            for entry in error.errors:
                self.note(f"  {printable(entry['pointer']) or '/'}: {printable(entry['detail'])}")
        else:
            self.note(gettext("error: %(text)s", text=printable(in_words(error))))

    def end(self, request: ResetRequest) -> typer.Exit:
        """Return the exit to raise, with the code for the request's status."""
        return typer.Exit(exit_code_of(request))


def _ended_well(target: Target) -> bool:
    return target.outcome in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}


def allow_any_text() -> None:
    """Make stdout and stderr replace characters that their encoding lacks, instead of failing (code pages of Windows)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "utf-8"
