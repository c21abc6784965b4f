"""The audit events of targets that have ended."""

import json
from collections.abc import Iterator

from domain.request.target import Target
from records.targets import StoredTarget
from services import Services

# The most targets in one audit event, and bytes of them: well under the size of a record.
_PER_EVENT, _BYTES = 25, 100_000


async def audit_ended(services: Services, request_id: str, window: list[StoredTarget]) -> None:
    """Write the audit events of targets that were planned and have ended."""
    ended = [kept.target for kept in window if kept.target.planned and kept.target.settled]
    for part in _parts(ended):
        await services.audits.append(
            request_id,
            services.now(),
            "service",
            "targetsEnded",
            {"customer": part[0].customer, "targets": [_audited(target) for target in part]},
            once=f"targets:{part[0].number}",
        )


def _parts(targets: list[Target]) -> Iterator[list[Target]]:
    """Yield the targets of one audit event after the other: the same targets make the same parts."""
    part: list[Target] = []
    size = 0
    for target in targets:
        length = len(json.dumps(_audited(target)))
        if part and (len(part) == _PER_EVENT or size + length > _BYTES):
            yield part
            part, size = [], 0
        part.append(target)
        size += length
    if part:
        yield part


async def audit_target(services: Services, request_id: str, target: Target) -> None:
    """Write the audit event of one target that has ended outside of a window."""
    data = {"customer": target.customer, "targets": [_audited(target)]}
    once = f"target:{target.number}"
    await services.audits.append(request_id, services.now(), "service", "targetsEnded", data, once=once)


def _audited(target: Target) -> dict[str, object]:
    return {
        "number": target.number,
        "userId": target.user_id,
        "outcome": target.outcome.value,
        "methods": [[m.type.value, m.id, m.outcome.value, m.request_id] for m in target.methods],
        "sessionsRevoked": target.sessions_revoked,
        "forecast": target.forecast,
    }
