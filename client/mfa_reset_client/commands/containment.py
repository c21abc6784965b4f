"""Undo the containment of compromised accounts: unblock, dismiss-risk."""

from typing import Annotated

import typer

from mfa_reset_client import labels
from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import RequestId, Service
from mfa_reset_client.commands.verification import find_target
from mfa_reset_client.formatting import words_of
from mfa_reset_client.languages import gettext, ngettext

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
                raise session.output.bad_input([error]) from None
        asked = getattr(session.client, what)(request_id, numbers, operator=operator)
        if service.as_json:
            session.output.json(asked.to_json())
            return
        session.output.note(_asked(what, asked.asked, request_id))
        for left in asked.left:
            session.output.note(
                gettext(
                    "User %(number)s stays as they are: %(why)s",
                    number=str(left.number),
                    why=words_of(labels.CONTAINMENT_REASON, left.reason),
                )
            )


def _asked(what: str, users: int, request_id: str) -> str:
    if what == "unblock":
        return ngettext(
            "%(num)s user is unblocked within seconds: mfa-reset targets %(id)s",
            "%(num)s users are unblocked within seconds: mfa-reset targets %(id)s",
            users,
            id=request_id,
        )
    return ngettext(
        "%(num)s user has their risk dismissed within seconds: mfa-reset targets %(id)s",
        "%(num)s users have their risk dismissed within seconds: mfa-reset targets %(id)s",
        users,
        id=request_id,
    )
