"""What each exit code of `mfa-reset` means. Codes are never given another meaning; new ones are added at the end."""

from enum import IntEnum

from mfa_reset_client.errors import (
    ClientError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    UnreachableError,
    WaitTimeoutError,
)
from mfa_reset_client.models import ResetRequest, Status


class Exit(IntEnum):
    OK = 0
    ERROR = 1
    BAD_INPUT = 2
    PARTLY = 3
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
    Exit.OK: "completed: every target is reset or was clear already; also a dry run's plan, and a request that goes on",
    Exit.ERROR: "an answer or a fault that this client does not understand",
    Exit.BAD_INPUT: "bad input: flags, file or body; each mistake is named",
    Exit.PARTLY: "partiallyCompleted: some targets are reset, some are not",
    Exit.FAILED: "failed: no target was reset",
    Exit.DENIED: "denied by an approver",
    Exit.EXPIRED: "expired: nobody approved in time",
    Exit.CANCELLED: "cancelled",
    Exit.TIMEOUT: "--timeout was over before the request ended; the request goes on",
    Exit.UNREACHABLE: "the service did not answer for as long as the client is patient",
    Exit.NOT_ALLOWED: "the key was not accepted",
    Exit.NOT_FOUND: "there is no such request",
    Exit.CONFLICT: "not possible in the request's state, such as to cancel what has ended",
    Exit.INTERRUPTED: "interrupted with Ctrl-C; the request goes on",
}

_OF_STATUS: dict[str, Exit] = {
    Status.PLANNED: Exit.OK,
    Status.COMPLETED: Exit.OK,
    Status.PARTIALLY_COMPLETED: Exit.PARTLY,
    Status.FAILED: Exit.FAILED,
    Status.DENIED: Exit.DENIED,
    Status.EXPIRED: Exit.EXPIRED,
    Status.CANCELLED: Exit.CANCELLED,
}
_OF_ERROR: dict[type[ClientError], Exit] = {
    InvalidInputError: Exit.BAD_INPUT,
    NotAllowedError: Exit.NOT_ALLOWED,
    NotFoundError: Exit.NOT_FOUND,
    ConflictError: Exit.CONFLICT,
    UnreachableError: Exit.UNREACHABLE,
    WaitTimeoutError: Exit.TIMEOUT,
}


def exit_of(request: ResetRequest) -> Exit:
    """An end that this client does not know is never taken for a good one."""
    if not request.ended:
        return Exit.OK
    return _OF_STATUS.get(request.status, Exit.ERROR)


def exit_of_error(error: ClientError) -> Exit:
    return _OF_ERROR.get(type(error), Exit.ERROR)
