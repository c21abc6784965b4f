"""The audit events of targets that have ended."""

from domain.request.target import Target
from records.cutting import cut
from records.targets import StoredTarget
from services import Services

# The most targets in one audit event, and bytes of them: well under the size of a record.
_PER_EVENT, _BYTES = 25, 100_000


async def audit_ended(services: Services, request_id: str, window: list[StoredTarget]) -> None:
    """Write the audit events of targets that were planned and have ended."""
    ended = [kept.target for kept in window if kept.target.planned and kept.target.settled]
    for place, part in cut(map(_audited, ended), _PER_EVENT, _BYTES):
        first = ended[place]
        await services.audits.append(
            request_id,
            services.now(),
            "service",
            "targetsEnded",
            {"customer": first.customer, "targets": part},
            once=f"targets:{first.number}",
        )


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
