"""`mfa-reset`: the client at a prompt and in pipelines."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from mfa_reset_client import inputs, steps
from mfa_reset_client.client import Client
from mfa_reset_client.durations import seconds_in
from mfa_reset_client.exits import MEANINGS
from mfa_reset_client.keys import key_for
from mfa_reset_client.models import Accepted, ResetRequest, TargetOutcome, TargetsOfCustomer
from mfa_reset_client.pace import Pace
from mfa_reset_client.showing import Watch, plain, targets_table
from mfa_reset_client.telling import Teller
from mfa_reset_client.tokens import token_of

app = typer.Typer(
    name="mfa-reset",
    help="Resets all multi-factor authentications of chosen users, after the right approval.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # one of them is the key
    rich_markup_mode=None,
)

Url = Annotated[str, typer.Option(envvar="MFA_RESET_URL", help="The service, such as https://host.")]
# Never printed: not as a default in the help, not in an error. A flag is seen by other users of the machine; a variable is not.
Key = Annotated[
    str, typer.Option(envvar="MFA_RESET_KEY", show_default=False, help="The function key; better in the variable.")
]
AllowHttp = Annotated[bool, typer.Option("--allow-http", help="Send the key over plain http to another machine.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON value on stdout, everything else on stderr.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress while waiting.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the end; the exit code tells how it ended.")]
Timeout = Annotated[
    str | None, typer.Option(help="Longest wait, such as 30m or 24h. Absent: until the request ends or expires.")
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option(help="The same key and request are the same request. Absent: made from the pipeline's run."),
]
RequestId = Annotated[str, typer.Argument(metavar="ID", help="The id of the request.")]


def run() -> None:
    app(prog_name="mfa-reset")


@app.command()
def request(
    context: typer.Context,
    url: Url = "",
    key: Key = "",
    customer: Annotated[str | None, typer.Option(help="Policy key, tenant id or domain; with --user.")] = None,
    user: Annotated[list[str] | None, typer.Option(help="Principal name or object id. Repeat it.")] = None,
    file: Annotated[Path | None, typer.Option(help="Targets as .csv (customer,user) or .json.")] = None,
    reason: Annotated[str, typer.Option(help="Why; the approvers read it.")] = "",
    ticket: Annotated[str, typer.Option(help="The ticket's number.")] = "",
    requester: Annotated[str, typer.Option(help="Who asks, a mail address.")] = "",
    method: Annotated[
        list[str] | None, typer.Option(help="Only this method. Repeat it. Absent: the usual four.")
    ] = None,
    revoke_sessions: Annotated[
        bool, typer.Option("--revoke-sessions/--no-revoke-sessions", help="Sign the users out everywhere.")
    ] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only plan: show what would be removed.")] = False,
    idempotency_key: IdempotencyKey = None,
    wait: Wait = False,
    timeout: Timeout = None,
    as_json: Json = False,
    quiet: Quiet = False,
    allow_http: AllowHttp = False,
) -> None:
    """Ask for a reset."""
    teller = Teller.new(as_json=as_json)
    seconds = _seconds(teller, timeout)
    targets = _targets(teller, customer, user or [], file)
    more: dict[str, Any] = {
        "reason": reason,
        "ticket": ticket,
        "requester": requester,
        "methods": method,
        "revoke_sessions": revoke_sessions,
        "dry_run": dry_run,
    }
    idempotency_key = idempotency_key or key_for(steps.body_of(targets, **more), os.environ)
    with _client(teller, context, url, key, allow_http) as client, teller.explaining():
        if not quiet:  # before it is sent: whoever loses the answer can send the very same request again
            teller.note(f"idempotency key {plain(idempotency_key)}")
        accepted = client.create(targets, **more, idempotency_key=idempotency_key)
        _follow(teller, client, accepted, wait=wait, timeout=seconds, quiet=quiet)


@app.command()
def status(
    context: typer.Context,
    request_id: RequestId,
    url: Url = "",
    key: Key = "",
    as_json: Json = False,
    allow_http: AllowHttp = False,
) -> None:
    """Show how a request stands; the exit code tells how it ended, 0 while it goes on."""
    teller = Teller.new(as_json=as_json)
    with _client(teller, context, url, key, allow_http) as client, teller.explaining():
        found = client.get(request_id)
        teller.request(found)
        raise teller.end(found)


@app.command("wait")
def wait_for(
    context: typer.Context,
    request_id: RequestId,
    url: Url = "",
    key: Key = "",
    timeout: Timeout = None,
    as_json: Json = False,
    quiet: Quiet = False,
    allow_http: AllowHttp = False,
) -> None:
    """Wait for the end of a request; the exit code tells how it ended."""
    teller = Teller.new(as_json=as_json)
    seconds = _seconds(teller, timeout)
    with _client(teller, context, url, key, allow_http) as client, teller.explaining():
        ended = _wait(teller, client, request_id, seconds, quiet=quiet)
        teller.request(ended, client)
        raise teller.end(ended)


@app.command()
def targets(
    context: typer.Context,
    request_id: RequestId,
    url: Url = "",
    key: Key = "",
    customer: Annotated[str | None, typer.Option(help="Only this customer's.")] = None,
    outcome: Annotated[TargetOutcome | None, typer.Option(help="Only those that ended so.")] = None,
    as_json: Json = False,
    allow_http: AllowHttp = False,
) -> None:
    """List the users of a request with the outcome of each method."""
    teller = Teller.new(as_json=as_json)
    with _client(teller, context, url, key, allow_http) as client, teller.explaining():
        found = client.targets(request_id, customer=customer, outcome=outcome)
        if as_json:
            teller.json([target.to_json() for target in found])
        else:
            teller.out.print(targets_table(found))


@app.command()
def cancel(
    context: typer.Context,
    request_id: RequestId,
    url: Url = "",
    key: Key = "",
    as_json: Json = False,
    allow_http: AllowHttp = False,
) -> None:
    """Cancel a request: nothing further is removed."""
    teller = Teller.new(as_json=as_json)
    with _client(teller, context, url, key, allow_http) as client, teller.explaining():
        teller.request(client.cancel(request_id))


@app.command()
def retry(
    context: typer.Context,
    request_id: RequestId,
    url: Url = "",
    key: Key = "",
    idempotency_key: IdempotencyKey = None,
    wait: Wait = False,
    timeout: Timeout = None,
    as_json: Json = False,
    quiet: Quiet = False,
    allow_http: AllowHttp = False,
) -> None:
    """Make a new request for the users of an ended one that did not end well. It is planned and approved anew."""
    teller = Teller.new(as_json=as_json)
    seconds = _seconds(teller, timeout)
    idempotency_key = idempotency_key or key_for({"retryOf": request_id}, os.environ)
    with _client(teller, context, url, key, allow_http) as client, teller.explaining():
        if not quiet:
            teller.note(f"idempotency key {plain(idempotency_key)}")
        accepted = client.retry(request_id, idempotency_key=idempotency_key)
        _follow(teller, client, accepted, wait=wait, timeout=seconds, quiet=quiet)


@app.command()
def undo(
    context: typer.Context,
    request_id: RequestId,
    url: Url = "",
    key: Key = "",
    reason: Annotated[str, typer.Option(help="Why. Absent: that of the request.")] = "",
    ticket: Annotated[str, typer.Option(help="The ticket's number. Absent: that of the request.")] = "",
    requester: Annotated[str, typer.Option(help="Who asks. Absent: who asked for the request.")] = "",
    idempotency_key: IdempotencyKey = None,
    wait: Wait = False,
    timeout: Timeout = None,
    as_json: Json = False,
    quiet: Quiet = False,
    allow_http: AllowHttp = False,
) -> None:
    """Ask for the hardware tokens back that an ended request deactivated. Approved, it takes a code of each: activate."""
    teller = Teller.new(as_json=as_json)
    seconds = _seconds(teller, timeout)
    said = {"reason": reason, "ticket": ticket, "requester": requester}
    idempotency_key = idempotency_key or key_for({"undoOf": request_id} | said, os.environ)
    with _client(teller, context, url, key, allow_http) as client, teller.explaining():
        if not quiet:
            teller.note(f"idempotency key {plain(idempotency_key)}")
        accepted = client.undo(request_id, **said, idempotency_key=idempotency_key)
        _follow(teller, client, accepted, wait=wait, timeout=seconds, quiet=quiet)


@app.command()
def activate(
    context: typer.Context,
    request_id: RequestId,
    user: Annotated[str, typer.Option(help="Principal name or object id of the user with the token.")],
    url: Url = "",
    key: Key = "",
    method: Annotated[str | None, typer.Option(help="The token's id, where the user has several.")] = None,
    code: Annotated[
        str | None, typer.Option(help="The six digits that the token shows. Absent: asked for, once all else is known.")
    ] = None,
    as_json: Json = False,
    allow_http: AllowHttp = False,
) -> None:
    """Activate a user's hardware token again, for an approved undo."""
    teller = Teller.new(as_json=as_json)
    with _client(teller, context, url, key, allow_http) as client, teller.explaining():
        try:
            number, token = token_of(client.targets(request_id), user, method)
        except LookupError as error:
            raise teller.bad_input([str(error)]) from None
        digits = code or typer.prompt("The six digits that the token shows now", err=True)
        target = client.activate(request_id, number, token, digits.strip())
        if as_json:
            teller.json(target.to_json())
        else:
            teller.out.print(targets_table([target]))
            teller.note("the token is active again")


