"""List the customers, and find those of the partner relationships that are not in the policy."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mfa_reset_client.cards import customer_card, partner_customer_card
from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import Service
from mfa_reset_client.formatting import printable
from mfa_reset_client.languages import gettext, ngettext, number
from mfa_reset_client.messages import Message
from mfa_reset_client.models import PartnerCustomer, PartnerCustomerPage
from mfa_reset_client.new_files import NewFileError, write_new_file
from mfa_reset_client.output import Output

customers_app = typer.Typer(invoke_without_command=True)
app = typer.Typer()
app.add_typer(customers_app, name="customers")


class State(StrEnum):
    """How a customer stands in the policy."""

    NEW = "new"
    KNOWN = "known"
    NO_RELATIONSHIP = "noRelationship"


@customers_app.callback()
@expand_groups
def customers(service: Service) -> None:
    """List the customers, and the methods that may be reset there."""
    if service.context.invoked_subcommand is not None:
        return
    with service.session() as session:
        session.output.listing(
            session.client.customers(), customer_card, gettext("There are no customers that you may see.")
        )


@customers_app.command()
@expand_groups
def discover(
    service: Service,
    state: Annotated[
        State | None,
        typer.Option(metavar="STATE", help=f"Only customers in this state: {', '.join(State)}. Default: all."),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write the proposed files of new customers there. A file that is there stays as it is.",
        ),
    ] = None,
) -> None:
    """Hold the partner relationships (GDAP) against the policy.

    New customers come with a proposed file, which --write puts into a folder to be reviewed. The policy in use does not change.
    """
    with service.session() as session:
        output, read = session.output, 0

        def report(page: PartnerCustomerPage) -> None:
            nonlocal read
            read += len(page.value)
            output.note(gettext("Read %(read)s of %(total)s customers.", read=number(read), total=number(page.total)))

        found: list[PartnerCustomer] = []
        for customer in session.client.discover_customers(state=state, on_page=report):
            found.append(customer)
            if not service.as_json:  # as they arrive
                output.out.print(partner_customer_card(customer))
        if service.as_json:
            output.json([customer.to_json() for customer in found])
        if write is not None:
            _write(output, write, found)


def _write(output: Output, folder: Path, found: list[PartnerCustomer]) -> None:
    written = kept = 0
    for proposal in (customer.proposal for customer in found):
        if proposal is None:
            continue
        try:
            is_new = write_new_file(folder, f"{proposal.key}.toml", proposal.text)
        except NewFileError as error:
            raise output.bad_input([Message("%(option)s: %(mistake)s", option="--write", mistake=error)]) from None
        written, kept = written + is_new, kept + (not is_new)
        if not is_new:
            file = printable(f"{folder / proposal.key}.toml")
            output.note(gettext("%(file)s is there already and stays as it is.", file=file))
    place = printable(str(folder))
    output.note(
        ngettext(
            "Wrote %(num)s new file to %(folder)s.", "Wrote %(num)s new files to %(folder)s.", written, folder=place
        )
    )
    if kept:
        output.note(ngettext("%(num)s file stays as it is.", "%(num)s files stay as they are.", kept))
    if written:
        output.note(
            gettext(
                "Next: run python -m domain.policy.check, and have the files reviewed. The policy in use has not changed."
            )
        )
