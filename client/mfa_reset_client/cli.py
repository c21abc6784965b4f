"""`mfa-reset`: the client for people at a terminal and for pipelines."""

from typing import Annotated

import typer
from typer.completion import completion_init  # type: ignore[attr-defined] # used by its own options

from mfa_reset_client.commands import (
    access_pass,
    containment,
    customers,
    delegation,
    directory,
    records,
    reference,
    reset_requests,
    undo,
    verification,
)
from mfa_reset_client.languages import OPTION, VARIABLE
from mfa_reset_client.output import allow_any_text
from mfa_reset_client.translated_help import TranslatedGroup
from mfa_reset_client.version import __version__

app = typer.Typer(
    name="mfa-reset",
    cls=TranslatedGroup,
    no_args_is_help=True,
    add_completion=False,  # mfa-reset completion names the shell instead of guessing it
    pretty_exceptions_show_locals=False,  # one of them is the key
    rich_markup_mode=None,
)
for module in (
    reset_requests,
    customers,
    directory,
    records,
    undo,
    containment,
    verification,
    access_pass,
    delegation,
    reference,
):
    app.add_typer(module.app)


def _print_version(requested: bool) -> None:  # noqa: FBT001 - typer calls it so
    if requested:
        typer.echo(f"mfa-reset {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version and exit.")
    ] = False,
    language: Annotated[
        str,
        typer.Option(
            OPTION,
            metavar="TAG",
            envvar=VARIABLE,
            show_default=False,
            help="Language of texts, such as de. Default: that of the locale. It does not change JSON.",
        ),
    ] = "",
) -> None:
    """Reset all multi-factor authentication methods of selected users, after approval."""
    del language, version  # TranslatedGroup and the callback have read them


def run() -> None:
    """Run the command of this process's arguments."""
    completion_init()
    allow_any_text()
    app(prog_name="mfa-reset")
