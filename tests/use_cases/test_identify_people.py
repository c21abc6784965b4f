"""Who the people of a request are: found once for each customer, and put together when all are planned."""

import asyncio

import pytest

from activities.plan_targets import plan_window
from activities.seal_plan import seal
from domain.methods import STANDARD_SCOPE
from domain.request.deciders import Deciders
from domain.request.involved import Identities
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from tests.activities.conftest import Works, works
from use_cases import identify_people as module
from use_cases.identify_people import gather_people, identify_people

__all__ = ["works"]

LEAD, OWNER, TECH = "lead@msp.example", "owner@contoso.com", "tech@msp.example"


async def _planning(works: Works) -> ResetRequest:
    request = ResetRequest(
        id="r1",
        created_at=works.clock(),
        source="api",
        methods=list(STANDARD_SCOPE),
        requester=TECH,
        target_count=2,
        ranges=[("contoso", 0, 1), ("fabrikam", 1, 1)],
    )
    targets = [
        Target(number=0, customer="contoso", asked="adele@contoso.com"),
        Target(number=1, customer="fabrikam", asked="alex@fabrikam.com"),
    ]
    assert await works.services.requests.create(request, targets)
    return request


async def _rows(works: Works) -> int:
    return len(await works.services.store.scan("r1", prefix="identities:"))


async def test_a_window_changes_nothing_that_windows_of_other_customers_write(works: Works) -> None:
    await _planning(works)
    before = await works.services.store.get("r1", "request")
    await asyncio.gather(*(plan_window(works.services, "r1", n, 1, last=False) for n in range(2)))
    assert await works.services.store.get("r1", "request") == before
    assert await _rows(works) == 2


async def test_sealing_puts_together_what_was_found_for_each_customer(works: Works) -> None:
    await _planning(works)
    for number in range(2):
        await plan_window(works.services, "r1", number, 1, last=False)
    assert await seal(works.services, "r1") == "approve"
    request = await works.services.requests.get("r1")
    assert request is not None
    assert request.identities is not None
    assert request.identities.customers == ["contoso", "fabrikam"]
    assert {LEAD, OWNER} <= {*request.identities.approvers}
    assert len(request.identities.requester) == 1
    assert await _rows(works) == 0


async def test_of_two_windows_of_a_customer_what_the_first_found_counts(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await _planning(works)
    groups = iter(["first", "second"])

    async def found(*_: object, **__: object) -> Identities:
        name = next(groups)
        await asyncio.sleep(0)
        return Identities(customers=["contoso"], deciders={"contoso": Deciders(first={f"{name}@msp.example": [name]})})

    monkeypatch.setattr(module, "_found", found)
    both = await asyncio.gather(*(identify_people(works.services, request, "contoso") for _ in range(2)))
    assert both[0].identities == both[1].identities
    gathered = await gather_people(works.services, request.id)
    assert gathered.identities == both[0].identities


async def test_a_customer_is_looked_up_once(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    request = await _planning(works)
    first = await identify_people(works.services, request, "contoso")

    async def again(*_: object, **__: object) -> Identities:
        raise AssertionError("looked up again")

    monkeypatch.setattr(module, "_found", again)
    assert await identify_people(works.services, request, "contoso") == first
    gathered = await gather_people(works.services, request.id)
    assert (await identify_people(works.services, gathered, "contoso")).identities == first.identities


async def test_what_a_death_left_between_putting_together_and_removing_is_no_harm(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await _planning(works)
    await identify_people(works.services, request, "contoso")

    async def dies(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr("records.identities.IdentityRecords.clear", dies)
        with pytest.raises(ConnectionError):
            await gather_people(works.services, request.id)
    stored = await works.services.requests.get("r1")
    assert stored is not None
    assert await gather_people(works.services, stored.id) == stored
    assert await _rows(works) == 0


async def test_a_run_beside_one_that_has_put_together_already_sees_what_it_stored(works: Works) -> None:
    request = await _planning(works)
    await identify_people(works.services, request, "contoso")
    gathered = await gather_people(works.services, request.id)
    assert gathered.identities is not None
    assert await gather_people(works.services, request.id) == gathered


async def test_what_a_run_that_was_overtaken_finds_later_does_not_count(works: Works) -> None:
    request = await _planning(works)
    gathered = await _found_later(works, request, "first@msp.example")
    again = await _found_later(works, gathered, "second@msp.example")
    assert again.identities == gathered.identities
    assert again.identities is not None
    assert [*again.identities.deciders["contoso"].first] == ["first@msp.example"]
    assert await _rows(works) == 0


async def _found_later(works: Works, request: ResetRequest, approver: str) -> ResetRequest:
    found = Identities(
        approvers={approver: [approver]},
        customers=["contoso"],
        deciders={"contoso": Deciders(first={approver: ["a group"]})},
    )
    await works.services.identities.keep("r1", "contoso", found)
    return await gather_people(works.services, request.id)
