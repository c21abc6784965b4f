"""Retry one call while the service asks for it later or cannot be reached. Nothing here does I/O."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from random import SystemRandom
from typing import Any, TypeAlias, TypeVar

import httpx

from mfa_reset_client.errors import UnreachableError, problem_from
from mfa_reset_client.messages import Message

# Statuses that the service, the Functions host and gateways in front of it use for "later". Every call of this client may
# be sent twice: reads, a cancel, and writes that carry an idempotency key.
_RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds between tries: doubling, unless the service names its own
_random = SystemRandom()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request for a driver to send."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """A call that will be retried: the try that failed (from 1), why, for how long, and when the next and last try are.

    Times are in seconds.
    """

    attempt: int
    reason: str
    failing_for: float
    next_try: float
    last_try: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds for a driver to sleep, and the retry that they are for."""

    seconds: float
    retry: Retry | None = None


# An operation without its I/O: yields calls and pauses, receives the response of each call, returns a value. The blocking
# and the async client drive the same operations.
Steps: TypeAlias = Generator[Call | Pause, httpx.Response, T]
Now: TypeAlias = Callable[[], float]


def send_with_retries(call: Call, retry_timeout: float, now: Now) -> Steps[httpx.Response]:
    """Return the first response that does not ask for a retry.

    Raises:
        UnreachableError: No such response came within `retry_timeout` seconds.
    """
    until = now() + retry_timeout
    cause: Exception | None
    for number in count():
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**number)
        pause *= _random.uniform(
            0.75, 1.25
        )  # pipelines that failed at the same moment must not return at the same moment
        requested = 0.0
        try:
            response = yield call
        except httpx.RequestError as error:
            reason, cause = str(error) or type(error).__name__, error
        else:
            if response.status_code not in _RETRIED_STATUSES:
                return response
            problem = problem_from(response.status_code, json_of(response))
            reason, cause = f"HTTP {response.status_code}: {problem}", None
            requested = retry_after(response) or 0
        left = until - now()
        if left <= 0 or requested > left:  # a try before the requested time would fail as well
            raise UnreachableError(Message("The service is unavailable (%(reason)s).", reason=reason)) from cause
        seconds = max(requested, min(pause, left))  # the last try is at the end of the retry time
        yield Pause(seconds, Retry(number + 1, reason, retry_timeout - left, seconds, left))
    raise AssertionError  # count() does not end


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds to wait in a response's Retry-After, which is a number or a date; None without a valid one."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
        since = parsedate_to_datetime(response.headers["Date"]) if "Date" in response.headers else datetime.now(UTC)
        return max(0.0, (at - since).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a time zone
        return None


def json_of(response: httpx.Response) -> Any:
    """Return the JSON value of a response, None without one."""
    try:
        return response.json()
    except ValueError:
        return None
