"""One call, tried again while the service says "later" or cannot be reached."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from random import SystemRandom
from typing import Any

import httpx

from mfa_reset_client.errors import UnreachableError, problem_of

# "Later", in the words of the service, of the Functions host and of gateways in front of it. Every call of this client may
# be sent twice: reads, a cancel, and what carries an idempotency key.
_LATER = frozenset({408, 429, 500, 502, 503, 504})
_FIRST, _LONGEST = 1.0, 30.0  # seconds between tries: doubling, unless the service names its own
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


# What a client does, without doing it: yields calls and pauses, is sent the answer of each call, returns a value.
# The same steps so serve a blocking and an async client.
type Steps[T] = Generator[Call | Pause, httpx.Response, T]
Now = Callable[[], float]


def answer_of(call: Call, patience: float, now: Now) -> Steps[httpx.Response]:
    """The first answer that is not "later"; UnreachableError when none came within `patience` seconds."""
    until = now() + patience
    cause: Exception | None
    for number in count():
        pause = min(_LONGEST, _FIRST * 2**number)
        pause *= _random.uniform(0.75, 1.25)  # many pipelines that failed at once do not come back at once
        wanted = 0.0
        try:
            answer = yield call
        except httpx.RequestError as error:
            why, cause = str(error) or type(error).__name__, error
        else:
            if answer.status_code not in _LATER:
                return answer
            why, cause = f"HTTP {answer.status_code}: {problem_of(answer.status_code, json_in(answer))}", None
            wanted = retry_after(answer) or 0
        left = until - now()
        if left <= 0 or wanted > left:  # earlier than the service said is no use
            raise UnreachableError(f"The service does not answer as it should ({why}).") from cause
        yield Pause(max(wanted, min(pause, left)))  # the last try is at the end of the patience
    raise AssertionError  # count() does not end


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds to wait in an answer's Retry-After, which is a number or a date; None where there is none."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
        since = parsedate_to_datetime(answer.headers["Date"]) if "Date" in answer.headers else datetime.now(UTC)
        return max(0.0, (at - since).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a time zone
        return None


def json_in(answer: httpx.Response) -> Any:
    """The JSON of an answer, None where there is none."""
    try:
        return answer.json()
    except ValueError:
        return None
