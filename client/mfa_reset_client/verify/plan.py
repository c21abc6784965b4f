"""The plan of a request and its digest, of every version that was ever written.

Version 1 and 2: one hash over `plan:VERSION:ID` and all lines; version 1 has no scope line. Version 3: over that, the scope line
and a hash for every 250 lines together. Version 4: each line has a hash of its own; the digest is over those of the scope and of
the people behind the request, and for every 250 further lines over the hash of their hashes. There a line may be withheld.
"""

import hashlib
import json
from typing import Any

_WINDOW = 250
_SCOPE_LINES = {1: 0, 2: 1, 3: 1}


def plan_digest(request_id: str, version: int, plan: bytes) -> str:
    """Return the digest of a plan file; "" for one that is no plan."""
    if version <= 2:
        return _sha256(f"plan:{version}:{request_id}\n".encode() + plan)
    lines = plan.splitlines(keepends=True)
    if version == 3:
        scope, *users = lines or [b""]
        windows = [_sha256(b"".join(users[start : start + _WINDOW])) for start in range(0, len(users), _WINDOW)]
        return _of_parts(3, request_id, scope.removesuffix(b"\n"), windows)
    hashes = [_line_hash(line.removesuffix(b"\n")) for line in lines]
    if len(hashes) < 2:
        return ""
    scope_hash, *rest = hashes
    people_hash, *users_hashes = rest
    windows = [
        _sha256("".join(f"{each}\n" for each in users_hashes[start : start + _WINDOW]).encode())
        for start in range(0, len(users_hashes), _WINDOW)
    ]
    return _of_parts(version, request_id, scope_hash.encode(), [people_hash, *windows])


def scope_of(version: int, plan: bytes) -> dict[str, Any] | None:
    """Return what the first lines say of the request as a whole, without what is withheld; None where they say nothing readable."""
    scope: dict[str, Any] = {}
    for line in plan.splitlines()[: _SCOPE_LINES.get(version, 2)]:
        try:
            value = json.loads(line)
        except ValueError:
            return None
        if not isinstance(value, dict):
            return None
        if value.keys() != {"withheld"}:
            scope |= value
    return scope


def _line_hash(line: bytes) -> str:
    if line.startswith(b'{"withheld":'):
        try:
            return str(json.loads(line)["withheld"])
        except (ValueError, KeyError):
            return ""
    return _sha256(line)


def _of_parts(version: int, request_id: str, first: bytes, windows: list[str]) -> str:
    return _sha256(b"\n".join((f"plan:{version}:{request_id}".encode(), first, *map(str.encode, windows), b"")))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
