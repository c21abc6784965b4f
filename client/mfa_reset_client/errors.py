"""The errors that this client raises. `reason` is stable."""

from typing import Any

from mfa_reset_client.messages import Message
from mfa_reset_client.models import ResetRequest


class ClientError(Exception):
    """Base of all errors that this client raises."""

    reason = "clientError"

    def to_json(self) -> dict[str, Any]:
        """Return what `mfa-reset --json` prints as `error`."""
        return {"reason": self.reason, "detail": str(self)}


class UnreachableError(ClientError):
    """The service could not be reached, or only asked for retries, until the retry time ended.

    A call that was sent may have arrived.
    """

    reason = "unreachable"


class UnexpectedResponseError(ClientError):
    """The response is not one of the MFA reset service, or not one that this client understands."""

    reason = "unexpectedResponse"


class AuthenticationError(ClientError):
    """The client has no valid credentials: no token was issued, or the service asks for a sign-in."""

    reason = "authenticationFailed"


class WaitTimeoutError(ClientError):
    """The request had not ended when the caller's time was over. It continues."""

    reason = "timeout"

    def __init__(self, request: ResetRequest, seconds: float) -> None:
        super().__init__(
            Message(
                "Request %(id)s is still %(status)s after %(seconds)s seconds. It continues.",
                id=request.id,
                status=request.status,
                seconds=f"{seconds:g}",
            )
        )
        self.request = request

    def to_json(self) -> dict[str, Any]:
        """Return the error with the request as it was last seen."""
        return super().to_json() | {"request": self.request.to_json()}


class ProblemError(ClientError):
    """The service refused the call (RFC 9457). `errors` are its [{"pointer", "detail"}, ...] for bad input."""

    reason = "problem"

    def __init__(self, status: int, title: str, detail: str, errors: list[dict[str, str]]) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.errors = errors

    def to_json(self) -> dict[str, Any]:
        """Return the error with the problem's members."""
        return super().to_json() | {"status": self.status, "title": self.title, "errors": self.errors}


class InvalidInputError(ProblemError):
    """The input has mistakes; the same call will fail again."""

    reason = "invalidInput"


class NotAllowedError(ProblemError):
    """The caller is not authenticated, or may not do this."""

    reason = "notAllowed"


class NotFoundError(ProblemError):
    """There is no such request, or none that the caller may see."""

    reason = "notFound"


class ConflictError(ProblemError):
    """The operation is not possible in the request's state."""

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


_NO_KEY = Message("The function key is missing or wrong. Check --key or MFA_RESET_KEY.")


def problem_from(status: int, body: object) -> ProblemError:
    """Return the error for a problem+json body. Other bodies are accepted, as a proxy in between may send its own."""
    value: dict[str, Any] = body if isinstance(body, dict) else {}
    entries = value.get("errors")
    errors = [
        {"pointer": str(entry.get("pointer", "")), "detail": str(entry.get("detail", ""))}
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
    kind = _BY_STATUS.get(status, ProblemError)
    title = str(value.get("title") or f"HTTP {status}")
    # The Functions host checks the key before the service is called, and answers without a body.
    unknown = _NO_KEY if status == 401 and not isinstance(body, dict) else ""
    return kind(status, title, str(value.get("detail") or "") or unknown, errors)
