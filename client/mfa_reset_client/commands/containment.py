"""Undo the containment of compromised accounts: unblock, dismiss-risk."""

from typing import Annotated

import typer

from mfa_reset_client import labels
from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import RequestId, Service
from mfa_reset_client.commands.verification import find_target
from mfa_reset_client.formatting import count_of, words_of

app = typer.Typer()

Users = Annotated[
    list[str] | None,
    typer.Option("--user", metavar="USER", help="User principal name or object id. Repeatable. Default: all."),
]
Operator = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Your mail address. Needed with a key, refused when signed in.")
]


@app.command()
@expand_groups
def unblock(service: Service, request_id: RequestId, user: Users = None, operator: Operator = "") -> None:
    """Unblock the sign-in of users whom a request blocked."""
    _release(service, request_id, "unblock", user, operator)


@app.command()
@expand_groups
def dismiss_risk(service: Service, request_id: RequestId, user: Users = None, operator: Operator = "") -> None:
    """Dismiss the risk that a request confirmed."""
    _release(service, request_id, "dismiss_risk", user, operator)


def _release(service: Service, request_id: str, what: str, users: list[str] | None, operator: str) -> None:
    with service.session() as session:
        numbers = None
        if users:
            found = list(session.client.targets(request_id))
            try:
                numbers = [find_target(found, user).number for user in users]
            except LookupError as error:
                raise session.output.bad_input([str(error)]) from None
        asked = getattr(session.client, what)(request_id, numbers, operator=operator)
        if service.as_json:
            session.output.json(asked.to_json())
            return
        doing = "are unblocked" if what == "unblock" else "have their risk dismissed"
        session.output.note(f"{count_of(asked.asked, 'user')} {doing} within seconds: mfa-reset targets {request_id}")
        for left in asked.left:
            session.output.note(
                f"User {left.number} stays as they are: {words_of(labels.CONTAINMENT_REASON, left.reason)}"
            )
