"""What each exit code of `mfa-reset` means. A code never gets another meaning; new codes are added at the end."""

from enum import IntEnum

from mfa_reset_client.errors import (
    AuthenticationError,
    ClientError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    UnreachableError,
    WaitTimeoutError,
)
from mfa_reset_client.models import ResetRequest, Status


class ExitCode(IntEnum):
    """Exit codes of the command."""

    OK = 0
    ERROR = 1
    BAD_INPUT = 2
    PARTIALLY_COMPLETED = 3
    FAILED = 4
    DENIED = 5
    EXPIRED = 6
    CANCELLED = 7
    TIMEOUT = 8
    UNREACHABLE = 9
    NOT_ALLOWED = 10
    NOT_FOUND = 11
    CONFLICT = 12
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.OK: "completed: every target is reset or was clear already; also a finished dry run, and a request in progress",
    ExitCode.ERROR: "an unexpected response or error",
    ExitCode.BAD_INPUT: "invalid options, file or body; each mistake is named",
    ExitCode.PARTIALLY_COMPLETED: "partiallyCompleted: some targets are reset, some are not",
    ExitCode.FAILED: "failed: no target was reset",
    ExitCode.DENIED: "denied by an approver",
    ExitCode.EXPIRED: "expired: not approved in time",
    ExitCode.CANCELLED: "cancelled",
    ExitCode.TIMEOUT: "--timeout ended before the request did; the request continues",
    ExitCode.UNREACHABLE: "the service was unavailable until the retry time ended",
    ExitCode.NOT_ALLOWED: "not signed in, or not allowed to do this",
    ExitCode.NOT_FOUND: "there is no such request",
    ExitCode.CONFLICT: "not possible in the request's state, such as cancelling an ended request",
    ExitCode.INTERRUPTED: "interrupted with Ctrl-C; the request continues",
}

_OF_STATUS: dict[str, ExitCode] = {
    Status.PLANNED: ExitCode.OK,
    Status.COMPLETED: ExitCode.OK,
    Status.PARTIALLY_COMPLETED: ExitCode.PARTIALLY_COMPLETED,
    Status.FAILED: ExitCode.FAILED,
    Status.DENIED: ExitCode.DENIED,
    Status.EXPIRED: ExitCode.EXPIRED,
    Status.CANCELLED: ExitCode.CANCELLED,
}
_OF_ERROR: dict[type[ClientError], ExitCode] = {
    InvalidInputError: ExitCode.BAD_INPUT,
    AuthenticationError: ExitCode.NOT_ALLOWED,
    NotAllowedError: ExitCode.NOT_ALLOWED,
    NotFoundError: ExitCode.NOT_FOUND,
    ConflictError: ExitCode.CONFLICT,
    UnreachableError: ExitCode.UNREACHABLE,
    WaitTimeoutError: ExitCode.TIMEOUT,
}


def exit_code_of(request: ResetRequest) -> ExitCode:
    """Return the code for a request's state. A final status that this client does not know is never a success."""
    if not request.ended:
        return ExitCode.OK
    return _OF_STATUS.get(request.status, ExitCode.ERROR)


def exit_code_of_error(error: ClientError) -> ExitCode:
    """Return the code for an error of the client."""
    return _OF_ERROR.get(type(error), ExitCode.ERROR)
