"""Targets whose record cannot be read: what is left of them, ended."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from domain.outcomes import TargetOutcome
from domain.request.settlement import given_up
from domain.request.target import Target, TargetMethod

REASON = "recordUnreadable"
_DETAIL = "The service's own record of this user cannot be read, so nothing more was done."
_TEXTS = ("customer", "tenantId", "asked", "userId", "userPrincipalName", "displayName", "mail")
_DOUBTFUL = frozenset({"begun", "sent", "removed"})


def recorded_outcome(value: Mapping[str, Any]) -> TargetOutcome:
    """Return the outcome that a record counts as, readable or not."""
    outcome = value.get("outcome")
    return TargetOutcome(outcome) if outcome in set(TargetOutcome) else TargetOutcome.PENDING


def unreadable_target(number: int, value: Mapping[str, Any]) -> Target:
    """Return the target of an unreadable record, ended as failed, or as partially reset where something may have changed.

    A target that had ended keeps its outcome.
    """
    texts = {name: text for name in _TEXTS if isinstance(text := value.get(name), str)}
    target = Target.from_json({"customer": "", "asked": "", **texts, "number": number, "planned": True})
    found = value.get("methods")
    entries = [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    methods = [method for entry in entries if (method := _method(entry)) is not None]
    ended = given_up(target.model_copy(update={"methods": methods}), REASON, _DETAIL)
    outcome = recorded_outcome(value)
    if outcome is not TargetOutcome.PENDING:
        return ended.settle(outcome, REASON, _DETAIL)
    if value.get("begunAt") or value.get("sessionsRevoked") or any(_is_doubtful(entry) for entry in entries):
        return ended.settle(TargetOutcome.PARTIALLY_RESET, REASON, _DETAIL)
    return ended


def _method(entry: dict[str, Any]) -> TargetMethod | None:
    try:
        return TargetMethod.from_json(entry)
    except ValidationError:
        return None


def _is_doubtful(entry: dict[str, Any]) -> bool:
    answered = entry.get("answered")
    return isinstance(answered, str) and answered in _DOUBTFUL
