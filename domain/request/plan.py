"""The plan of a request and the digest that an approval is bound to.

The digest is a hash over the hashes of windows, so that no step has to read the plan of a long request at once.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence

from domain.request.reset_request import ResetRequest
from domain.request.target import Target

VERSION = 3
"""Of the plan's lines and digest. Version 1 had no scope line; up to version 2 the digest was one hash over all lines."""

WINDOW = 250
"""Targets whose lines are hashed together: what one step reads. Part of the digest, so it stays as it is."""


def scope_line(request: ResetRequest) -> str:
    """Return what an approver agrees to for all targets: the plan's first line."""
    scope: dict[str, object] = {
        "methods": [kind.value for kind in request.methods],
        "revokeSessions": request.revoke_sessions,
        "undoOf": request.undo_of,
    }
    if request.identities is not None:
        scope["requester"] = request.requester
        scope["identities"] = {
            "caller": request.requested_by_id,
            "requester": request.identities.requester,
            "approvers": request.identities.approvers,
        }
    return json.dumps(scope, separators=(",", ":"), ensure_ascii=True)


def plan_line(target: Target) -> str:
    """Return what an approver agrees to for one target, as one canonical line."""
    return json.dumps(
        [
            target.number,
            target.tenant_id,
            target.user_id,
            "planned" if target.planned else target.reason,
            [
                [m.type.value, m.id, m.number_hash, m.created_at.isoformat() if m.created_at else None]
                for m in target.methods
            ],
        ],
        separators=(",", ":"),
        ensure_ascii=True,
    )


def window_starts(count: int) -> list[int]:
    """Return the number of the first target of each window of a plan of `count` targets."""
    return list(range(0, count, WINDOW))


def window_hash(targets: Iterable[Target]) -> str:
    """Return the SHA-256 over the plan lines of the targets of one window, in their order."""
    return hash_lines(plan_line(target).encode() + b"\n" for target in targets)


def hash_lines(lines: Iterable[bytes]) -> str:
    """Return the SHA-256 over lines that end in a line feed."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    return digest.hexdigest()


def plan_digest(request_id: str, scope: str, hashes: Sequence[str]) -> str:
    """Return the plan digest for the scope line and the hashes of all windows, in their order."""
    text = "\n".join((f"plan:{VERSION}:{request_id}", scope, *hashes, ""))
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(request_id: str, version: int, plan: bytes) -> str:
    """Return the digest of a plan that was written into a file: the scope line, then the plan lines, of any version."""
    if version <= 2:
        return hashlib.sha256(f"plan:{version}:{request_id}\n".encode() + plan).hexdigest()
    scope, *lines = plan.splitlines(keepends=True) or [b""]
    hashes = [hash_lines(lines[start : start + WINDOW]) for start in window_starts(len(lines))]
    return plan_digest(request_id, scope.decode("utf-8", "replace").removesuffix("\n"), hashes)
