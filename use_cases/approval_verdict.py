"""What the records say of a request that waits for its approval."""

from domain.request.approval import Verdict, counting, verdict
from domain.request.reset_request import Decision, ResetRequest
from services import Services


async def current_verdict(
    services: Services, request: ResetRequest, decisions: list[Decision] | None = None
) -> Verdict:
    """Return what the decisions amount to now, without those of approvers who left the policy.

    `decisions` are those already read, None: read them.
    """
    if decisions is None:
        decisions = await services.requests.decisions(request.id)
    cancelled = await services.requests.cancelled(request.id) is not None
    counted = counting(services.policy, request, decisions)
    return verdict(request, counted, cancelled=cancelled, now=services.now())


async def audit_decision(services: Services, request_id: str, decision: Decision) -> None:
    """Write the audit event of a decision; a repeated call writes nothing more."""
    data = {
        "decision": decision.decision,
        "comment": decision.comment,
        "without": decision.without,
        "planDigest": decision.plan_digest,
        "signedInAs": decision.signed_in_as,
    }
    once = f"decided:{decision.approver}"
    await services.audits.append(request_id, decision.at, decision.approver, "decided", data, once=once)
