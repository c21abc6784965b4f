"""Relationships between the provider and one customer: which run, and what ends when.

The statuses are those of Microsoft Graph (documentation, "delegatedAdminRelationship resource type"). A relationship that another
one of the same customer stands in for, role by role, takes nothing away when it ends.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

# Of `expiring` the end date has passed; of the other two somebody asked for the end. Until the system is done the roles still work.
_ENDING = frozenset({"terminationRequested", "terminating", "expiring"})
_RUNNING = frozenset({"active", *_ENDING})
_OVER = frozenset({"terminated", "expired"})


class Relationship(NamedTuple):
    """`tenant_id` is the customer's, "" where none has approved yet. `roles` are ids of Entra's built-in roles."""

    id: str
    name: str
    tenant_id: str
    customer_name: str
    status: str
    ends_at: datetime | None
    auto_extends: bool
    roles: frozenset[str]

    @property
    def is_running(self) -> bool:
        return self.status in _RUNNING

    @property
    def is_over(self) -> bool:
        return self.status in _OVER

    def ends_within(self, now: datetime, within: timedelta) -> bool:
        """Return whether it runs and ends by then; one that extends itself does not, unless somebody ended it."""
        if self.status in _ENDING:
            return True
        return self.is_running and not self.auto_extends and self.ends_at is not None and self.ends_at - now <= within


class Ending(NamedTuple):
    """The end of a relationship that takes `roles` from the provider. `at` is None where Graph names no date."""

    relationship: Relationship
    at: datetime | None
    roles: frozenset[str]
    is_last: bool


def endings(relationships: Sequence[Relationship], now: datetime, within: timedelta) -> list[Ending]:
    """Return which relationships of one customer end by then with roles that none of those that go on has, the next first."""
    running = [one for one in relationships if one.is_running]
    ending = [one for one in running if one.ends_within(now, within)]
    going_on = [one for one in running if one not in ending]
    kept = frozenset[str]().union(*(one.roles for one in going_on))
    found = [
        Ending(one, one.ends_at, one.roles - kept, is_last=not going_on)
        for one in ending
        if one.roles - kept or not going_on
    ]
    return sorted(found, key=lambda end: (end.at or now, end.relationship.id))


def last_end(relationships: Sequence[Relationship]) -> datetime | None:
    """Return when the last of the relationships that are over ended, None where none was or no date is known."""
    return max((one.ends_at for one in relationships if one.is_over and one.ends_at), default=None)
