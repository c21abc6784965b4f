"""Read the users whom approvers left out of a request."""

from collections.abc import Iterable

from domain.request.approval import counting, left_out
from domain.request.reset_request import Approver, Decision, ResetRequest
from domain.request.target import Target
from domain.request.windows import STEP, steps_of
from services import Services
from web.presenters import NAMED


async def left_out_for(
    services: Services, request: ResetRequest, entry: Approver, decisions: Iterable[Decision]
) -> dict[int, Target]:
    """Return whom the decisions that count leave out, among the users that `entry` decides on, by number."""
    found = left_out(request, counting(services.policy, request, decisions))
    numbers = {number for customer in entry.customers for number in found.get(customer, ())}
    return await _targets(services, request, numbers)


async def left_out_names(services: Services, request: ResetRequest, decisions: Iterable[Decision]) -> dict[int, str]:
    """Return the names of those left out, by number; for each decision of the first `NAMED` ones only."""
    numbers = {number for decision in decisions for number in decision.without[:NAMED]}
    return {number: target.name for number, target in (await _targets(services, request, numbers)).items()}


async def _targets(services: Services, request: ResetRequest, numbers: set[int]) -> dict[int, Target]:
    """Return these targets by number. Only the steps that have one of them are read."""
    return {
        kept.target.number: kept.target
        for start in steps_of(number for number in numbers if number < request.target_count)
        for kept in await services.targets.range(request.id, start, STEP)
        if kept.target.number in numbers
    }
