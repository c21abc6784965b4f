"""The printable summary of a customer's evidence over a period, for readers who do not know the service, such as insurers."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple, Self

from domain.outcomes import GONE
from domain.request.reset_request import Decision, ResetRequest
from domain.request.target import Target
from languages import ENGLISH, in_language
from web.pages import render


class RequestSummary(NamedTuple):
    """One request in a line, as far as it concerns the customer. `removed`: methods by their type."""

    id: str
    created_at: datetime
    ended_at: datetime | None
    status: str
    kind: str
    ticket: str
    asked_by: str
    approved_by: tuple[str, ...]
    users: int
    outcomes: Counter[str]
    removed: Counter[str]
    followed_up: Counter[str]
    dry_run: bool

    @classmethod
    def of(cls, request: ResetRequest, targets: Sequence[Target], decisions: Sequence[Decision]) -> Self:
        """Return the summary of a request for the customer whose targets and decisions these are."""
        methods = [method for target in targets for method in target.methods if method.outcome in GONE]
        return cls(
            request.id,
            request.created_at,
            request.ended_at,
            request.status.value,
            "undo" if request.undo_of else "reset",
            request.ticket,
            request.asked_by or request.source,
            tuple(each.approver for each in decisions if each.decision == "approve"),
            len(targets),
            Counter(target.outcome.value for target in targets),
            Counter(method.type.value for method in methods),
            Counter(target.follow_up.state for target in targets if target.follow_up),
            request.dry_run,
        )

    @property
    def reset(self) -> int:
        """How many users were reset."""
        return self.outcomes["reset"]


def evidence_summary(
    *,
    customer: str,
    tenant_id: str,
    start: datetime,
    end: datetime,
    made_at: datetime,
    requests: Sequence[RequestSummary],
    deleted: int,
) -> str:
    """Return the page, in English as all records are, for every reader.

    `end` is not part of the period; `deleted` counts requests that retention removed.
    """
    real = [request for request in requests if not request.dry_run]
    with in_language(ENGLISH):
        return render(
            "evidence_summary.html",
            customer=customer,
            tenant_id=tenant_id,
            start=start,
            end=end,
            days=_whole_days(start, end),
            made_at=made_at,
            requests=real,
            dry_runs=len(requests) - len(real),
            deleted=deleted,
            statuses=Counter(request.status for request in real),
            outcomes=sum((request.outcomes for request in real), Counter()),
            removed=sum((request.removed for request in real), Counter()),
            followed_up=sum((request.followed_up for request in real), Counter()),
        )


def _whole_days(start: datetime, end: datetime) -> tuple[str, str] | None:
    """Return the first and the last day of a period of whole days, as people say it; else None."""
    first, after = start.astimezone(UTC), end.astimezone(UTC)
    if (first.time(), after.time()) != (time.min, time.min) or first >= after:
        return None
    return _day(first), _day(after - timedelta(days=1))


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"
