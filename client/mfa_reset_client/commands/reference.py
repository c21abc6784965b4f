"""Help for scripts and shells: exit-codes, completion."""

from enum import StrEnum
from typing import Annotated

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined] # used by its own options

from mfa_reset_client.exit_codes import MEANINGS
from mfa_reset_client.languages import look_up

app = typer.Typer()


class Shell(StrEnum):
    """Shells with completion."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


@app.command()
def exit_codes() -> None:
    """List what each exit code means."""
    for code, meaning in MEANINGS.items():
        typer.echo(f"{code:>3}  {look_up(meaning)}")


@app.command()
def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", hidden=True)],
) -> None:
    """Print the completion script of a shell.

    \b
    bash        eval "$(mfa-reset completion bash)" in ~/.bashrc
    zsh         eval "$(mfa-reset completion zsh)" in ~/.zshrc, after compinit
    fish        mfa-reset completion fish | source, in ~/.config/fish/config.fish
    powershell  mfa-reset completion powershell | Out-String | iex, in $PROFILE
    """
    typer.echo(get_completion_script(prog_name="mfa-reset", complete_var="_MFA_RESET_COMPLETE", shell=shell))
