"""What one approver of a request sees: the link, their targets and the view that the mail and the page share."""

from collections import Counter
from collections.abc import Mapping

from domain.access.approval_links import ApprovalLink, sign
from domain.outcomes import RequestStatus
from domain.request.plan import WINDOW, window_starts
from domain.request.reset_request import Approver, ResetRequest
from domain.request.target import Target
from services import Services
from use_cases.left_out_users import left_out_for
from use_cases.read_targets import all_targets
from use_cases.related_requests import related_names
from use_cases.target_summaries import count_words
from web.presenters import ShownPlan, approval_view, plan_totals
from web.views import ApprovalView, PageView, PlanTotals

PAGE_SIZE = 200
"""Users on one page, and in a mail."""


def approval_token(services: Services, request: ResetRequest, approver: str) -> str:
    """Return the token of one approver's link.

    It stays the same for the same plan and time limit while the signing key is the same. Raises: ValueError for a request
    without a plan.
    """
    if request.plan_digest is None or request.approval.expires_at is None:
        raise ValueError("a request without a plan has nothing to approve")
    link = ApprovalLink(request.id, approver, request.plan_digest, request.approval.expires_at)
    return sign(services.settings.approval_keys, link)


async def targets_for(services: Services, request: ResetRequest, entry: Approver) -> list[Target]:
    """Return the targets that this approver decides on and may see: those of their customers."""
    return [target async for target in all_targets(services, request.id) if target.customer in entry.customers]


async def users_of(services: Services, request: ResetRequest, entry: Approver) -> int:
    """Return how many users would be reset that this approver decides on, without those whom other approvers left out."""
    decisions = await services.requests.decisions(request.id)
    excluded = await left_out_for(services, request, entry, decisions)
    sealed = await _sealed_totals(services, request, entry)
    if sealed is not None:
        return sealed.less(plan_totals(excluded.values())).users
    mine = await targets_for(services, request, entry)
    return sum(target.planned and not target.settled and target.number not in excluded for target in mine)


async def totals_for(services: Services, request: ResetRequest, entry: Approver) -> Mapping[str, int] | None:
    """Return how many of this approver's targets have each outcome.

    None while a long request is reset whose other customers are not the approver's to know of: theirs are counted at its end.
    """
    if request.status is RequestStatus.AWAITING_APPROVAL:
        return {}
    if set(request.customers) <= set(entry.customers):
        return await services.targets.totals(request.id)
    if request.status.ended or request.target_count <= WINDOW:
        return await count_words(services, request, "outcomes", entry.customers)
    return None


async def refused_for(services: Services, request: ResetRequest, entry: Approver) -> int:
    """Return how many of this approver's users the plan refuses."""
    sealed = await _sealed_totals(services, request, entry)
    if sealed is None:
        sealed = plan_totals(await targets_for(services, request, entry))
    return sealed.refused


async def view_for(
    services: Services, request: ResetRequest, entry: Approver, page: int = 1, *, ticked: frozenset[int] = frozenset()
) -> ApprovalView:
    """Return what this approver is shown of the request as it stands, in the mail and on the page alike.

    The counts are those without the users whom others left out, and without those whose numbers are `ticked`.
    """
    decisions = await services.requests.decisions(request.id)
    excluded = await left_out_for(services, request, entry, decisions)
    plan = await _shown_plan(services, request, entry, page, excluded)
    if more := ticked - excluded.keys():
        plan = plan._replace(totals=plan.totals.less(plan_totals(await _numbered(services, request, entry, more))))
    related = await related_names(services, request, frozenset(entry.customers))
    return approval_view(services.policy, request, entry, plan, decisions, services.now(), related)


async def _shown_plan(
    services: Services, request: ResetRequest, entry: Approver, page: int, excluded: Mapping[int, Target]
) -> ShownPlan:
    """Return a page of the plan. Of a long one no more than this page is read, and the counts that were made when it was sealed."""
    mine = [part for part in request.ranges if part[0] in entry.customers]
    counts = {customer: count for customer, _, count in mine}
    pages = max(1, -(-sum(counts.values()) // PAGE_SIZE))
    number = min(max(page, 1), pages)
    first, last = (number - 1) * PAGE_SIZE, number * PAGE_SIZE
    totals = await _sealed_totals(services, request, entry)
    if totals is None:
        targets = await targets_for(services, request, entry)
        going_on = [target for target in targets if target.number not in excluded]
        return ShownPlan(targets[first:last], counts, plan_totals(going_on), PageView(number, pages), excluded)
    shown: list[Target] = []
    before = 0  # targets of this approver in the ranges so far
    for _, start, count in mine:
        skipped = max(0, first - before)
        wanted = min(count - skipped, last - max(first, before))
        if wanted > 0:
            shown += [kept.target for kept in await services.targets.range(request.id, start + skipped, wanted)]
        before += count
    going_on_totals = totals.less(plan_totals(excluded.values()))
    return ShownPlan(shown, counts, going_on_totals, PageView(number, pages), excluded)


async def _numbered(
    services: Services, request: ResetRequest, entry: Approver, numbers: frozenset[int]
) -> list[Target]:
    """Return the targets with these numbers, those of this approver's customers only."""
    found: list[Target] = []
    for customer, start, count in request.ranges:
        mine = [number for number in numbers if start <= number < start + count] if customer in entry.customers else []
        if mine:
            rows = await services.targets.range(request.id, min(mine), max(mine) - min(mine) + 1)
            found += [kept.target for kept in rows if kept.target.number in numbers]
    return found


async def _sealed_totals(services: Services, request: ResetRequest, entry: Approver) -> PlanTotals | None:
    """Return the counts of this approver's targets; None where they are few, or were not counted, or for fewer things than today."""
    starts = window_starts(request.target_count)
    windows = await services.plan_summaries.read(request.id, starts) if len(starts) > 1 else None
    if windows is None:
        return None
    total = Counter(PlanTotals(0, 0, 0, 0).to_counts())
    for window in windows:
        for counts in (window[customer] for customer in entry.customers if customer in window):
            try:
                total.update(PlanTotals.of_counts(counts).to_counts())
            except TypeError:
                return None
    return PlanTotals.of_counts(total)
