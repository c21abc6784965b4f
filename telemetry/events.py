"""Structured log events: a stable word, the request's id, and fields out of a short list. People are not in that list.

A line reads `ended request=6f9… status=completed`, which Log Analytics splits with parse-kv; the same fields go out as
attributes where logs are sent by OpenTelemetry.
"""

import logging
from collections.abc import Mapping
from typing import Any

_log = logging.getLogger("mfareset.events")

# What an event may contain besides its name and request. Everything else an event of the audit holds stays in the audit.
FIELDS = (
    "status",
    "source",
    "customer",
    "reason",
    "scope",
    "decision",
    "quorum",
    "dryRun",
    "event",
    "attempt",
    "httpStatus",
)
_WARN = frozenset(
    {
        "accessPassFailed",
        "limitReached",
        "mailFailed",
        "mailBounced",
        "planChanged",
        "callbackLost",
        "callbackFailed",
        "removalAlert",
    }
)


def log_event(name: str, request_id: str, data: Mapping[str, Any]) -> None:
    """Write one line. Values that are not a word, a number or a truth value are left out."""
    level = logging.WARNING if name in _WARN else logging.INFO
    if not _log.isEnabledFor(level):
        return
    fields = {key: data[key] for key in FIELDS if _is_plain(data.get(key))}
    totals = data.get("totals") or data.get("targets")
    if isinstance(totals, Mapping):
        fields |= {f"targets.{key}": value for key, value in totals.items() if isinstance(value, int) and value}
    elif isinstance(totals, int):
        fields["targets"] = totals
    line = " ".join([name, f"request={request_id}", *(f"{key}={value}" for key, value in fields.items())])
    extra = {f"mfareset.{key}": value for key, value in fields.items()}
    _log.log(level, line, extra={"mfareset.event": name, "mfareset.request": request_id, **extra})


def _is_plain(value: object) -> bool:
    if isinstance(value, str):  # a word: codes are, sentences and addresses are not
        return 0 < len(value) <= 64 and all(letter.isalnum() or letter in "-_." for letter in value)
    return isinstance(value, bool | int)
