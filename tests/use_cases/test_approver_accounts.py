"""Nobody decides on a request that they are a target of; of a long one that is known from its sealed plan."""

import pytest

from domain.request.involved import Identities
from domain.request.plan import WINDOW
from domain.request.reset_request import Approver, ResetRequest
from domain.request.target import Target
from tests.activities.conftest import CONTOSO, Works, works
from tests.reads import counted
from use_cases.approver_accounts import is_target, targets_of_accounts

__all__ = ["works"]

USERS = WINDOW + 20
LAST = USERS - 1
ENTRY = Approver(approver="owner@contoso.com", customers=["contoso"])
OTHER = Approver(approver="lead@msp.example", customers=["fabrikam"])


def account(number: int) -> str:
    return f"{CONTOSO}/user-{number}"


@pytest.fixture
async def sealed(works: Works) -> ResetRequest:
    request = ResetRequest(
        id="r1",
        created_at=works.clock(),
        source="api",
        methods=[],
        target_count=USERS,
        ranges=[("contoso", 0, USERS)],
        identities=Identities(approvers={"owner@contoso.com": [account(LAST), f"{CONTOSO}/elsewhere"]}),
    )
    services = works.services
    targets = [
        Target(number=n, customer="contoso", asked=f"u{n}@contoso.com", tenant_id=CONTOSO, user_id=f"user-{n}")
        for n in range(USERS)
    ]
    await services.requests.create(request, targets)
    for start in await services.target_drafts.starts("r1"):
        await services.target_drafts.write("r1", start)
    for start in (0, WINDOW):
        accounts = targets_of_accounts(services.policy, request, targets[start : start + WINDOW])
        await services.plan_summaries.put("r1", start, {}, accounts)
    return request


async def test_an_approver_who_is_a_target_is_found_without_reading_targets(works: Works, sealed: ResetRequest) -> None:
    with counted(works.services.store) as reads:
        assert await is_target(works.services, sealed, ENTRY, account(LAST))
        assert not await is_target(works.services, sealed, ENTRY, f"{CONTOSO}/elsewhere")
        assert not await is_target(works.services, sealed, OTHER, account(LAST))
    assert reads.targets == 0


async def test_an_account_that_the_policy_has_named_since_is_looked_for(works: Works, sealed: ResetRequest) -> None:
    with counted(works.services.store) as reads:
        assert await is_target(works.services, sealed, ENTRY, account(3))
        assert not await is_target(works.services, sealed, OTHER, account(3))
    assert reads.targets > 0


async def test_a_plan_of_an_older_version_is_read(works: Works, sealed: ResetRequest) -> None:
    for row in await works.services.store.scan("r1", prefix="plansummary:"):
        assert await works.services.store.replace(row, {"contoso": {}})
    assert await is_target(works.services, sealed, ENTRY, account(LAST))
