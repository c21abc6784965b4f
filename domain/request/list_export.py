"""The list of requests as CSV: one line per request, times in UTC, codes as in the API."""

from collections.abc import Mapping

from domain.model import iso
from domain.outcomes import TargetOutcome
from domain.request.csv_export import csv_line
from domain.request.reset_request import ResetRequest

_OUTCOMES = [outcome.value for outcome in TargetOutcome]
COLUMNS = (
    "request", "ticket", "status", "reason", "requester", "requestedBy", "source", "customers", "createdAt", "endedAt",
    "dryRun", "retryOf", "takeoverOf", "undoOf", "targets", *_OUTCOMES,
)  # fmt: skip


def list_line(request: ResetRequest, totals: Mapping[str, int]) -> bytes:
    """Return the line of a request with the counts of its users, in UTF-8."""
    return csv_line(
        (
            request.id,
            request.ticket,
            request.status.value,
            request.reason,
            request.requester,
            request.requested_by,
            request.source,
            " ".join(request.customers),
            iso(request.created_at),
            iso(request.ended_at) if request.ended_at else "",
            str(request.dry_run).lower(),
            request.retry_of or "",
            request.takeover_of or "",
            request.undo_of or "",
            str(request.target_count),
            *(str(totals.get(outcome, 0)) for outcome in _OUTCOMES),
        )
    )
