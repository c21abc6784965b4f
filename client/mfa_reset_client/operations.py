"""Every operation of the API without I/O: which calls are made, what is waited for, what is returned."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import ValidationError

from mfa_reset_client.errors import ConflictError, UnexpectedResponseError, WaitTimeoutError, problem_from
from mfa_reset_client.models import Accepted, CustomerTargets, RequestPage, ResetRequest, Status, Target, TargetPage
from mfa_reset_client.retry import Call, Now, Pause, Steps, json_of, retry_after, send_with_retries

_PATH = "/api/reset-requests"
# Seconds between polls of a request: as the service says, but never busy. While nothing changes the polls grow rarer,
# because people decide in minutes or hours.
_SHORTEST_POLL, _LONGEST_POLL = 1.0, 15.0
# A hardware token shows a code for 30 or 60 seconds, and some of them have passed when it is typed in.
_CODE_LIFETIME = 15.0


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


def create(body: dict[str, Any], key: str | None, retry_timeout: float, now: Now) -> Steps[Accepted]:
    """Create a reset request."""
    return _submit(_PATH, body, key, retry_timeout, now)


def retry(request_id: str, key: str | None, retry_timeout: float, now: Now) -> Steps[Accepted]:
    """Create a request for the targets of an ended one that did not end well."""
    return _submit(f"{_path_of(request_id)}/retry", None, key, retry_timeout, now)


def undo(request_id: str, body: dict[str, str], key: str | None, retry_timeout: float, now: Now) -> Steps[Accepted]:
    """Create a request that activates the hardware tokens of an ended one again; empty fields are taken from that one."""
    given = {name: text for name, text in body.items() if text}
    return _submit(f"{_path_of(request_id)}/undo", given, key, retry_timeout, now)


def activate(request_id: str, number: int, method: str, code: str, retry_timeout: float, now: Now) -> Steps[Target]:
    """Send a hardware token's code, and retry only while the code is valid.

    The service accepts a code that it has accepted before, so a repeat after a lost response does no harm; an outdated code
    would count as a wrong one.
    """
    call = Call("POST", f"{_path_of(request_id)}/targets/{number}/activate", json={"method": method, "code": code})
    return _parse(Target, (yield from send_with_retries(call, min(retry_timeout, _CODE_LIFETIME), now)))


def get(request_id: str, retry_timeout: float, now: Now) -> Steps[ResetRequest]:
    """Return a request."""
    return _parse(ResetRequest, (yield from send_with_retries(Call("GET", _path_of(request_id)), retry_timeout, now)))


def cancel(request_id: str, retry_timeout: float, now: Now) -> Steps[ResetRequest]:
    """Cancel a request. A request that is cancelled already, perhaps by an earlier try of this call, is a success."""
    response = yield from send_with_retries(Call("POST", f"{_path_of(request_id)}/cancel"), retry_timeout, now)
    try:
        return _parse(ResetRequest, response)
    except ConflictError:
        request = yield from get(request_id, retry_timeout, now)
        if request.status == Status.CANCELLED:
            return request
        raise


def requests_page(params: dict[str, str], retry_timeout: float, now: Now) -> Steps[RequestPage]:
    """Return one page of requests."""
    return _parse(RequestPage, (yield from send_with_retries(Call("GET", _PATH, params), retry_timeout, now)))


def targets_page(request_id: str, params: dict[str, str], retry_timeout: float, now: Now) -> Steps[TargetPage]:
    """Return one page of a request's targets."""
    call = Call("GET", f"{_path_of(request_id)}/targets", params)
    return _parse(TargetPage, (yield from send_with_retries(call, retry_timeout, now)))


def wait(
    request_id: str, timeout: float | None, on_poll: Callable[[ResetRequest], None], retry_timeout: float, now: Now
) -> Steps[ResetRequest]:
    """Poll a request until it has ended. `retry_timeout` is how long the service may be unavailable in between.

    Raises:
        WaitTimeoutError: The request has not ended within `timeout` seconds.
    """
    until = None if timeout is None else now() + timeout
    before: object = None
    pause = _SHORTEST_POLL
    while True:
        response = yield from send_with_retries(Call("GET", _path_of(request_id)), retry_timeout, now)
        request = _parse(ResetRequest, response)
        on_poll(request)
        if request.ended:
            return request
        progress = (request.status, request.totals, len(request.approval.decisions))
        pause = _SHORTEST_POLL if progress != before else min(_LONGEST_POLL, pause * 1.5)
        before = progress
        next_poll = max(pause, retry_after(response) or 0)
        if until is not None:
            left = until - now()
            if left <= 0:
                raise WaitTimeoutError(request, timeout or 0)
            next_poll = min(next_poll, left)  # the last poll is at the end of the caller's time
        yield Pause(next_poll)


def _submit(path: str, body: object, key: str | None, retry_timeout: float, now: Now) -> Steps[Accepted]:
    # A lost response leads to a second call, which without a key would make a second request.
    key = key or str(uuid4())
    call = Call("POST", path, json=body, headers={"Idempotency-Key": key})
    response = yield from send_with_retries(call, retry_timeout, now)
    return Accepted(_parse(ResetRequest, response), response.status_code == 202, key)


def _path_of(request_id: str) -> str:
    return f"{_PATH}/{quote(request_id, safe='')}"


def _parse[M: (ResetRequest, RequestPage, Target, TargetPage)](model: type[M], response: httpx.Response) -> M:
    value = json_of(response)
    if response.is_success and value is not None:
        try:
            return model.from_json(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = "/".join(str(part) for part in first["loc"])
            message = f"The response does not match the API of the MFA reset service ({place}: {first['msg']})."
            raise UnexpectedResponseError(message) from None
    if response.is_success or response.is_redirect:
        # Redirects are not followed: they could take the key to another host.
        raise UnexpectedResponseError(
            f"The server did not respond as the MFA reset service (HTTP {response.status_code} without JSON). "
            "Check the base URL."
        )
    raise problem_from(response.status_code, value)
