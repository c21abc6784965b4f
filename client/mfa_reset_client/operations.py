"""Every operation of the API without I/O: which calls are made, what is waited for, what is returned.

This is the one place that defines the clients' methods: their names, parameters, documentation and behaviour. `client.py` and
`async_client.py` only add the I/O.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import ValidationError

from mfa_reset_client.errors import (
    ClientError,
    ConflictError,
    UnexpectedResponseError,
    WaitTimeoutError,
    problem_from,
)
from mfa_reset_client.models import (
    Accepted,
    ApiModel,
    AuditEvent,
    AuditVerification,
    Customer,
    CustomerTargets,
    Listing,
    ResetRequest,
    Status,
    Target,
    Unreachable,
    User,
)
from mfa_reset_client.retry import Call, Now, Pause, Steps, json_of, retry_after, send_with_retries
from mfa_reset_client.sign_in import explain_sign_in

RETRY_TIMEOUT = 60.0  # seconds for which a single call is retried
WAIT_RETRY_TIMEOUT = (
    900.0  # the same while waiting: a deployment or an outage of minutes must not fail a pipeline of hours
)

_PATH = "/api/reset-requests"
# Seconds between polls of a request: as the service says, but never busy. While nothing changes the polls grow rarer,
# because people decide in minutes or hours.
_SHORTEST_POLL, _LONGEST_POLL = 1.0, 15.0
# A hardware token shows a code for 30 or 60 seconds, and some of them have passed when it is typed in.
_CODE_LIFETIME = 15.0

Model = TypeVar("Model", bound=ApiModel)
Page: TypeAlias = tuple[list[Model], str | None]  # the items and the cursor of the next page
# A list: yields an operation per page, receives the page that the operation returned.
Pages: TypeAlias = Generator[Steps[Page[Model]], Page[Model], None]


class Operations:
    """The operations of one client; `now` is its clock, and calls are retried for `retry_timeout` seconds."""

    def __init__(self, now: Now, retry_timeout: float) -> None:
        self._now = now
        self._retry_timeout = retry_timeout

    def create(
        self,
        targets: Iterable[CustomerTargets],
        *,
        reason: str = "",
        ticket: str = "",
        requester: str = "",
        methods: Sequence[str] | None = None,
        revoke_sessions: bool = True,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> Steps[Accepted]:
        """Request a reset. The same `idempotency_key` and body give the same request again; None makes a new one."""
        body = request_body(
            targets,
            reason=reason,
            ticket=ticket,
            requester=requester,
            methods=methods,
            revoke_sessions=revoke_sessions,
            dry_run=dry_run,
        )
        return self._submit(_PATH, body, idempotency_key)

    def get(self, request_id: str) -> Steps[ResetRequest]:
        """Return a request."""
        return _parse(ResetRequest, (yield from self._send(Call("GET", _path_of(request_id)))))

    def list(self, *, status: str | None = None, customer: str | None = None) -> Pages[ResetRequest]:
        """Iterate over requests, newest first. Pages are read as they are needed."""
        return self._pages(ResetRequest, _PATH, {"status": status, "customer": customer})

    def targets(self, request_id: str, *, customer: str | None = None, outcome: str | None = None) -> Pages[Target]:
        """Iterate over the targets in the order of the request. Pages are read as they are needed."""
        params = {"customer": customer, "outcome": outcome, "limit": "500"}
        return self._pages(Target, f"{_path_of(request_id)}/targets", params)

    def cancel(self, request_id: str) -> Steps[ResetRequest]:
        """Cancel a request: nothing further is removed.

        A request that is cancelled already, perhaps by an earlier try of this call, is a success.

        Raises:
            ConflictError: The request has ended in another way.
        """
        response = yield from self._send(Call("POST", f"{_path_of(request_id)}/cancel"))
        try:
            return _parse(ResetRequest, response)
        except ConflictError:
            request = yield from self.get(request_id)
            if request.status == Status.CANCELLED:
                return request
            raise

    def retry(self, request_id: str, *, idempotency_key: str | None = None) -> Steps[Accepted]:
        """Make a new request for the targets of an ended one that did not end well.

        Raises:
            ConflictError: There are no such targets, or the request has not ended.
        """
        return self._submit(f"{_path_of(request_id)}/retry", None, idempotency_key)

    def undo(
        self,
        request_id: str,
        *,
        reason: str = "",
        ticket: str = "",
        requester: str = "",
        idempotency_key: str | None = None,
    ) -> Steps[Accepted]:
        """Make a new request that reactivates the hardware tokens that an ended one deactivated.

        Empty fields are taken from the ended request. Once approved, each token needs a code: see `activate`.

        Raises:
            ConflictError: There are no such tokens, or the time for an undo has passed.
        """
        fields = {"reason": reason, "ticket": ticket, "requester": requester}
        body = {name: text for name, text in fields.items() if text}
        return self._submit(f"{_path_of(request_id)}/undo", body, idempotency_key)

    def activate(self, request_id: str, number: int, method: str, code: str) -> Steps[Target]:
        """Send the six digits that a token shows: `number` is the undo's target, `method` the token's id.

        Retried only while the code is valid. The service accepts a code that it has accepted before, so a repeat after a lost
        response does no harm; an outdated code would count as a wrong one.

        Raises:
            InvalidInputError: The code is wrong.
            ConflictError: The request does not accept codes now.
        """
        call = Call("POST", f"{_path_of(request_id)}/targets/{number}/activate", json={"method": method, "code": code})
        return _parse(Target, (yield from self._send(call, min(self._retry_timeout, _CODE_LIFETIME))))

    def wait(
        self,
        request_id: str,
        *,
        timeout: float | None = None,
        retry_timeout: float = WAIT_RETRY_TIMEOUT,
        on_poll: Callable[[ResetRequest], None] = lambda _: None,
    ) -> Steps[ResetRequest]:
        """Poll a request until it has ended, and return it. `on_poll` receives the request after each poll.

        Raises:
            WaitTimeoutError: `timeout` seconds have passed; the request continues.
            UnreachableError: The service was unavailable for `retry_timeout` seconds.
        """
        until = None if timeout is None else self._now() + timeout
        before: object = None
        pause = _SHORTEST_POLL
        while True:
            response = yield from self._send(Call("GET", _path_of(request_id)), retry_timeout)
            request = _parse(ResetRequest, response)
            on_poll(request)
            if request.ended:
                return request
            progress = (request.status, request.totals, len(request.approval.decisions))
            pause = _SHORTEST_POLL if progress != before else min(_LONGEST_POLL, pause * 1.5)
            before = progress
            next_poll = max(pause, retry_after(response) or 0)
            if until is not None:
                left = until - self._now()
                if left <= 0:
                    raise WaitTimeoutError(request, timeout or 0)
                next_poll = min(next_poll, left)  # the last poll is at the end of the caller's time
            yield Pause(next_poll)

    def customers(self) -> Pages[Customer]:
        """Iterate over the customers that the caller may see."""
        return self._pages(Customer, "/api/customers", {})

    def users(
        self,
        customers: Iterable[str],
        *,
        search: str | None = None,
        on_unreachable: Callable[[Unreachable], None] = lambda _: None,
    ) -> Pages[User]:
        """Iterate over the users of customers, read live from their directories. `search` matches names and addresses.

        `on_unreachable` receives each customer whose directory does not respond; without it such a customer has no users.
        """
        params = {"customers": ",".join(customers), "search": search}
        return self._pages(User, "/api/users", params, on_unreachable)

    def remind(self, request_id: str, approvers: Sequence[str] | None = None) -> Steps[ResetRequest]:
        """Mail approvers of a request again. Without `approvers`, those whose mail failed or bounced.

        A retry after a lost response may mail them twice.

        Raises:
            ConflictError: The request does not wait for approval, or there is no such approver.
        """
        body = None if approvers is None else {"approvers": list(approvers)}
        call = Call("POST", f"{_path_of(request_id)}/approvals/resend", json=body)
        return _parse(ResetRequest, (yield from self._send(call)))

    def audit(self, request_id: str) -> Pages[AuditEvent]:
        """Iterate over the audit events of a request, oldest first."""
        return self._pages(AuditEvent, f"{_path_of(request_id)}/audit", {})

    def verify_audit(self, request_id: str) -> Steps[AuditVerification]:
        """Check that no event is missing from a request's audit and none was changed."""
        call = Call("GET", f"{_path_of(request_id)}/audit/verification")
        return _parse(AuditVerification, (yield from self._send(call)))

    def export_csv(self, request_id: str, *, customer: str | None = None) -> Steps[bytes]:
        """Return a request with its users as a CSV file in UTF-8 with a byte order mark, a row per user and method."""
        params: dict[str, str] | None = _given({"format": "csv", "customer": customer})
        parts: list[bytes] = []
        while params is not None:  # a file holds 10,000 users; the Link header names the next part
            response = yield from self._send(Call("GET", f"{_path_of(request_id)}/export", params))
            part = _content(response)
            parts.append(part.partition(b"\r\n")[2] if parts else part)  # one header row is enough
            following = response.links.get("next", {}).get("url")
            params = dict(httpx.URL(following).params) if following else None
        return b"".join(parts)

    def evidence(self, request_id: str) -> Steps[bytes]:
        """Return a request's evidence as a ZIP file.

        Raises:
            ConflictError: The request is still being planned.
        """
        return _content((yield from self._send(Call("GET", f"{_path_of(request_id)}/evidence"))))

    def _send(self, call: Call, retry_timeout: float | None = None) -> Steps[httpx.Response]:
        return send_with_retries(call, self._retry_timeout if retry_timeout is None else retry_timeout, self._now)

    def _submit(self, path: str, body: object, key: str | None) -> Steps[Accepted]:
        # A lost response leads to a second call, which without a key would make a second request.
        key = key or str(uuid4())
        response = yield from self._send(Call("POST", path, json=body, headers={"Idempotency-Key": key}))
        return Accepted(_parse(ResetRequest, response), response.status_code == 202, key)

    def _pages(
        self,
        model: type[Model],
        path: str,
        params: Mapping[str, str | None],
        on_unreachable: Callable[[Unreachable], None] = lambda _: None,
    ) -> Pages[Model]:
        given = _given(params)
        while True:
            _, cursor = yield self._page(model, path, given, on_unreachable)
            if cursor is None:
                return
            given["cursor"] = cursor

    def _page(
        self,
        model: type[Model],
        path: str,
        params: Mapping[str, str],
        on_unreachable: Callable[[Unreachable], None],
    ) -> Steps[Page[Model]]:
        response = yield from self._send(Call("GET", path, dict(params)))
        listing = _parse(Listing[model], response)  # type: ignore[valid-type] # a model chosen at run time
        for customer in listing.unreachable:
            on_unreachable(customer)
        return listing.value, listing.cursor


