"""Decide how many users of each customer a request may have blocked before its approval, by the policy's hourly limit."""

from domain.request.reset_request import ResetRequest
from domain.request.usage import Ask, sender_key
from services import Services
from telemetry.events import log_event
from telemetry.metrics import count


async def allot_blocks(services: Services, request: ResetRequest) -> None:
    """Count the request's users against `blocksPerHour`, once, and write the shares into the request.

    Users beyond them are not refused: they are blocked once approvers agree.
    """
    profile = services.policy.profiles.compromised
    if profile is None or request.blocks_allotted:
        return
    users: dict[str, int] = {}
    for customer, _, many in request.ranges:
        users[customer] = users.get(customer, 0) + many
    ask = Ask(request.id, sender_key(request.source, request.requested_by_id), users)
    shares = await services.block_counts.allot(ask, profile.blocks_per_hour, services.now())
    await services.requests.update(request.id, lambda r: r.model_copy(update={"blocks_allotted": shares}))
    waiting = request.target_count - sum(shares.values())
    if waiting:
        log_event("limitReached", request.id, {"reason": "blocksPerHour", "source": request.source, "users": waiting})
        count("mfareset.limits.reached", limit="blocksPerHour", scope="sender", source=request.source)
