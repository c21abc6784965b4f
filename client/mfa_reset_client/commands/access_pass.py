"""Make the Temporary Access Pass of a user who was reset: access-pass."""

from typing import Annotated

import typer

from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import RequestId, Service
from mfa_reset_client.commands.verification import User, find_target
from mfa_reset_client.languages import gettext

app = typer.Typer()


@app.command()
@expand_groups
def access_pass(
    service: Service,
    request_id: RequestId,
    user: User,
    operator: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Your mail address. Needed with a key, refused when signed in.")
    ] = "",
) -> None:
    """Make a user's Temporary Access Pass and print it, once."""
    with service.session() as session:
        try:
            target = find_target(session.client.targets(request_id), user)
        except LookupError as error:
            raise session.output.bad_input([error]) from None
        made = session.client.make_access_pass(request_id, target.number, operator=operator)
        if service.as_json:
            session.output.json(made.to_json())
        else:
            session.output.out.print(made.access_pass, markup=False, highlight=False)
            name, until = made.user_principal_name, f"{made.ends_at:%H:%M} UTC"
            session.output.note(
                gettext(
                    "For %(name)s, good for one sign-in until %(until)s. It is not shown again.", name=name, until=until
                )
                if made.once
                else gettext(
                    "For %(name)s, good for any number of sign-ins until %(until)s. It is not shown again.",
                    name=name,
                    until=until,
                )
            )
