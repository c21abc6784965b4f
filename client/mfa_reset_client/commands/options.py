"""The options and arguments that several commands share."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ
from typing import Annotated

import typer

from mfa_reset_client.client import Client
from mfa_reset_client.clock import Clock
from mfa_reset_client.credentials import AuthMethod, credential_for
from mfa_reset_client.durations import parse_duration
from mfa_reset_client.formatting import moment, printable
from mfa_reset_client.idempotency import idempotency_key_for
from mfa_reset_client.languages import current, gettext
from mfa_reset_client.messages import Message
from mfa_reset_client.models import Accepted, ResetRequest
from mfa_reset_client.output import Output
from mfa_reset_client.progress import ProgressDisplay, RetryMessages

Limit = Annotated[int, typer.Option(metavar="NUMBER", min=1, help="List at most so many.")]
RequestId = Annotated[str, typer.Argument(metavar="ID", hidden=True)]


def ignore(_: object) -> None:
    """Do nothing with a message."""


def _duration(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(error.args[0]) from None


@dataclass(frozen=True, slots=True)
class Session:
    """An open client and the command's output."""

    client: Client
    output: Output

    def wait(self, request_id: str, timeout: float | None, *, quiet: bool) -> ResetRequest:
        """Wait for the end of a request, with its progress on stderr."""
        with ProgressDisplay(self.output.err, quiet=quiet) as progress:
            return self.client.wait(request_id, timeout=timeout, on_poll=progress.update)


@dataclass(frozen=True, kw_only=True)
class Service:
    """The options of every command that calls the service."""

    context: typer.Context
    url: Annotated[
        str, typer.Option(metavar="URL", envvar="MFA_RESET_URL", help="The service, such as https://host.")
    ] = ""
    auth: Annotated[
        AuthMethod | None,
        typer.Option(
            metavar="METHOD",
            envvar="MFA_RESET_AUTH",
            show_default=False,
            help=f"How to sign in: {', '.join(AuthMethod)}. Default: key if one is given, otherwise default, which is what "
            "azure-identity's DefaultAzureCredential finds on this machine.",
        ),
    ] = None
    audience: Annotated[
        str,
        typer.Option(
            metavar="ID",
            envvar="MFA_RESET_AUDIENCE",
            show_default=False,
            help="The client id of the service's sign-in application, for which tokens are requested.",
        ),
    ] = ""
    # The key is never printed: not as a default in the help, not in an error. Other users of the machine can read the
    # options of a process, but not its variables.
    key: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            envvar="MFA_RESET_KEY",
            show_default=False,
            help="The function key, where the service accepts keys; the variable is safer.",
        ),
    ] = ""
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON value on stdout, everything else on stderr.")
    ] = False
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Allow sending the key or token to another machine over plain http.")
    ] = False

    @contextmanager
    def session(self, *, quiet: bool = False) -> Iterator[Session]:
        """Open the client; turn its errors into messages and the exit code. When quiet, retries are not reported."""
        output = self.output
        with self._client(output, quiet=quiet) as client, output.reporting_errors():
            yield Session(client, output)

    @property
    def output(self) -> Output:
        """Where the command prints."""
        return Output.create(as_json=self.as_json)

    def _client(self, output: Output, *, quiet: bool) -> Client:
        method = self.auth or (AuthMethod.KEY if self.key.strip() else AuthMethod.DEFAULT)
        required = [("--url", "MFA_RESET_URL", self.url)]
        if method is AuthMethod.KEY:
            required.append(("--key", "MFA_RESET_KEY", self.key))
        else:
            required.append(("--audience", "MFA_RESET_AUDIENCE", self.audience))
        missing: list[str | Exception] = [
            Message("use %(option)s or set %(variable)s", option=option, variable=variable)
            for option, variable, value in required
            if not value.strip()
        ]
        if missing and self.auth is None and not self.audience.strip():
            missing.append(Message("to use a function key instead of Microsoft Entra, set MFA_RESET_KEY"))
        if missing:
            raise output.bad_input(missing)
        clock = self.context.obj if isinstance(self.context.obj, Clock) else None
        try:
            key, credential = (self.key, None) if method is AuthMethod.KEY else (None, credential_for(method, environ))
            return Client(
                self.url,
                key,
                credential=credential,
                audience=self.audience,
                clock=clock,
                allow_http=self.allow_http,
                language="" if self.as_json else current(),
                on_retry=ignore if quiet else RetryMessages(output.err).report,
            )
        except ValueError as error:
            raise output.bad_input([error]) from None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The options of a command that waits for the end of a request."""

    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="DURATION",
            parser=_duration,
            help="Longest wait, such as 30m or 24h. Default: until the request ends or expires.",
        ),
    ] = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")] = False


@dataclass(frozen=True, kw_only=True)
class Submission(Waiting):
    """The options of a command that makes a new request."""

    idempotency_key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="The same key and request give the same request. Default: derived from the pipeline run.",
        ),
    ] = None
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the end of the request; the exit code is its outcome.")
    ] = False

    def submit(
        self, session: Session, body: Mapping[str, object], call: Callable[[Client, str], Accepted]
    ) -> typer.Exit:
        """Submit a request, wait for its end if asked to, and return the exit to raise.

        `body` is what a derived idempotency key stands for; `call` receives the client and the key.
        """
        key = self.idempotency_key or idempotency_key_for(body, environ)
        if not self.quiet:  # before it is sent: after a lost response the same request can be sent again
            session.output.note(gettext("Idempotency key: %(key)s", key=printable(key)))
        accepted = call(session.client, key)
        request = accepted.request
        if not accepted.is_new:
            session.output.note(
                gettext(
                    "This idempotency key already made request %(id)s at %(when)s: nothing new was started.",
                    id=printable(request.id),
                    when=moment(request.created_at),
                )
            )
        if self.wait:
            request = session.wait(request.id, self.timeout, quiet=self.quiet)
        session.output.request(request, session.client if self.wait else None, hints=not self.quiet)
        return session.output.end(request)
