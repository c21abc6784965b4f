"""Errors of the command line's parser in the user's language. Typer has their texts in its source, in English only."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from typer.exceptions import TyperException

from mfa_reset_client.languages import gettext
from mfa_reset_client.messages import Message, in_words

# What Typer 0.29 and pydantic say, with %(name)s for what differs. A text that is not among them stays as it is.
_TEXTS = (
    Message("Missing command."),
    Message("No such command %(name)s. Did you mean %(names)s?"),
    Message("No such command %(name)s."),
    Message("No such option: %(name)s (Possible options: %(names)s)"),
    Message("No such option: %(name)s"),
    Message("Missing argument %(name)s. %(text)s"),
    Message("Missing argument %(name)s."),
    Message("Missing option %(name)s. %(text)s"),
    Message("Missing option %(name)s."),
    Message("Choose from:%(names)s"),
    Message("Option %(name)s requires an argument."),
    Message("Option %(name)s does not take a value."),
    Message("Got unexpected extra argument(s) (%(names)s)"),
    Message("Invalid value for %(name)s (env var: %(variable)s): %(text)s"),
    Message("Invalid value for %(name)s: %(text)s"),
    Message("%(value)s is not one of %(names)s."),
    Message("Input should be greater than or equal to %(number)s"),
    Message("Input should be less than or equal to %(number)s"),
    Message("Input should be a valid integer, unable to parse string as an integer"),
    Message("Input should be a valid number, unable to parse string as a number"),
)
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
# What pydantic writes before the text of an error that a validator raised.
_RAISED = "Value error, "


@contextmanager
def usage_errors() -> Iterator[None]:
    """Print an error of the parser as Typer does, in the current language, and exit with its code."""
    try:
        yield
    except TyperException as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        if type(error).__name__ == "NoArgsIsHelpError":  # its text is the help, which is translated
            show()
        else:
            _print(error)
        raise typer.Exit(error.exit_code) from None


def _print(error: Any) -> None:
    context = getattr(error, "ctx", None)
    if context is not None:
        typer.echo(context.get_usage(), err=True)
        typer.echo(gettext("Try '%(command)s --help' for help.", command=context.command_path), err=True)
        typer.echo(err=True)
    typer.echo(gettext("Error: %(text)s", text=_words(error)), err=True)


def _words(error: Any) -> str:
    text = error.format_message()
    if isinstance(error.message, Message):  # one of ours, within a sentence of Typer's
        text = text.replace(error.message, in_words(error.message))
    return translated(text)


def translated(text: str) -> str:
    """Return a text of the parser in the current language."""
    text = text.removeprefix(_RAISED)
    for known in _TEXTS:
        if found := _pattern(known).fullmatch(text):
            values = {name: translated(value) if name == "text" else value for name, value in found.groupdict().items()}
            return known.filled(**values)
    return text


def _pattern(text: str) -> re.Pattern[str]:
    parts: Sequence[str] = _PLACEHOLDER.split(text)  # text, name, text, name, ..., text
    pattern = "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile(pattern, re.DOTALL)