@app.command()
def exit_codes() -> None:
    """List what each exit code means."""
    for code, meaning in MEANINGS.items():
        typer.echo(f"{code:>3}  {meaning}")


def _follow(
    teller: Teller, client: Client, accepted: Accepted, *, wait: bool, timeout: float | None, quiet: bool
) -> None:
    request = accepted.request
    if not accepted.is_new:
        teller.note(
            f"this idempotency key made request {plain(request.id)} at {request.created_at:%Y-%m-%d %H:%M} UTC before: "
            "nothing new was started"
        )
    if wait:
        request = _wait(teller, client, request.id, timeout, quiet=quiet)
    teller.request(request, client if wait else None)
    raise teller.end(request)


def _wait(teller: Teller, client: Client, request_id: str, timeout: float | None, *, quiet: bool) -> ResetRequest:
    with Watch(teller.err, quiet=quiet) as watch:
        return client.wait(request_id, timeout=timeout, on_look=watch.look)


def _client(teller: Teller, context: typer.Context, url: str, key: str, allow_http: bool) -> Client:
    missing = [f"give --{name} or set {name_of}" for name, name_of, given in _needed(url, key) if not given]
    if missing:
        raise teller.bad_input(missing)
    pace = context.obj if isinstance(context.obj, Pace) else None
    try:
        return Client(url, key, pace=pace, allow_http=allow_http)
    except ValueError as error:
        raise teller.bad_input([str(error)]) from None


def _needed(url: str, key: str) -> tuple[tuple[str, str, str], ...]:
    return (("url", "MFA_RESET_URL", url.strip()), ("key", "MFA_RESET_KEY", key.strip()))


def _targets(teller: Teller, customer: str | None, users: list[str], file: Path | None) -> list[TargetsOfCustomer]:
    if (file is None) == (customer is None and not users):
        raise teller.bad_input(["give either --customer with --user, or --file"])
    if file is None and not (customer and users):
        raise teller.bad_input(["--customer and --user belong together"])
    try:
        given = inputs.read_targets(file) if file else [TargetsOfCustomer(customer=customer or "", users=users)]
    except inputs.BadFileError as error:
        raise teller.bad_input(str(error).splitlines()) from None
    groups, repeats = inputs.without_repeats(given)
    if repeats:
        teller.note(f"{repeats} repeated users are sent once")
    return groups


def _seconds(teller: Teller, text: str | None) -> float | None:
    try:
        return None if text is None else seconds_in(text)
    except ValueError as error:
        raise teller.bad_input([f"--timeout: {error}"]) from None
