"""Whether entries of an audit log and the removals of one target agree. Pure: what was read comes in."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.outcomes import MethodOutcome
from domain.request.target import Answered, Target

# The clocks of Graph and of this service may differ by this much, and a call may still be under way.
SKEW = timedelta(minutes=2)


class Bounds(NamedTuple):
    """How many removals there must be of a target by what Graph answered, and how many there can be at most."""

    least: int
    most: int


def bounds(target: Target) -> Bounds:
    """Return what is known of a target's removals. While it is open, each planned one may still come.

    A removal that was never answered may be ours or may not have happened, so it counts for the most alone.
    """
    done = {MethodOutcome.DELETED, MethodOutcome.DEACTIVATED}
    least = sum(m.answered is Answered.REMOVED and m.outcome in done for m in target.methods)
    most = sum(not target.settled or m.answered is not Answered.NOT_ASKED for m in target.methods)
    return Bounds(least if target.settled else 0, most)


def covers(begun_at: datetime, ended_at: datetime | None, at: datetime) -> bool:
    """Return whether a removal at `at` can be one of a target that was worked on from `begun_at`; `ended_at` None: still is."""
    return begun_at - SKEW <= at and (ended_at is None or at <= ended_at + SKEW)


def surplus(entries: Mapping[str, str], most: int) -> list[str]:
    """Return the ids of the entries beyond the first `most`; `entries` maps an id to its instant, which sort as texts.

    An entry that comes late only adds to them, so that the same one is never found in order after it was not.
    """
    return [entry for entry, _ in sorted(entries.items(), key=lambda pair: (pair[1], pair[0]))][most:]


def nearest(begun: Iterable[tuple[int, datetime]], at: datetime) -> int | None:
    """Return the place of the removal that began last before `at`, else of the first one; None where there is none."""
    places = sorted(begun, key=lambda pair: pair[1])
    before = [place for place, begun_at in places if begun_at <= at]
    return before[-1] if before else places[0][0] if places else None
