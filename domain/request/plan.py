"""The plan of a request and the digest that an approval is bound to.

The digest is a hash over the hashes of windows, so that no step has to read the plan of a long request at once.
"""

import hashlib
import json
from collections.abc import Iterable

from domain.model import iso
from domain.request.reset_request import ResetRequest
from domain.request.target import Target

VERSION = 4
"""Of the plan's lines and digest.

Version 1 had no scope line; up to version 2 the digest was one hash over all lines. Version 3 hashed the lines of a window
together. Since version 4 each line has its own hash, so that a file for one customer can withhold the lines of others and still
be verified.
"""

WINDOW = 250
"""Targets whose lines are hashed together: what one step reads. Part of the digest, so it stays as it is."""


def scope_line(request: ResetRequest) -> str:
    """Return what an approver agrees to for all targets: the plan's first line."""
    scope: dict[str, object] = {
        "methods": [kind.value for kind in request.methods],
        "revokeSessions": request.revoke_sessions,
        "undoOf": request.undo_of,
    }
    if request.containment is not None:
        scope["containment"] = request.containment.in_digest()
    if request.access_pass:
        scope["accessPass"] = True
    if request.phone_only:
        scope["phoneOnly"] = request.phone_only
    if request.schedule is not None:
        scope["schedule"] = request.schedule.line()
    return json.dumps(scope, separators=(",", ":"), ensure_ascii=True)


def people_line(request: ResetRequest) -> str:
    """Return who is behind the request and who may decide it: the plan's second line, `{}` where no accounts are known."""
    people: dict[str, object] = {}
    if request.identities is not None:
        people["requester"] = request.requester
        people["identities"] = {
            "caller": request.requested_by_id,
            "requester": request.identities.requester,
            "approvers": request.identities.approvers,
        }
        if request.identities.deciders:
            people["deciders"] = {key: found.line() for key, found in request.identities.deciders.items()}
    return json.dumps(people, separators=(",", ":"), ensure_ascii=True)


def plan_line(target: Target) -> str:
    """Return what an approver agrees to for one target, as one canonical line.

    What only some targets have comes last, by its name, so that the lines of others stay as they were.
    """
    more = _more(target)
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
            *([more] if more else []),
        ],
        separators=(",", ":"),
        ensure_ascii=True,
    )


def _more(target: Target) -> dict[str, object]:
    more: dict[str, object] = {}
    # Of a contained user it is asked for before the unblocking, after the approval, and is no part of what was approved.
    if (verification := target.verification) is not None and target.containment is None:
        evidence = verification.evidence
        found = [evidence.id, evidence.kind.value, evidence.by_id, iso(evidence.at)] if evidence else []
        more["verification"] = [verification.state, *found]
    if (offered := target.access_pass) is not None and offered.state != "refused":
        more["accessPass"] = [offered.why, offered.lifetime_minutes, offered.once]
    return more


def window_starts(count: int) -> list[int]:
    """Return the number of the first target of each window of a plan of `count` targets."""
    return list(range(0, count, WINDOW))


def window_hash(targets: Iterable[Target]) -> str:
    """Return the SHA-256 over the hashes of the plan lines of the targets of one window, in their order."""
    return hash_of_hashes(line_hash(plan_line(target)) for target in targets)


def line_hash(line: str) -> str:
    """Return the SHA-256 of a line of the plan, without its line feed."""
    return hashlib.sha256(line.encode()).hexdigest()


def hash_of_hashes(hashes: Iterable[str]) -> str:
    """Return the SHA-256 over hashes, each followed by a line feed."""
    digest = hashlib.sha256()
    for each in hashes:
        digest.update(f"{each}\n".encode())
    return digest.hexdigest()


def plan_digest(request_id: str, scope: str, people: str, windows: Iterable[str]) -> str:
    """Return the plan digest for the scope line, the people line and the hashes of all windows, in their order."""
    text = "\n".join((f"plan:{VERSION}:{request_id}", line_hash(scope), line_hash(people), *windows, ""))
    return hashlib.sha256(text.encode()).hexdigest()
