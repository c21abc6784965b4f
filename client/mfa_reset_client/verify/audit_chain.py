"""The audit of a request: a chain in which each event holds the hash of the one before.

The hash of an event is the SHA-256 of the JSON list `[request id, number, at, actor, event, data, previous hash]`, with sorted
keys, without spaces, in ASCII. A withheld event has its hash, and neither actor nor data.
"""

import hashlib
import json
from typing import Any

START = "0" * 64
_FIELDS = frozenset({"number", "at", "actor", "event", "data", "previousHash", "hash"})
_WITHHELD = frozenset({"number", "at", "event", "previousHash", "hash", "withheld"})


def read_events(lines: bytes) -> list[dict[str, Any]] | None:
    """Return the events of an audit file; None for a file that holds something else, such as a field no hash covers."""
    try:
        events = [json.loads(line) for line in lines.splitlines()]
    except ValueError:
        return None
    return events if all(_is_event(event) for event in events) else None


def chain_problem(request_id: str, events: list[dict[str, Any]], head: tuple[int, str]) -> str | None:
    """Return what is wrong with a chain, in a sentence; None for a whole one. `head`: number and hash of its last event."""
    number, previous = 0, START
    for event in events:
        number += 1
        if event["number"] != number:
            return f"event {number} is missing: event {event['number']} stands in its place"
        if event["previousHash"] != previous:
            return f"event {number} does not follow the event before it"
        if "withheld" not in event and event["hash"] != _hash(request_id, event):
            return f"event {number} was changed"
        previous = event["hash"]
    if (number, previous) != head:
        return f"the chain ends at event {number}, but {head[0]} were written"
    return None


def _is_event(event: object) -> bool:
    if not isinstance(event, dict):
        return False
    if event.get("withheld") is True:
        return event.keys() == _WITHHELD
    return event.keys() == _FIELDS and isinstance(event["data"], dict)


def _hash(request_id: str, event: dict[str, Any]) -> str:
    names = ("number", "at", "actor", "event", "data", "previousHash")
    body = [request_id, *(event[name] for name in names)]
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
