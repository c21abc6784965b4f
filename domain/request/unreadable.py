"""Requests, decisions and targets whose record cannot be read: what is left of them, ended."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from domain.model import iso
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.reset_request import RECORD_UNREADABLE, Decision, ResetRequest
from domain.request.settlement import given_up
from domain.request.target import Target, TargetMethod

REASON = RECORD_UNREADABLE
_REQUEST_DETAIL = "The service's own record of this request cannot be read, so nothing more is done for it."
_DECISION_DETAIL = "The service's own record of this decision cannot be read, so it counts as a denial."
_DETAIL = "The service's own record of this user cannot be read, so nothing more was done."
_LOST = "The service's own record of this user is lost, so nothing more was done. What was done before is not known."
# In what is left of a record that was cut: something was, or may have been, changed.
_BEGUN = re.compile(
    r'"(?:answered":"(?:begun|sent|removed)|outcome":"(?:deleted|deactivated|reset)|begunAt":"|sessionsRevoked":true)'
)
_TEXTS = ("customer", "tenantId", "asked", "userId", "userPrincipalName", "displayName", "mail")
_DOUBTFUL = frozenset({"begun", "sent", "removed"})


def unreadable_request(request_id: str, value: Mapping[str, Any], created_at: datetime) -> ResetRequest:
    """Return the request of an unreadable record, failed, with those of its fields that can be read.

    `ended_at` is None until its end is written. A request that had ended keeps its status. `created_at` stands in for the record's.
    """
    needed = {"createdAt": iso(created_at), "source": "", "methods": [], "targetCount": 0, "ranges": []}
    kept = {**needed, **value, "id": request_id}
    try:
        request = ResetRequest.from_json(kept)
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors(include_url=False, include_input=False)}
        request = ResetRequest.from_json(
            {
                name: needed.get(name) if name in wrong else kept[name]
                for name in kept
                if name not in wrong or name in needed
            }
        )
    ended = request.status.ended
    return request.model_copy(
        update={
            "status": request.status if ended else RequestStatus.FAILED,
            "ended_at": (request.ended_at or request.created_at) if ended else None,
            "failure": REASON,
            "detail": _REQUEST_DETAIL,
        }
    )


def unreadable_decision(value: Mapping[str, Any], created_at: datetime) -> Decision:
    """Return the decision of an unreadable record: a denial, because what cannot be read must not let a reset pass."""
    texts = {name: text for name in ("approver", "planDigest") if isinstance(text := value.get(name), str)}
    needed = {"approver": "", "decision": "deny", "comment": _DECISION_DETAIL, "at": iso(created_at)}
    return Decision.from_json({**needed, **texts})


def recorded_outcome(value: Mapping[str, Any]) -> TargetOutcome:
    """Return the outcome that a record counts as, readable or not."""
    outcome = value.get("outcome")
    if isinstance(outcome, str) and outcome in set(TargetOutcome):
        return TargetOutcome(outcome)
    return TargetOutcome.PENDING


def unreadable_target(number: int, value: Mapping[str, Any]) -> Target:
    """Return the target of an unreadable record, ended as failed, or as partially reset where something may have changed.

    A target that had ended keeps its outcome.
    """
    texts = {name: text for name in _TEXTS if isinstance(text := value.get(name), str)}
    target = Target.from_json({"customer": "", "asked": "", **texts, "number": number, "planned": True})
    found = value.get("methods")
    entries = [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    methods = [method for entry in entries if (method := _method(entry)) is not None]
    detail = _DETAIL if isinstance(found, list) else _LOST
    ended = given_up(target.model_copy(update={"methods": methods}), REASON, detail)
    outcome = recorded_outcome(value)
    if outcome is not TargetOutcome.PENDING:
        return ended.settle(outcome, REASON, detail)
    begun = value.get("begunAt") or value.get("sessionsRevoked") or any(_is_doubtful(entry) for entry in entries)
    if begun or any(_BEGUN.search(text) for text in value.values() if isinstance(text, str)):
        return ended.settle(TargetOutcome.PARTIALLY_RESET, REASON, detail)
    return ended


def _method(entry: dict[str, Any]) -> TargetMethod | None:
    try:
        return TargetMethod.from_json(entry)
    except ValidationError:
        return None


def _is_doubtful(entry: dict[str, Any]) -> bool:
    answered = entry.get("answered")
    return isinstance(answered, str) and answered in _DOUBTFUL
