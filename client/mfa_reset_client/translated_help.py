"""`--help` in the user's language. Typer takes its texts from the source, when the modules are imported."""

from collections.abc import Iterator
from os import environ
from typing import Any

from typer.core import TyperGroup

from mfa_reset_client.languages import chosen, gettext, look_up, use
from mfa_reset_client.usage_errors import usage_errors

# Typer has them without a public name.
_Context: Any = TyperGroup.context_class
_HelpFormatter: Any = _Context.formatter_class


class TranslatedFormatter(_HelpFormatter):  # type: ignore[misc]
    """Writes what Typer itself says: the headings, and what stands in brackets behind an option."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line."""
        super().write_usage(prog, args, prefix if prefix is not None else gettext("Usage: "))

    def write_heading(self, heading: str) -> None:
        """Write the heading of a part."""
        super().write_heading(_HEADINGS[heading]() if heading in _HEADINGS else heading)

    def write_dl(self, rows: Any, *arguments: Any, **options: Any) -> None:
        """Write a list of options or commands."""
        super().write_dl([(name, _notes(text)) for name, text in rows], *arguments, **options)


_HEADINGS = {
    "Options": lambda: gettext("Options"),
    "Commands": lambda: gettext("Commands"),
    "Arguments": lambda: gettext("Arguments"),
}


def _notes(text: str) -> str:
    """Translate `[env var: X; default: 20; required]` behind an option's text."""
    head, bracket, notes = text.rpartition("  [")
    if not bracket:
        return text
    for english, words in (
        ("env var: ", gettext("env var: ")),
        ("default: ", gettext("default: ")),
        ("required", gettext("required")),
    ):
        notes = notes.replace(english, words)
    return f"{head}{bracket}{notes}"


class TranslatedGroup(TyperGroup):
    """The command with its subcommands, whose help is in the language that the user asks for."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Choose the language before anything is parsed, because --help is answered while parsing."""
        use(chosen(args, environ))
        for command in everything(self):
            _translate(command)
        with usage_errors():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand, and report what is wrong with its options."""
        with usage_errors():
            return super().invoke(ctx)


def everything(group: TyperGroup) -> Iterator[Any]:
    """Return the command, its subcommands, and theirs."""
    yield group
    for command in group.commands.values():
        if isinstance(command, TyperGroup):
            yield from everything(command)
        else:
            yield command


def help_texts(command: Any) -> Iterator[str]:
    """Return the texts of a command's help, in English."""
    yield from (text for text in (command.help, *(getattr(each, "help", None) for each in command.params)) if text)


def _translate(command: Any) -> None:
    # Each start builds its commands anew, so they are in English here.
    command.context_class = type(
        "TranslatedContext", (command.context_class,), {"formatter_class": TranslatedFormatter}
    )
    if command.help:
        command.help = look_up(command.help)
    option = command.get_help_option(_Context(command))
    for parameter in (*command.params, *([option] if option else [])):
        if text := getattr(parameter, "help", None):
            parameter.help = look_up(text)
