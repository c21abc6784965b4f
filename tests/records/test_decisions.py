"""Decisions and the request that counts them change together, in every store."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.methods import STANDARD_SCOPE
from domain.outcomes import RequestStatus
from domain.request.reset_request import ApprovalNeeded, Decision, ResetRequest
from records.requests import Requests
from records.store import Store

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


async def waiting(store: Store) -> Requests:
    requests = Requests(store)
    request = ResetRequest(
        id="r1",
        status=RequestStatus.AWAITING_APPROVAL,
        created_at=NOW,
        source="api",
        methods=list(STANDARD_SCOPE),
        target_count=0,
        ranges=[],
        approval=ApprovalNeeded(required=True, quorum=1, expires_at=NOW + timedelta(hours=1)),
    )
    assert await requests.create(request, [])
    return requests


def of(approver: str, at: datetime = NOW) -> Decision:
    return Decision(approver=approver, decision="approve", at=at)


async def test_of_twenty_approvers_who_decide_twice_at_once_each_is_heard_once(store: Store) -> None:
    requests = await waiting(store)
    approvers = [f"approver{number}@contoso.com" for number in range(20)]
    kept = await asyncio.gather(*(requests.decide("r1", of(approver)) for approver in approvers * 2))
    assert sum(kept) == 20
    assert {decision.approver for decision in await requests.decisions("r1")} == set(approvers)
    request = await requests.get("r1")
    assert request is not None
    assert request.approval.decided == 20


@pytest.mark.parametrize(
    "changes",
    [
        {"status": RequestStatus.RESETTING},
        {"approval": ApprovalNeeded(required=True, ends_as=RequestStatus.DENIED)},
        {"approval": ApprovalNeeded(required=True, expires_at=NOW)},
    ],
)
async def test_what_has_ended_takes_no_decision(store: Store, changes: dict[str, object]) -> None:
    requests = await waiting(store)
    await requests.update("r1", lambda request: request.model_copy(update=changes))
    assert not await requests.decide("r1", of("owner@contoso.com"))
    assert await requests.decisions("r1") == []


async def test_a_record_of_before_there_was_a_count_counts_from_now_on(store: Store) -> None:
    requests = await waiting(store)
    row = await store.get("r1", "request")
    assert row is not None
    old = {name: value for name, value in row.value["approval"].items() if name not in {"decided", "endsAs"}}
    assert await store.replace(row, row.value | {"approval": old}) is not None
    assert await requests.decide("r1", of("owner@contoso.com"))
    request = await requests.get("r1")
    assert request is not None
    assert (request.approval.decided, request.approval.ends_as) == (1, None)


@pytest.mark.parametrize("change", [{"decision": "somethingNew"}, {"at": "never"}, {"without": 1}], ids=str)
async def test_a_decision_that_cannot_be_read_is_a_denial(store: Store, change: dict[str, object]) -> None:
    requests = await waiting(store)
    assert await requests.decide("r1", of("lead@contoso.com"))
    (row,) = await store.scan("r1", prefix="decision:")
    assert await store.replace(row, row.value | change)
    (listed,) = await requests.decisions("r1")
    assert (listed.approver, listed.decision) == ("lead@contoso.com", "deny")
    assert await requests.decision_of("r1", "lead@contoso.com") == listed
