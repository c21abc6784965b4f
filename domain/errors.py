"""What can be wrong with what comes in. `reason` is stable: it is shown in the API, kept in records and tags metrics."""

from typing import Any


class Problem(Exception):  # noqa: N818 - the name RFC 9457 gives it
    """An answer to a caller that something is wrong, as RFC 9457 shows it."""

    status = 400
    reason = "badRequest"
    title = "The request is not valid"

    def __init__(self, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or []

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"urn:mfareset:problem:{self.reason}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = self.errors
        return body


class InvalidInputError(Problem):
    """The body does not have the shape or values it must have; `errors` names each mistake by JSON pointer."""

    reason = "invalidInput"


class UnauthorizedError(Problem):
    """Nobody we know sent this. Says no more than that."""

    status, reason, title = 401, "unauthorized", "Who are you?"


class NotAllowedError(Problem):
    """A known caller may not do this."""

    status, reason, title = 403, "notAllowed", "This is not yours to do"


class NotFoundError(Problem):
    """There is no such thing, or none the caller may see."""

    status, reason, title = 404, "notFound", "There is nothing here"


class ConflictError(Problem):
    """The thing is in a state in which this cannot be done."""

    status, reason, title = 409, "conflict", "This cannot be done now"


class TooLargeError(Problem):
    """The body is larger than the door takes."""

    status, reason, title = 413, "tooLarge", "The body is too large"


class KeyReusedError(Problem):
    """The same idempotency key or delivery id came with another body."""

    status, reason, title = 422, "keyReused", "This key was used for another body"


class WrongCodeError(Problem):
    """The code is not the one that the hardware token shows."""

    status, reason, title = 422, "wrongCode", "The code was not accepted"


class TooManyError(Problem):
    """A source sends more than its limit."""

    status, reason, title = 429, "tooMany", "Too many requests"


class UnavailableError(Problem):
    """Something we need does not answer; the same call may work later."""

    status, reason, title = 503, "unavailable", "Try again later"
