"""Say who stands in while the signed-in approver is away: delegation."""

from datetime import datetime
from typing import Annotated

import typer

from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import Service
from mfa_reset_client.formatting import moment, printable
from mfa_reset_client.languages import gettext
from mfa_reset_client.messages import Message
from mfa_reset_client.models import Delegation

app = typer.Typer()


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(Message("is no time such as 2026-12-24T08:00:00Z")) from None
    if found.tzinfo is None:
        raise typer.BadParameter(Message("needs an offset, such as Z or +01:00"))
    return found


@app.command()
@expand_groups
def delegation(
    service: Service,
    delegate: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Who is asked instead of you about new requests; with --until.")
    ] = "",
    until: Annotated[
        datetime | None,
        typer.Option(metavar="TIME", parser=_instant, help="When you are back: 2026-12-24T08:00:00Z."),
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="You are back.")] = False,
) -> None:
    """Show, set or end who stands in for you as an approver.

    You sign in as yourself: a key is no person. Requests that wait already stay with you.
    """
    if bool(delegate) != (until is not None) or (end and delegate):
        raise service.output.bad_input([Message("use --delegate and --until together, or --end, or none of them")])
    with service.session() as session:
        if end:
            found = session.client.end_delegation()
        elif until is not None:
            found = session.client.delegate(delegate, until)
        else:
            found = session.client.delegation()
        if service.as_json:
            session.output.json(found.to_json())
        else:
            session.output.out.print(_sentence(found), markup=False, highlight=False)


def _sentence(found: Delegation) -> str:
    if not found.approvers:
        return gettext("You are no approver of any customer.")
    if found.delegate is None or found.until is None:
        names = ", ".join(map(printable, found.deputies))
        deputies = " " + gettext("These may stand in for you: %(names)s.", names=names) if names else ""
        return gettext("You are asked yourself.") + deputies
    return gettext(
        "Until %(when)s, %(delegate)s is asked instead of you about new requests.",
        when=moment(found.until),
        delegate=printable(found.delegate),
    )
