"""Activity: reads a window of a long plan, for the step that seals or checks the plan as a whole."""

from typing import NamedTuple

from activities.app import activity
from contracts.workflow import READ_PLAN_WINDOW, Nothing, PlanToRead, PlanWindowRef
from domain.request.approval import Tally
from domain.request.plan import WINDOW, people_line, plan_digest, scope_line, window_hash, window_starts
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from records.plan_windows import PlanWindow, Purpose
from services import Services, current_services
from use_cases.approver_accounts import targets_of_accounts
from web.presenters import plan_totals


class ReadPlan(NamedTuple):
    """The digest of the plan as it is recorded, and what its approval depends on."""

    digest: str
    tally: Tally


@activity(READ_PLAN_WINDOW)
async def read_plan_window(work: PlanWindowRef) -> Nothing:
    services = current_services()
    targets = await _read(services, work["id"], work["start"])
    if work["purpose"] == "seal":
        request = await services.requests.get(work["id"])
        accounts = targets_of_accounts(services.policy, request, targets) if request is not None else {}
        await services.plan_summaries.put(work["id"], work["start"], _counts(targets), accounts)
    window = PlanWindow(hash=window_hash(targets), tally=Tally().add(targets))
    await services.plan_windows.put(work["id"], work["purpose"], work["start"], window)
    return {}


async def read_plan(services: Services, request: ResetRequest, purpose: Purpose) -> ReadPlan | PlanToRead:
    """Return what the windows of the plan make together; those that are to be read first, where they are several."""
    starts = window_starts(request.target_count)
    if len(starts) > 1:
        windows = await services.plan_windows.read(request.id, purpose, starts)
        if missing := [start for start in starts if start not in windows]:
            return {"next": "read", "windows": missing}
    else:
        whole = {start: await _read(services, request.id, start) for start in starts}
        windows = {start: PlanWindow(hash=window_hash(read), tally=Tally().add(read)) for start, read in whole.items()}
    tally = Tally()
    for window in windows.values():
        tally.merge(window.tally)
    hashes = [window.hash for window in windows.values()]
    return ReadPlan(plan_digest(request.id, scope_line(request), people_line(request), hashes), tally)


async def _read(services: Services, request_id: str, start: int) -> list[Target]:
    return [kept.target for kept in await services.targets.range(request_id, start, WINDOW)]


def _counts(targets: list[Target]) -> dict[str, dict[str, int]]:
    customers = dict.fromkeys(target.customer for target in targets)
    return {
        customer: plan_totals(target for target in targets if target.customer == customer).to_counts()
        for customer in customers
    }
