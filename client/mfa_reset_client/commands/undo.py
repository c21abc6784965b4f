"""Reactivate hardware tokens: undo, activate."""

from typing import Annotated

import typer

from mfa_reset_client.cards import target_card
from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import RequestId, Service, Submission
from mfa_reset_client.formatting import UNDO
from mfa_reset_client.hardware_tokens import find_token
from mfa_reset_client.languages import gettext

app = typer.Typer()


@app.command()
@expand_groups
def undo(
    service: Service,
    submission: Submission,
    request_id: RequestId,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="The reason. Default: that of the request.")] = "",
    ticket: Annotated[
        str, typer.Option(metavar="NUMBER", help="The ticket number. Default: that of the request.")
    ] = "",
    requester: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The mail address of the requester. Default: that of the request.")
    ] = "",
) -> None:
    """Request to reactivate the hardware tokens of an ended request.

    Once approved, each token needs a code: mfa-reset activate.
    """
    fields = {"reason": reason, "ticket": ticket, "requester": requester}
    with service.session(quiet=submission.quiet) as session:
        raise submission.submit(
            session,
            {"undoOf": request_id} | fields,
            lambda client, key: client.undo(request_id, **fields, idempotency_key=key),
        )


@app.command()
@expand_groups
def activate(
    service: Service,
    request_id: RequestId,
    user: Annotated[
        str, typer.Option(metavar="USER", help="User principal name or object id of the user with the token.")
    ],
    method: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="The token's id, if the user has several.")
    ] = None,
    code: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="The six digits on the token. Default: prompt for them at the last moment."),
    ] = None,
) -> None:
    """Reactivate a user's hardware token for an approved undo."""
    with service.session() as session:
        try:
            number, token = find_token(session.client.targets(request_id), user, method)
        except LookupError as error:
            raise session.output.bad_input([error]) from None
        digits = code or typer.prompt(gettext("Six digits on the token"), err=True)
        target = session.client.activate(request_id, number, token, digits.strip())
        if service.as_json:
            session.output.json(target.to_json())
        else:
            session.output.out.print(target_card(target, UNDO))
            session.output.note(gettext("The token is active again."))
