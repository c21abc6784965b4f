"""`mfa-reset`: the client for people at a terminal and for pipelines."""

import typer

from mfa_reset_client.commands import reset_requests, undo
from mfa_reset_client.exit_codes import MEANINGS
from mfa_reset_client.output import allow_any_text

app = typer.Typer(
    name="mfa-reset",
    help="Reset all multi-factor authentication methods of selected users, after approval.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # one of them is the key
    rich_markup_mode=None,
)
app.add_typer(reset_requests.app)
app.add_typer(undo.app)


@app.command()
def exit_codes() -> None:
    """List what each exit code means."""
    for code, meaning in MEANINGS.items():
        typer.echo(f"{code:>3}  {meaning}")


def run() -> None:
    """Run the command of this process's arguments."""
    allow_any_text()
    app(prog_name="mfa-reset")
