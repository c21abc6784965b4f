"""The plan of a request and the digest that an approval is bound to."""

import hashlib
import json
from collections.abc import Iterable

from domain.request.reset_request import ResetRequest
from domain.request.target import Target

VERSION = 2
"""Of the plan's lines. Version 1 had no scope line."""


def scope_line(request: ResetRequest) -> str:
    """Return what an approver agrees to for all targets: the plan's first line."""
    scope = {
        "methods": [kind.value for kind in request.methods],
        "revokeSessions": request.revoke_sessions,
        "undoOf": request.undo_of,
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


class PlanDigest:
    """SHA-256 over the scope line and the plan lines in target order; `hexdigest()` is the plan digest."""

    def __init__(self, request: ResetRequest) -> None:
        self._hash = hashlib.sha256(f"plan:{VERSION}:{request.id}\n{scope_line(request)}\n".encode())

    def add(self, targets: Iterable[Target]) -> None:
        for target in targets:
            self._hash.update(plan_line(target).encode() + b"\n")

    def hexdigest(self) -> str:
        return self._hash.hexdigest()
