"""Options that are declared once, as a dataclass."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from mfa_reset_client.commands.option_groups import expand_groups


@dataclass(frozen=True, kw_only=True)
class Paging:
    context: typer.Context
    limit: Annotated[int, typer.Option(help="Rows per page.")] = 50


@dataclass(frozen=True, kw_only=True)
class Filter(Paging):
    status: Annotated[str | None, typer.Option()] = None


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    @expand_groups
    def list_things(kind: Annotated[str, typer.Argument()], filtered: Filter, sort: str = "name") -> None:
        """List things."""
        typer.echo(f"{kind} {sort} {filtered.limit} {filtered.status} {filtered.context.info_name}")

    return app


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["users"], "users name 50 None list-things"),
        (["users", "--limit", "3", "--status", "open", "--sort", "age"], "users age 3 open list-things"),
    ],
)
def test_a_group_is_filled_from_its_options(app: typer.Typer, arguments: list[str], printed: str) -> None:
    result = CliRunner().invoke(app, arguments, prog_name="list-things")
    assert (result.exit_code, result.stdout.strip()) == (0, printed)


def test_help_shows_the_options_of_groups(app: typer.Typer) -> None:
    text = CliRunner().invoke(app, ["--help"]).stdout
    assert "List things." in text
    assert "Rows per page." in text


def test_values_of_a_group_are_validated(app: typer.Typer) -> None:
    assert CliRunner().invoke(app, ["users", "--limit", "many"]).exit_code == 2
