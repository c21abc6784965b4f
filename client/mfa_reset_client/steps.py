"""Every operation as steps: what is called, what is waited for, what comes out."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import ValidationError

from mfa_reset_client.again import Call, Now, Pause, Steps, answer_of, json_in, retry_after
from mfa_reset_client.errors import BadAnswerError, ConflictError, WaitTimeoutError, problem_of
from mfa_reset_client.models import Accepted, RequestPage, ResetRequest, Status, Target, TargetPage, TargetsOfCustomer

_PATH = "/api/reset-requests"
# Between looks at a request, in seconds: as the service says, but never busy. While nothing changes the looks grow rarer,
# because people decide in minutes or hours.
_LEAST, _RARELY = 1.0, 15.0
# Hardware tokens show a code for 30 or 60 seconds, and some of them are gone when it is typed in.
_CODE_LIVES = 15.0


def body_of(
    targets: Iterable[TargetsOfCustomer],
    *,
    reason: str = "",
    ticket: str = "",
    requester: str = "",
    methods: Sequence[str] | None = None,
    revoke_sessions: bool = True,
    dry_run: bool = False,
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "targets": [{"customer": group.customer, "users": list(group.users)} for group in targets],
        "reason": reason,
        "ticket": ticket,
        "requester": requester,
        "revokeSessions": revoke_sessions,
        "dryRun": dry_run,
    }
    return body | ({"methods": list(methods)} if methods else {})


def create(body: dict[str, Any], key: str | None, patience: float, now: Now) -> Steps[Accepted]:
    return _accepted(_PATH, body, key, patience, now)


def retry(request_id: str, key: str | None, patience: float, now: Now) -> Steps[Accepted]:
    return _accepted(f"{_of(request_id)}/retry", None, key, patience, now)


def undo(request_id: str, body: dict[str, str], key: str | None, patience: float, now: Now) -> Steps[Accepted]:
    said = {name: text for name, text in body.items() if text}
    return _accepted(f"{_of(request_id)}/undo", said, key, patience, now)


def activate(request_id: str, number: int, method: str, code: str, patience: float, now: Now) -> Steps[Target]:
    """A code that was taken already is taken again, so a lost answer does no harm; an old one would count as a wrong one."""
    call = Call("POST", f"{_of(request_id)}/targets/{number}/activate", json={"method": method, "code": code})
    return _read(Target, (yield from answer_of(call, min(patience, _CODE_LIVES), now)))


def get(request_id: str, patience: float, now: Now) -> Steps[ResetRequest]:
    return _read(ResetRequest, (yield from answer_of(Call("GET", _of(request_id)), patience, now)))


def cancel(request_id: str, patience: float, now: Now) -> Steps[ResetRequest]:
    """A request that is cancelled already is what was asked for, be it by an earlier try of this very call."""
    answer = yield from answer_of(Call("POST", f"{_of(request_id)}/cancel"), patience, now)
    try:
        return _read(ResetRequest, answer)
    except ConflictError:
        request = yield from get(request_id, patience, now)
        if request.status == Status.CANCELLED:
            return request
        raise


def requests_page(params: dict[str, str], patience: float, now: Now) -> Steps[RequestPage]:
    return _read(RequestPage, (yield from answer_of(Call("GET", _PATH, params), patience, now)))


def targets_page(request_id: str, params: dict[str, str], patience: float, now: Now) -> Steps[TargetPage]:
    call = Call("GET", f"{_of(request_id)}/targets", params)
    return _read(TargetPage, (yield from answer_of(call, patience, now)))


def wait(
    request_id: str, timeout: float | None, on_look: Callable[[ResetRequest], None], patience: float, now: Now
) -> Steps[ResetRequest]:
    """The request once it has ended. `patience` is how long the service may be away in between."""
    until = None if timeout is None else now() + timeout
    before: object = None
    pause = _LEAST
    while True:
        answer = yield from answer_of(Call("GET", _of(request_id)), patience, now)
        request = _read(ResetRequest, answer)
        on_look(request)
        if request.ended:
            return request
        seen = (request.status, request.totals, len(request.approval.decisions))
        pause = _LEAST if seen != before else min(_RARELY, pause * 1.5)
        before = seen
        next_look = max(pause, retry_after(answer) or 0)
        if until is not None:
            left = until - now()
            if left <= 0:
                raise WaitTimeoutError(request, timeout or 0)
            next_look = min(next_look, left)  # the last look is at the end of the caller's time
        yield Pause(next_look)


def _accepted(path: str, body: object, key: str | None, patience: float, now: Now) -> Steps[Accepted]:
    # A lost answer makes a second call; without a key that would make a second request.
    key = key or str(uuid4())
    call = Call("POST", path, json=body, headers={"Idempotency-Key": key})
    answer = yield from answer_of(call, patience, now)
    return Accepted(_read(ResetRequest, answer), answer.status_code == 202, key)


def _of(request_id: str) -> str:
    return f"{_PATH}/{quote(request_id, safe='')}"


def _read[M: (ResetRequest, RequestPage, Target, TargetPage)](kind: type[M], answer: httpx.Response) -> M:
    value = json_in(answer)
    if answer.is_success and value is not None:
        try:
            return kind.from_json(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = "/".join(str(part) for part in first["loc"])
            raise BadAnswerError(f"The answer is not the one of this service ({where}: {first['msg']}).") from None
    if answer.is_success or answer.is_redirect:
        # Redirects are not followed: they could carry the key to somebody else.
        raise BadAnswerError(f"Not the service: HTTP {answer.status_code} without JSON. Check the base URL.")
    raise problem_of(answer.status_code, value)
