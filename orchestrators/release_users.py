"""Undo the containment of users: by a person or by evidence, and at the end of a request that was not approved."""

from collections.abc import Sequence

from contracts.workflow import RELEASE_TARGETS, RELEASE_USERS, Nothing, ReleaseWindow, UserRelease
from durable import Context, Step
from orchestrators.app import call_activity, orchestrator
from orchestrators.fan_out import FanOut

# Windows at once, over all customers and of one of them.
_RELEASING, _RELEASING_PER_CUSTOMER = 20, 2


@orchestrator(RELEASE_USERS)
def release_users(ctx: Context, work: UserRelease) -> Step[Nothing]:
    """Which users, and what of them, is in their records."""
    works = [
        ReleaseWindow(id=work["id"], customer=customer, start=start, count=count)
        for customer, start, count in work["windows"]
    ]
    yield from release_windows(ctx, works)
    return Nothing()


def release_windows(ctx: Context, works: Sequence[ReleaseWindow]) -> Step[None]:
    fan_out = FanOut(ctx, RELEASE_TARGETS, works, _RELEASING_PER_CUSTOMER, total=_RELEASING)
    yield from fan_out.run()
    for work, reason in fan_out.left:
        given_up: ReleaseWindow = {**work, "give_up": reason}
        yield from call_activity(ctx, RELEASE_TARGETS, given_up)