def request_body(
    targets: Iterable[CustomerTargets],
    *,
    reason: str = "",
    ticket: str = "",
    requester: str = "",
    methods: Sequence[str] | None = None,
    revoke_sessions: bool = True,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Return the JSON body that creates a reset request."""
    body: dict[str, Any] = {
        "targets": [{"customer": group.customer, "users": list(group.users)} for group in targets],
        "reason": reason,
        "ticket": ticket,
        "requester": requester,
        "revokeSessions": revoke_sessions,
        "dryRun": dry_run,
    }
    return body | ({"methods": list(methods)} if methods else {})


def _path_of(request_id: str) -> str:
    return f"{_PATH}/{quote(request_id, safe='')}"


def _parse(model: type[Model], response: httpx.Response) -> Model:
    value = json_of(response)
    if response.is_success and value is not None:
        try:
            return model.from_json(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = "/".join(str(part) for part in first["loc"])
            message = f"The response does not match the API of the MFA reset service ({place}: {first['msg']})."
            raise UnexpectedResponseError(message) from None
    raise _refusal(response)


def _content(response: httpx.Response) -> bytes:
    if response.is_success and "Content-Disposition" in response.headers:  # every file of the service has a name
        return response.content
    raise _refusal(response)


def _refusal(response: httpx.Response) -> ClientError:
    explain_sign_in(response)
    if response.is_success or response.is_redirect:
        # Redirects are not followed: they could take the key or token to another host.
        return UnexpectedResponseError(
            f"The server did not respond as the MFA reset service (HTTP {response.status_code}). Check the base URL."
        )
    return problem_from(response.status_code, json_of(response))


def _given(params: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in params.items() if value is not None}
