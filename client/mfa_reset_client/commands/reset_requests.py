"""Request resets and follow them: request, status, wait, targets, list, cancel, retry, remind."""

from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from mfa_reset_client import target_files
from mfa_reset_client.cards import request_card, target_card, words_for
from mfa_reset_client.commands.option_groups import expand_groups
from mfa_reset_client.commands.options import Limit, RequestId, Service, Submission, Waiting
from mfa_reset_client.formatting import RESET, printable
from mfa_reset_client.languages import gettext, ngettext
from mfa_reset_client.messages import Message
from mfa_reset_client.models import CustomerTargets, Status, TargetOutcome
from mfa_reset_client.operations import request_body
from mfa_reset_client.output import Output

app = typer.Typer()


@app.command()
@expand_groups
def request(
    service: Service,
    submission: Submission,
    customer: Annotated[
        str | None, typer.Option(metavar="CUSTOMER", help="Policy key, tenant id or domain; with --user.")
    ] = None,
    user: Annotated[
        list[str] | None, typer.Option(metavar="USER", help="User principal name or object id. Repeatable.")
    ] = None,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="Targets as .csv (customer,user) or .json.")] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="The reason, which approvers read.")] = "",
    ticket: Annotated[str, typer.Option(metavar="NUMBER", help="The ticket number.")] = "",
    requester: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The mail address of the person who requests this.")
    ] = "",
    method: Annotated[
        list[str] | None,
        typer.Option(metavar="METHOD", help="Reset only this method. Repeatable. Default: the usual four."),
    ] = None,
    revoke_sessions: Annotated[
        bool, typer.Option("--revoke-sessions/--no-revoke-sessions", help="Sign the users out everywhere.")
    ] = True,
    phone_only: Annotated[
        str | None,
        typer.Option(metavar="MODE", help="ifPasskey: keep numbers where no strong method would stay."),
    ] = None,
    access_pass: Annotated[
        bool, typer.Option("--access-pass", help="Offer each user a Temporary Access Pass after the reset.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only plan: show what would be removed.")] = False,
    profile: Annotated[
        str | None,
        typer.Option(metavar="PROFILE", help="compromised: block sign-in, end sessions and remove every method."),
    ] = None,
    not_before: Annotated[
        str, typer.Option(metavar="TIME", help="Once approved, wait until then: 2026-12-01T22:00:00Z.")
    ] = "",
    wave: Annotated[
        list[int] | None, typer.Option(metavar="USERS", help="Size of a wave. Repeatable; the rest is the last one.")
    ] = None,
    stop_above: Annotated[
        int | None, typer.Option(metavar="PERCENT", help="Do not go on if more of a wave's users fail.")
    ] = None,
) -> None:
    """Request a reset."""
    targets = _targets(service.output, customer, user or [], file)
    fields: dict[str, Any] = {
        "reason": reason,
        "ticket": ticket,
        "requester": requester,
        "methods": method,
        "revoke_sessions": revoke_sessions,
        "dry_run": dry_run,
        "profile": profile,
        "access_pass": access_pass,
        "phone_only": phone_only,
        "not_before": not_before,
        "waves": wave or (),
        "stop_above": stop_above,
    }
    with service.session(quiet=submission.quiet) as session:
        raise submission.submit(
            session,
            request_body(targets, **fields),
            lambda client, key: client.create(targets, **fields, idempotency_key=key),
        )


@app.command()
@expand_groups
def status(service: Service, request_id: RequestId) -> None:
    """Show a request. The exit code is its outcome, or 0 in progress."""
    with service.session() as session:
        found = session.client.get(request_id)
        session.output.request(found)
        raise session.output.end(found)


@app.command("wait")
@expand_groups
def wait_for(service: Service, waiting: Waiting, request_id: RequestId) -> None:
    """Wait for the end of a request. The exit code is its outcome."""
    with service.session(quiet=waiting.quiet) as session:
        ended = session.wait(request_id, waiting.timeout, quiet=waiting.quiet)
        session.output.request(ended, session.client, hints=not waiting.quiet)
        raise session.output.end(ended)


