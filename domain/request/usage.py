"""How much a sender asks for: users over a sliding window and requests that are open, per sender and per customer.

A sender is a source of the policy (or the queue), or, where the service knows one, the caller of the API or the console.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Self

from pydantic import Field

from domain.model import Model

HOUR = timedelta(hours=1)
LONGEST_WINDOW = timedelta(hours=24)
# Requests whose share of the counts is known, so that a repeat of one of them is not counted twice.
_KNOWN = 500
_MINUTE = 60  # seconds
# Characters of a request's id: it is the name of its records.
_LONGEST_ID = 200


class RecentUsers(Model):
    """Users whom earlier requests named within the window of the step-up, when a request was accepted."""

    by_sender: int = 0
    by_customer: dict[str, int] = Field(default_factory=dict)


class Ask(NamedTuple):
    """What a request asks for. `users` has every customer of it, with 0 where its users are not counted."""

    request_id: str
    sender: str
    users: Mapping[str, int]


class UsageTerms(NamedTuple):
    """What the policy allows: `users_per_hour` for each sender and each customer, `open_requests` for each sender."""

    users_per_hour: int
    open_requests: int
    window: timedelta


class LimitReached(NamedTuple):
    """Why a request is not accepted. `name` is the customer's key, "" for the sender; `retry_after` is in seconds."""

    limit: Literal["usersPerHour", "openRequests"]
    name: str
    allowed: int
    used: int
    retry_after: int


def sender_key(source: str, caller_id: str) -> str:
    """Return the name under which a sender is counted. A caller's holds no address and no object id."""
    if not caller_id:
        return f"source:{source}"
    return f"caller:{hashlib.sha256(caller_id.encode()).hexdigest()[:32]}"


def customer_key(customer: str) -> str:
    return f"customer:{customer}"


class Usage:
    """The counts of one sender or customer: users by the minute in which they were asked for, and the open requests."""

    def __init__(self, minutes: dict[int, int], known: dict[str, tuple[int, int]], open_ids: dict[str, None]) -> None:
        self.minutes = minutes
        self.known = known  # by request id: the minute, and how many users were counted then
        self.open_ids = open_ids  # a dict for its order

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> Self:
        """Return the counts of a row. What of it cannot be read counts as not there, so that it keeps no request out for good."""
        minutes, known, open_ids = value.get("minutes"), value.get("known"), value.get("open")
        return cls(
            {int(minute): users for minute, users in _items(minutes) if minute.isdecimal() and _is_count(users)},
            {request_id: (share[0], share[1]) for request_id, share in _items(known) if _is_share(share)},
            dict.fromkeys(each for each in open_ids if _is_request_id(each)) if isinstance(open_ids, list) else {},
        )

    def to_value(self) -> dict[str, Any]:
        return {
            "minutes": {str(minute): users for minute, users in self.minutes.items()},
            "known": {request_id: list(share) for request_id, share in self.known.items()},
            "open": list(self.open_ids),
        }

    @property
    def newest(self) -> int:
        """The last minute in which something was counted, 0 if there is none."""
        return max(self.minutes, default=0)

    def users(self, now: datetime, window: timedelta, without: str = "") -> int:
        """Return how many users were asked for within `window`, to the minute, without those of the request `without`."""
        start = _minute(now - window)
        own_minute, own = self.known.get(without, (0, 0))
        return sum(users for minute, users in self.minutes.items() if minute >= start) - own * (own_minute >= start)

    def has_counted(self, request_id: str) -> bool:
        return request_id in self.known

    def add(self, request_id: str, users: int, now: datetime) -> None:
        """Count the users of a request once, however often this is called; drop what no window reaches any more."""
        if request_id in self.known:
            return
        oldest, minute = _minute(now - LONGEST_WINDOW), _minute(now)
        self.minutes = {each: many for each, many in self.minutes.items() if each >= oldest}
        if users:
            self.minutes[minute] = self.minutes.get(minute, 0) + users
        kept = [(each, share) for each, share in self.known.items() if share[0] >= oldest]
        self.known = dict([*kept[1 - _KNOWN :], (request_id, (minute, users))])

    def room_in(self, users: int, allowed: int, now: datetime) -> int:
        """Return in how many seconds so many users more are allowed within an hour, as far as this is known now."""
        start, left = _minute(now - HOUR), self.users(now, HOUR) + users - allowed
        for minute in sorted(each for each in self.minutes if each >= start):
            if left <= 0:
                break
            left -= self.minutes[minute]
            start = minute + 1
        return max(1, start * _MINUTE - int((now - HOUR).timestamp()))


def refusal(ask: Ask, counts: Mapping[str, Usage], terms: UsageTerms, now: datetime) -> LimitReached | None:
    """Return why the request is not accepted as things stand, None if it is. One that was counted already is accepted."""
    sender = counts[ask.sender]
    if sender.has_counted(ask.request_id):
        return None
    if len(sender.open_ids) >= terms.open_requests:
        return LimitReached("openRequests", "", terms.open_requests, len(sender.open_ids), _MINUTE)
    total = sum(ask.users.values())
    for name, usage, users in (
        ("", sender, total),
        *((customer, counts[customer_key(customer)], users) for customer, users in ask.users.items()),
    ):
        used = usage.users(now, HOUR, ask.request_id)
        if users and used + users > terms.users_per_hour:
            wait = usage.room_in(users, terms.users_per_hour, now)
            return LimitReached("usersPerHour", name, terms.users_per_hour, used, wait)
    return None


def count(ask: Ask, counts: Mapping[str, Usage], now: datetime) -> None:
    """Count an accepted request, once: a repeat may come when the request has ended already."""
    sender = counts[ask.sender]
    if not sender.has_counted(ask.request_id):
        sender.add(ask.request_id, sum(ask.users.values()), now)
        sender.open_ids[ask.request_id] = None
    for customer, users in ask.users.items():
        if users:
            counts[customer_key(customer)].add(ask.request_id, users, now)


def allot(ask: Ask, counts: Mapping[str, Usage], allowed: int, now: datetime) -> dict[str, int]:
    """Count as many users of each customer as are `allowed` within an hour, for the sender and for the customer; return how many."""
    sender = counts[ask.sender]
    if sender.has_counted(ask.request_id):
        return {customer: counts[customer_key(customer)].known.get(ask.request_id, (0, 0))[1] for customer in ask.users}
    left, shares = allowed - sender.users(now, HOUR), {}
    for customer, users in ask.users.items():
        usage = counts[customer_key(customer)]
        share = max(0, min(users, left, allowed - usage.users(now, HOUR)))
        usage.add(ask.request_id, share, now)
        left -= share
        shares[customer] = share
    sender.add(ask.request_id, sum(shares.values()), now)
    return shares


def recent_users(ask: Ask, counts: Mapping[str, Usage], terms: UsageTerms, now: datetime) -> RecentUsers:
    """Return what others than this request asked for within the step-up's window."""
    return RecentUsers(
        by_sender=counts[ask.sender].users(now, terms.window, ask.request_id),
        by_customer={
            customer: found
            for customer in ask.users
            if (found := counts[customer_key(customer)].users(now, terms.window, ask.request_id))
        },
    )


def _items(value: object) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 10**12


def _is_share(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_count, value))


def _is_request_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable()


def _minute(at: datetime) -> int:
    return int(at.timestamp() // _MINUTE)
