"""Activities around a window of targets: its turn at the customer, and what it came to in the audit."""

from typing import Any

from activities.app import Work, activity
from activities.reset_target import fail_open
from services import Services, services


@activity
async def take_turn(work: Work) -> Work:
    """`work`: {"id", "customer", "start", "count"}. Answers {"permits"}: how many targets may run at once, 0 to ask again."""
    s = services()
    customer = s.policy.customers.get(work["customer"])
    if customer is None:
        return {"permits": 1}
    limit = s.policy.in_flight_of(work["customer"])
    turn = await s.turns.take(customer.tenant_id, work["id"], str(work["start"]), work["count"], limit, s.now())
    return {"permits": turn.permits}


@activity
async def end_turn(work: Work) -> Work:
    """`work`: {"id", "customer", "start", "count", "width", "breaker"}: gives the permits back and writes the window's audit event.

    `breaker` is the stable word for why the customer was given up; then every open target of the window is settled with it.
    """
    await end_window(services(), work)
    return {}


async def end_window(s: Services, work: dict[str, Any]) -> None:
    customer = s.policy.customers.get(work["customer"])
    window = await s.targets.range(work["id"], work["start"], work["count"])
    open_ones = [kept.target.number for kept in window if not kept.target.settled]
    if open_ones:
        reason = work["breaker"] or "notRemoved"
        await fail_open(s, work["id"], open_ones, reason, _DETAILS.get(reason, "The reset ended without a result."))
        window = await s.targets.range(work["id"], work["start"], work["count"])
    if customer is not None:
        await s.turns.give_back(customer.tenant_id, work["id"], str(work["start"]), work["width"])
    await s.audits.append(
        work["id"],
        s.now(),
        "service",
        "windowEnded",
        {
            "customer": work["customer"],
            "targets": [
                {
                    "number": kept.target.number,
                    "userId": kept.target.user_id,
                    "outcome": kept.target.outcome.value,
                    "methods": [[m.type.value, m.id, m.outcome.value, m.request_id] for m in kept.target.methods],
                    "sessionsRevoked": kept.target.sessions_revoked,
                }
                for kept in window
                if kept.target.planned
            ],
        },
        once=f"window:{work['start']}",
    )


_DETAILS = {
    "consentMissing": "The service has no consent in this customer's tenant, or its sign-in there fails.",
    "customerUnreachable": "The customer's tenant did not answer.",
}
