"""Requests as records: what hundreds of customers need, and what is kept of what was read."""

from datetime import UTC, datetime

from domain.methods import MethodType
from domain.request.deciders import Deciders, Through
from domain.request.involved import Identities
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from records.read_requests import ReadRequests
from records.requests import Requests
from records.store import Row, Store

_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def _request(request_id: str, customers: int) -> ResetRequest:
    return ResetRequest(
        id=request_id,
        created_at=_AT,
        source="pipeline",
        methods=list(MethodType),
        target_count=customers,
        ranges=[(f"customer-{n:03}", n, 1) for n in range(customers)],
    )


def _targets(customers: int) -> list[Target]:
    return [Target(number=n, customer=f"customer-{n:03}", asked=f"u{n}") for n in range(customers)]


async def test_500_customers_with_20_approvers_by_groups_each_are_kept(store: Store) -> None:
    """As JSON that is more than 1 MB, which Table Storage takes in no row."""
    requests, request = Requests(store), _request("r1", 500)
    assert await requests.create(request, _targets(500))
    groups: list[Through] = [
        {f"engineer-{group}-{n:02}@provider.example": [f"group:team-{group}"] for n in range(20)} for group in range(3)
    ]
    found = Identities(
        customers=request.customers,
        deciders={
            name: Deciders(first=groups[n % 3], step_up=groups[n % 3]) for n, name in enumerate(request.customers)
        },
    )
    await requests.update("r1", lambda r: r.model_copy(update={"identities": found}))
    kept = await Requests(store).get("r1")
    assert kept is not None
    assert kept.identities == found


async def test_a_request_is_parsed_once_until_it_changes(store: Store) -> None:
    requests = Requests(store, ReadRequests())
    assert await requests.create(_request("r1", 2), _targets(2))
    first = await requests.get("r1")
    assert await requests.get("r1") is first
    await Requests(store).update("r1", lambda r: r.model_copy(update={"detail": "by another process"}))
    changed = await requests.get("r1")
    assert changed is not None
    assert changed.detail == "by another process"
    assert await requests.get("r1") is changed


async def test_only_the_requests_that_were_read_last_are_kept(store: Store) -> None:
    read = ReadRequests()
    requests = Requests(store, read)
    for n in range(33):
        assert await requests.create(_request(f"r{n}", 1), _targets(1))
        assert await requests.get(f"r{n}")
    assert read.get("r0") is None
    assert read.get("r1") is not None


async def test_a_record_that_cannot_be_read_is_looked_at_again_each_time(store: Store) -> None:
    requests = Requests(store)
    assert await requests.create(_request("r1", 1), _targets(1))
    row = await store.get("r1", "request")
    assert row is not None
    broken: Row | None = await store.replace(row, row.value | {"createdAt": "at some time"})
    assert broken is not None
    failed = await requests.get("r1")
    assert failed is not None
    assert failed.failure == "recordUnreadable"
    assert await store.replace(broken, row.value)
    mended = await requests.get("r1")
    assert mended is not None
    assert mended.failure is None
