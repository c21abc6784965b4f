"""Errors that a caller can cause. `reason` is stable: it is shown in the API, stored in records and tags metrics."""

from typing import Any, Literal, Self

from languages import Message, in_words

type RefusedKind = Literal["key", "principal", "link", "nonce", "origin", "role", "signature"]


class Problem(Exception):  # noqa: N818 - the name RFC 9457 gives it
    """An error that is reported to the caller as problem details (RFC 9457)."""

    status = 400
    reason = "badRequest"
    title = Message("The request is not valid")
    retry_after: int | None = None
    # Of a refused authentication or authorization, for its trace: what was refused, and a word for why.
    refused: tuple[RefusedKind, str] | None = None

    def __init__(self, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or []

    def refused_as(self, kind: RefusedKind, why: str) -> Self:
        """Return this problem with what its trace says of it."""
        self.refused = kind, why
        return self

    def to_json(self) -> dict[str, Any]:
        """Return the members of the problem, its texts in the current language."""
        body: dict[str, Any] = {
            "type": f"urn:mfareset:problem:{self.reason}",
            "title": in_words(self.title),
            "status": self.status,
            "detail": in_words(self.detail),
        }
        if self.errors:
            body["errors"] = [{name: in_words(text) for name, text in error.items()} for error in self.errors]
        return body


class InvalidInputError(Problem):
    """The body does not have the shape or values it must have; `errors` names each mistake by JSON pointer."""

    reason = "invalidInput"


class UnauthorizedError(Problem):
    """The caller could not be authenticated. The response says no more than that."""

    status, reason, title = 401, "unauthorized", Message("Authentication is required")
    refused = ("key", "wrong")


class NotAllowedError(Problem):
    """A known caller may not do this."""

    status, reason, title = 403, "notAllowed", Message("This is not allowed")
    refused = ("role", "missing")


class NotFoundError(Problem):
    """The resource does not exist, or the caller may not see it."""

    status, reason, title = 404, "notFound", Message("Not found")


class ConflictError(Problem):
    """The resource is in a state in which this is not possible."""

    status, reason, title = 409, "conflict", Message("This is not possible now")


class LengthRequiredError(Problem):
    """The body came without its length, and so did not get here."""

    status, reason, title = 411, "lengthRequired", Message("The length of the body is missing")


class TooLargeError(Problem):
    """The body is larger than the endpoint accepts."""

    status, reason, title = 413, "tooLarge", Message("The body is too large")


class UnsupportedMediaTypeError(Problem):
    """The body is of another media type than the endpoint takes."""

    status, reason, title = 415, "unsupportedMediaType", Message("The media type of the body is not supported")


class KeyReusedError(Problem):
    """The same idempotency key or delivery id came with another body."""

    status, reason, title = 422, "keyReused", Message("This key was used for another body")


class WrongCodeError(Problem):
    """The code is not the one that the hardware token shows."""

    status, reason, title = 422, "wrongCode", Message("The code was not accepted")


class EvidenceProblem(Problem):
    """Evidence that does not count; `reason` is that of the refusal."""

    status, reason, title = 422, "notVerified", Message("The evidence does not count")

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        if reason in {"notWaiting", "replayed"}:
            self.status = 409


class AccessPassProblem(Problem):
    """No Temporary Access Pass was made; `reason` says why, and the target's record, too."""

    status, reason, title = 409, "accessPass", Message("There is no pass")

    def __init__(self, reason: str, detail: str, *, passing: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason
        if passing:
            self.status = 503


class TooManyError(Problem):
    """The source exceeds its rate limit."""

    status, reason, title = 429, "tooMany", Message("Too many requests")


class LimitReachedError(TooManyError):
    """A sender or a customer exceeds a limit of the policy. `retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooManyUsersError(LimitReachedError):
    """More users of one customer, or of one sender, than the policy allows in an hour."""

    reason = "usersPerHour"


class TooManyOpenError(LimitReachedError):
    """More open requests of one sender than the policy allows."""

    reason = "openRequests"


class UnavailableError(Problem):
    """A dependency does not respond; the same call may work later."""

    status, reason, title = 503, "unavailable", Message("Try again later")
