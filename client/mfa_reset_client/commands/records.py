"""Read what was recorded of a request: audit, export, evidence."""

import io
import zipfile
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mfa_reset_client.cards import alert_card, audit_log_line, event_card, words_for
from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import RequestId, Service
from mfa_reset_client.exit_codes import ExitCode
from mfa_reset_client.formatting import RESET, count_of, printable
from mfa_reset_client.languages import gettext
from mfa_reset_client.messages import Message, file_error
from mfa_reset_client.models import AuditVerification
from mfa_reset_client.output import Output
from mfa_reset_client.pdf import NoBrowserError, print_page

app = typer.Typer()

OutputFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Where to write. Default: a name with the request's id.")
]


class ExportFormat(StrEnum):
    """Formats of an export."""

    CSV = "csv"
    JSON = "json"


@app.command()
@expand_groups
def audit(
    service: Service,
    request_id: RequestId,
    verify: Annotated[bool, typer.Option("--verify", help="Only check that no event is missing or changed.")] = False,
) -> None:
    """List the audit events of a request, and verify them.

    The exit code is 1 if an event is missing or was changed.
    """
    with service.session() as session:
        client, output = session.client, session.output
        if not verify:
            words = RESET if service.as_json else words_for(client.get(request_id))
            output.listing(client.audit(request_id), partial(event_card, words=words), gettext("There are no events."))
            if service.as_json:  # one JSON value; the verification is another
                return
        verification = client.verify_audit(request_id)
        if service.as_json:
            output.json(verification.to_json())
        else:
            output.out.print(Text(_verdict(verification)))
        if not verification.intact:
            raise typer.Exit(ExitCode.ERROR)


@app.command()
@expand_groups
def alerts(service: Service) -> None:
    """List removals that audit logs and records disagree about.

    The exit code is 1 if there are any, or a customer's audit log could not be read.
    """
    with service.session() as session:
        client, output = session.client, session.output
        found = list(client.removal_alerts())
        output.listing(found, alert_card, gettext("Nothing disagrees."))
        logs = client.audit_logs()
        unread = [log for log in logs.customers if log.state != "read"] if logs.enabled else []
        if not logs.enabled:
            output.note(gettext("Reconciliation is off: no audit log is read."))
        for log in unread:
            output.note(audit_log_line(log))
        if found or any(log.state != "waiting" for log in unread):
            raise typer.Exit(ExitCode.ERROR)


@app.command()
@expand_groups
def export(
    service: Service,
    request_id: RequestId,
    format: Annotated[ExportFormat, typer.Option(metavar="FORMAT", help="csv or json.")] = ExportFormat.CSV,  # noqa: A002 - the option's name
    customer: Annotated[str | None, typer.Option(metavar="CUSTOMER", help="Only users of this customer.")] = None,
    output: OutputFile = None,
) -> None:
    """Write a request with its users and methods to a file."""
    with service.session() as session:
        client = session.client
        if format is ExportFormat.CSV:
            content = client.export_csv(request_id, customer=customer)
        else:
            targets = [target.to_json() for target in client.targets(request_id, customer=customer)]
            content = session.output.to_json({"request": client.get(request_id).to_json(), "targets": targets})
        _write(session.output, output or Path(f"mfa-reset-{request_id}.{format}"), content)


@app.command()
@expand_groups
def evidence(
    service: Service,
    request_id: Annotated[str | None, typer.Argument(metavar="ID", hidden=True)] = None,
    customer: Annotated[
        str | None,
        typer.Option(metavar="CUSTOMER", help="Instead of ID: all requests of this customer, with --from and --to."),
    ] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="DATE", help="From (UTC), such as 2026-01-01.")] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="To (inclusive, UTC), such as 2026-12-31.")
    ] = None,
    output: OutputFile = None,
    pdf: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also write the summary of a period as PDF, with this machine's Edge or Chrome."
        ),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the public keys that verify the evidence of a period."),
    ] = None,
) -> None:
    """Write the evidence of a request or a period to a ZIP file.

    `python -m mfa_reset_client.verify FILE` verifies it offline.
    """
    with service.session() as session:
        if request_id is not None and not any((customer, start, end)):
            content = session.client.evidence(request_id)
            _write(session.output, output or Path(f"mfa-reset-{request_id}-evidence.zip"), content)
            return
        if request_id is not None or customer is None or start is None or end is None:
            raise session.output.bad_input([Message("Name a request, or --customer with --from and --to.")])
        content = session.client.period_evidence(customer, start, _end_of(end))
        _write(session.output, output or Path(f"mfa-reset-evidence-{customer}-{start[:10]}-{end[:10]}.zip"), content)
        if keys is not None:
            _write(session.output, keys, session.client.evidence_keys())
        if pdf is not None:
            _write(session.output, pdf, _summary_as_pdf(session.output, content))


def _end_of(day: str) -> str:
    """Return the day after a day: the service excludes the end. A moment, with a time of day, is an end as it is."""
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day


def _summary_as_pdf(output: Output, content: bytes) -> bytes:
    try:
        return print_page(zipfile.ZipFile(io.BytesIO(content)).read("summary.html"))
    except NoBrowserError as error:
        raise output.bad_input([Message("%(option)s: %(mistake)s", option="--pdf", mistake=error)]) from None


def _verdict(verification: AuditVerification) -> str:
    events = count_of(verification.events, "event")
    if verification.intact:
        return gettext("Verified: %(events)s, none missing or changed.", events=events)
    problem = printable(verification.problem) if verification.problem else gettext("an event is missing or was changed")
    return gettext("NOT VERIFIED: %(problem)s (%(events)s).", problem=problem, events=events)


def _write(output: Output, path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        mistake = Message("%(path)s cannot be written: %(reason)s", path=path, reason=file_error(error))
        raise output.bad_input([Message("%(option)s: %(mistake)s", option="--output", mistake=mistake)]) from None
    if output.as_json:
        output.json({"file": str(path), "bytes": len(content)})
    else:
        output.note(gettext("Wrote %(path)s (%(num)s bytes).", path=str(path), num=len(content)))
