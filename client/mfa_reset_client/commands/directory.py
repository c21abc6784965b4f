"""Look up whom a reset may be requested for."""

import sys
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from mfa_reset_client import labels, target_files
from mfa_reset_client.cards import lookup_card, user_card
from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import Limit, Service
from mfa_reset_client.exit_codes import ExitCode
from mfa_reset_client.formatting import printable, words_of
from mfa_reset_client.languages import gettext, number
from mfa_reset_client.models import Unreachable

app = typer.Typer()


@app.command()
@expand_groups
def lookup(
    service: Service,
    file: Annotated[str, typer.Argument(metavar="FILE", hidden=True)],
    customer: Annotated[
        list[str] | None,
        typer.Option(metavar="CUSTOMER", help="Look only in this customer. Repeatable. Default: every one."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write who was found as CSV, for request --file.")
    ] = None,
) -> None:
    """Look up many users: who is found where, ambiguous or unknown.

    FILE is a list of up to 10,000 lines, - the standard input: user principal names, mail addresses or object ids, or a CSV file
    with a header. Nothing is requested. The exit code is 2 where a line is not one user.
    """
    try:
        text = sys.stdin.read() if file == "-" else target_files.read_text(Path(file))
    except target_files.TargetFileError as error:
        raise service.output.bad_input(error.reported) from None
    with service.session() as session:
        found = session.client.look_up(text, customer or ())
        if service.as_json:
            session.output.json(found.to_json())
        else:
            for row in found.value:
                if row.state not in {"found", "duplicate"}:
                    session.output.out.print(lookup_card(row))
            session.output.note(
                ", ".join(f"{words_of(labels.LOOKUP, state)}: {number(n)}" for state, n in found.counts.items())
            )
        users = [row.user for row in found.value if row.state == "found" and row.user]
        if save is not None:
            save.write_text(target_files.to_csv([(user.customer, user.id) for user in users]), encoding="utf-8")
            session.output.note(gettext("Next:") + f"\n  mfa-reset request --file {save} --reason TEXT --ticket NUMBER")
        if len(users) + found.counts.get("duplicate", 0) < len(found.value):
            raise typer.Exit(ExitCode.BAD_INPUT)


@app.command()
@expand_groups
def users(
    service: Service,
    customer: Annotated[
        list[str], typer.Option(metavar="CUSTOMER", help="Policy key, tenant id or domain. Repeatable.")
    ],
    limit: Limit = 20,
    search: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only users whose name or address begins with this.")
    ] = None,
) -> None:
    """Find users of customers, live from Microsoft Entra."""
    with service.session() as session:

        def report(unreachable: Unreachable) -> None:
            reason = words_of(labels.UNREACHABLE, unreachable.reason)
            session.output.note(f"{printable(unreachable.customer)}: {reason}")

        found = session.client.users(customer, search=search, on_unreachable=report)
        session.output.listing(islice(found, limit), user_card, gettext("No users match."))