@app.command()
@expand_groups
def targets(
    service: Service,
    request_id: RequestId,
    customer: Annotated[str | None, typer.Option(metavar="CUSTOMER", help="Only targets of this customer.")] = None,
    outcome: Annotated[
        TargetOutcome | None,
        typer.Option(metavar="OUTCOME", help=f"Only targets with this outcome: {', '.join(TargetOutcome)}."),
    ] = None,
) -> None:
    """List the users of a request, each method with its outcome."""
    with service.session() as session:
        found = session.client.targets(request_id, customer=customer, outcome=outcome)
        # A reset and an undo have different words; JSON has none.
        words = RESET if service.as_json else words_for(session.client.get(request_id))
        session.output.listing(found, partial(target_card, words=words), gettext("No users match."))


@app.command("list")
@expand_groups
def list_requests(
    service: Service,
    limit: Limit = 20,
    status: Annotated[
        Status | None,
        typer.Option(metavar="STATUS", help=f"Only requests with this status: {', '.join(Status)}."),
    ] = None,
    customer: Annotated[str | None, typer.Option(metavar="CUSTOMER", help="Only requests for this customer.")] = None,
) -> None:
    """List requests, newest first."""
    with service.session() as session:
        found = session.client.list(status=status, customer=customer)
        session.output.listing(islice(found, limit), request_card, gettext("No requests match."))


@app.command()
@expand_groups
def cancel(service: Service, request_id: RequestId) -> None:
    """Cancel a request: no other user is begun."""
    with service.session() as session:
        session.output.request(session.client.cancel(request_id), hints=False)
        session.output.note(
            gettext("Cancellation accepted. No other user is begun; users whose reset had begun are finished.")
        )


@app.command()
@expand_groups
def retry(service: Service, submission: Submission, request_id: RequestId) -> None:
    """Request a reset again for the users who were not reset.

    The new request is planned and approved again. Users whom an approver left out are not in it.
    """
    with service.session(quiet=submission.quiet) as session:
        raise submission.submit(
            session,
            {"retryOf": request_id},
            lambda client, key: client.retry(request_id, idempotency_key=key),
        )


@app.command()
@expand_groups
def takeover(service: Service, submission: Submission, request_id: RequestId) -> None:
    """Request a reset for the users whom another request holds.

    The users of this request that were refused because another, undecided request holds them are asked for again; that
    request's hold on them ends. The new request is planned and approved again.
    """
    with service.session(quiet=submission.quiet) as session:
        raise submission.submit(
            session,
            {"takeoverOf": request_id},
            lambda client, key: client.takeover(request_id, idempotency_key=key),
        )


@app.command()
@expand_groups
def remind(
    service: Service,
    request_id: RequestId,
    approver: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Only this approver. Repeatable. Default: all who have not decided."),
    ] = None,
) -> None:
    """Mail the approvers of a request again."""
    with service.session() as session:
        approval = session.client.get(request_id).approval
        decided = {decision.approver for decision in approval.decisions}
        waiting = [entry.approver for entry in approval.approvers if entry.approver not in decided]
        people = approver or waiting
        session.output.request(session.client.remind(request_id, people or None), hints=False)
        names = ", ".join(map(printable, people))
        session.output.note(gettext("Mails will be sent to %(names)s.", names=names))


def _targets(output: Output, customer: str | None, users: list[str], file: Path | None) -> list[CustomerTargets]:
    if (file is None) == (customer is None and not users):
        raise output.bad_input([Message("use either --customer with --user, or --file")])
    if file is None and not (customer and users):
        raise output.bad_input([Message("use --customer and --user together")])
    try:
        given = target_files.read_targets(file) if file else [CustomerTargets(customer=customer or "", users=users)]
    except target_files.TargetFileError as error:
        raise output.bad_input(error.reported) from None
    groups, duplicates = target_files.remove_duplicates(given)
    if duplicates:
        output.note(ngettext("Ignored %(num)s duplicate user.", "Ignored %(num)s duplicate users.", duplicates))
    return groups
