"""Look up whom a reset may be requested for: customers, users."""

from itertools import islice
from typing import Annotated

import typer

from mfa_reset_client import labels
from mfa_reset_client.cards import customer_card, user_card
from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import Limit, Service
from mfa_reset_client.formatting import printable, words_of
from mfa_reset_client.models import Unreachable

app = typer.Typer()


@app.command()
@expand_groups
def customers(service: Service) -> None:
    """List the customers, and the methods that may be reset there."""
    with service.session() as session:
        session.output.listing(session.client.customers(), customer_card, "There are no customers that you may see.")


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
        session.output.listing(islice(found, limit), user_card, "No users match.")
