"""What can go wrong for a caller. `reason` is stable."""

from typing import Any

from mfa_reset_client.models import ResetRequest


class ClientError(Exception):
    """Anything this client raises on purpose."""

    reason = "clientError"

    def to_json(self) -> dict[str, Any]:
        return {"reason": self.reason, "detail": str(self)}


class UnreachableError(ClientError):
    """The service could not be reached, or only said "later", until patience ended. What was sent may have arrived."""

    reason = "unreachable"


class BadAnswerError(ClientError):
    """What answered is not the service, or a service this client does not understand."""

    reason = "badAnswer"


class WaitTimeoutError(ClientError):
    """The request had not ended when the caller's time was over. It goes on."""

    reason = "timeout"

    def __init__(self, request: ResetRequest, seconds: float) -> None:
        super().__init__(f"The request {request.id} is still {request.status} after {seconds:g} seconds. It goes on.")
        self.request = request

    def to_json(self) -> dict[str, Any]:
        return super().to_json() | {"request": self.request.to_json()}


class ProblemError(ClientError):
    """The service said no (RFC 9457). `errors` are its [{"pointer", "detail"}, ...] for bad input."""

    reason = "problem"

    def __init__(self, status: int, title: str, detail: str, errors: list[dict[str, str]]) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.errors = errors

    def to_json(self) -> dict[str, Any]:
        return super().to_json() | {"status": self.status, "title": self.title, "errors": self.errors}


class InvalidInputError(ProblemError):
    """Something in what was sent is wrong; the same call will fail again."""

    reason = "invalidInput"


class NotAllowedError(ProblemError):
    """The key is missing, wrong, or may not do this."""

    reason = "notAllowed"


class NotFoundError(ProblemError):
    """There is no such request."""

    reason = "notFound"


class ConflictError(ProblemError):
    """The request is in a state in which this cannot be done."""

    reason = "conflict"


_BY_STATUS: dict[int, type[ProblemError]] = {
    400: InvalidInputError,
    401: NotAllowedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidInputError,
    422: InvalidInputError,
}


def problem_of(status: int, body: object) -> ProblemError:
    """The error of a problem+json body; of any other body, too (a proxy in between may have its own)."""
    value: dict[str, Any] = body if isinstance(body, dict) else {}
    given = value.get("errors")
    errors = [
        {"pointer": str(entry.get("pointer", "")), "detail": str(entry.get("detail", ""))}
        for entry in (given if isinstance(given, list) else [])
        if isinstance(entry, dict)
    ]
    kind = _BY_STATUS.get(status, ProblemError)
    title = str(value.get("title") or f"HTTP {status}")
    return kind(status, title, str(value.get("detail") or ""), errors)
