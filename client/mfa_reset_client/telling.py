"""What a command says at its end: for people or as JSON, and the exit code with it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from mfa_reset_client.client import Client
from mfa_reset_client.errors import ClientError, ProblemError
from mfa_reset_client.exits import Exit, exit_of, exit_of_error
from mfa_reset_client.models import ResetRequest
from mfa_reset_client.showing import console, ended_well, notes, plain, summary, targets_table

# More rows than this nobody reads: then only what needs somebody is shown.
_MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Teller:
    """With `as_json` stdout carries one JSON value and nothing else; what people read goes to stderr."""

    as_json: bool
    out: Console
    err: Console

    @classmethod
    def new(cls, *, as_json: bool) -> "Teller":
        return cls(as_json, console(), console(stderr=True))

    def json(self, value: object) -> None:
        typer.echo(json.dumps(value, indent=2, ensure_ascii=False))

    def note(self, text: str) -> None:
        self.err.print(Text(text))

    def request(self, request: ResetRequest, client: Client | None = None) -> None:
        """The request; with `client`, its targets, too, once it has ended."""
        if self.as_json:
            self.json(request.to_json())
            return
        self.out.print(summary(request))
        for line in notes(request):
            self.out.print(Text(f"  {line}"))
        if client is not None and request.ended:
            self._outcomes(request, client)

    def _outcomes(self, request: ResetRequest, client: Client) -> None:
        few = request.totals.targets <= _MOST_ROWS
        rows = []
        for target in client.targets(request.id):
            if few or not ended_well(target):
                rows.append(target)
            if len(rows) == _MOST_ROWS:
                break
        if rows:
            self.out.print(targets_table(rows))
        if not few:
            self.out.print(Text(f"at most {_MOST_ROWS} that did not end well are shown; all: mfa-reset targets ID"))

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Turns errors into what a person or a machine can use, and into the exit code."""
        try:
            yield
        except ClientError as error:
            code = exit_of_error(error)
            if self.as_json:
                self.json({"error": error.to_json(), "exitCode": int(code)})
            self._explain(error)
            raise typer.Exit(code) from None
        except KeyboardInterrupt:
            self.note("Interrupted. What was asked for goes on: mfa-reset status, wait or cancel with its id.")
            raise typer.Exit(Exit.INTERRUPTED) from None

    def bad_input(self, mistakes: list[str]) -> typer.Exit:
        """Says the mistakes; to be raised."""
        if self.as_json:
            errors: list[dict[str, Any]] = [{"pointer": "", "detail": mistake} for mistake in mistakes]
            error = {"reason": "invalidInput", "detail": "The input has mistakes.", "errors": errors}
            self.json({"error": error, "exitCode": int(Exit.BAD_INPUT)})
        for mistake in mistakes:
            self.note(f"error: {plain(mistake)}")
        return typer.Exit(Exit.BAD_INPUT)

    def _explain(self, error: ClientError) -> None:
        if isinstance(error, ProblemError):
            self.note(f"error: {plain(error.title)} (HTTP {error.status}): {plain(error)}")
            for entry in error.errors:
                self.note(f"  {plain(entry['pointer']) or '/'}: {plain(entry['detail'])}")
        else:
            self.note(f"error: {plain(error)}")

    def end(self, request: ResetRequest) -> typer.Exit:
        """The exit that tells how the request stands; to be raised."""
        return typer.Exit(exit_of(request))
