"""Verify that users ask for a reset themselves: call-back, verified-id."""

from collections.abc import Iterable
from typing import Annotated

import typer

from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import RequestId, Service
from mfa_reset_client.hardware_tokens import not_one
from mfa_reset_client.languages import gettext
from mfa_reset_client.models import Target

app = typer.Typer()

User = Annotated[str, typer.Option(metavar="USER", help="User principal name or object id of the user.")]


@app.command()
@expand_groups
def call_back(
    service: Service,
    request_id: RequestId,
    user: User,
    number: Annotated[str, typer.Option(metavar="PHONE", help="The number on file that you called; kept masked.")],
    note: Annotated[str, typer.Option(metavar="TEXT", help="Where the number is from.")] = "",
    operator: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Your mail address. Needed with a key, refused when signed in.")
    ] = "",
) -> None:
    """Record that you called the user back on the number on file."""
    with service.session() as session:
        try:
            target = find_target(session.client.targets(request_id), user)
        except LookupError as error:
            raise session.output.bad_input([error]) from None
        done = session.client.record_callback(request_id, target.number, number, note=note, operator=operator)
        if service.as_json:
            session.output.json(done.to_json())
        else:
            session.output.note(gettext("%(name)s is verified.", name=done.user_principal_name))


@app.command()
@expand_groups
def verified_id(service: Service, request_id: RequestId, user: User) -> None:
    """Ask the user for a Verified ID and print its address."""
    with service.session() as session:
        try:
            target = find_target(session.client.targets(request_id), user)
        except LookupError as error:
            raise session.output.bad_input([error]) from None
        made = session.client.begin_presentation(request_id, target.number)
        if service.as_json:
            session.output.json(made.to_json())
        else:
            session.output.out.print(made.url)


def find_target(targets: Iterable[Target], user: str) -> Target:
    """Return the user's target. Raises: LookupError."""
    wanted = user.strip().casefold()
    found = [target for target in targets if wanted in {target.user_id, target.user_principal_name.casefold()}]
    if len(found) != 1:
        raise LookupError(not_one(user, found))
    return found[0]
