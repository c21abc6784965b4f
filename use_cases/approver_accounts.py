"""Which targets of a request are approvers themselves: nobody decides on a request that they are a target of."""

from collections.abc import Iterable

from domain.policy.load import Policy
from domain.request.plan import window_starts
from domain.request.reset_request import Approver, ResetRequest
from domain.request.target import Target
from services import Services
from use_cases.read_targets import target_pages

NO_TARGET = -1


def targets_of_accounts(policy: Policy, request: ResetRequest, targets: Iterable[Target]) -> dict[str, int]:
    """Return the number of the target that each account of an approver is among `targets`, NO_TARGET where it is none."""
    pinned = request.identities.approvers.values() if request.identities else ()
    accounts = {account for found in pinned for account in found} | set(policy.approval.identities.values())
    found = dict.fromkeys(sorted(accounts), NO_TARGET)
    return found | {identity: target.number for target in targets if (identity := identity_of(target)) in accounts}


def identity_of(target: Target) -> str:
    """Return the target's account: tenant id and object id with a slash between them."""
    return f"{target.tenant_id}/{target.user_id}"


async def is_target(services: Services, request: ResetRequest, entry: Approver, identity: str) -> bool:
    """Return whether an account is a target that this approver would decide on.

    Of a long plan only what was kept when it was sealed is read. An account that was no approver's then, because the policy
    has named it since, is looked for in all targets.
    """
    mine = [range(first, first + count) for customer, first, count in request.ranges if customer in entry.customers]
    starts = window_starts(request.target_count)
    windows = await services.plan_summaries.accounts(request.id, starts) if len(starts) > 1 else None
    if windows is not None and all(identity in window for window in windows):
        return any(window[identity] in numbers for window in windows for numbers in mine)
    async for page in target_pages(services, request.id):
        if any(identity_of(kept.target) == identity and kept.target.customer in entry.customers for kept in page):
            return True
    return False
