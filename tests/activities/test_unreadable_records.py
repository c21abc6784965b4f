"""A record that cannot be read fails its own target, ends, and gives the lease back; others go on."""

import json
from typing import Any

import pytest

from activities.finish_request import finish
from activities.seal_plan import seal
from activities.settle_targets import settle_open
from domain.methods import MethodType
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.target import Target
from records.holds import Holder
from records.targets import target_key
from tests.activities.conftest import CONTOSO, Works

APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})
BROKEN: list[dict[str, Any]] = [
    {"plannedAt": "0-01-01T00:00:00Z"},
    {"outcome": "somethingNew"},
    {"methods": [{"type": "somethingNew", "id": "x", "label": "x"}]},
    {"methods": "none"},
    {"number": None, "customer": None},
]


async def break_record(works: Works, number: int, change: dict[str, Any]) -> None:
    row = await works.services.store.get("r1", target_key(number))
    assert row is not None
    assert await works.services.store.replace(row, json.loads(json.dumps(row.value)) | change)


@pytest.mark.parametrize("change", BROKEN, ids=str)
async def test_unreadable_target_fails_alone_and_gives_its_lease_back(works: Works, change: dict[str, Any]) -> None:
    first, second = works.user(APP, name="first"), works.user(APP, name="second")
    await works.planned(first, second)
    await break_record(works, 0, change)
    assert (await works.once(number=0))["retry_after"] is None
    assert (await works.reset(number=1)).outcome is TargetOutcome.RESET
    broken = await works.target()
    assert (broken.outcome, broken.reason) == (TargetOutcome.FAILED, "recordUnreadable")
    assert works.present(first)
    # Others may have the user, before the request ends.
    other = Holder("r2", 0)
    assert await works.services.leases.take(CONTOSO, first.id, other) == other
    await settle_open(works.services, "r1", "stopped", None)
    totals = {outcome: count for outcome, count in (await works.services.targets.totals("r1")).items() if count}
    assert totals == {"failed": 1, "reset": 1}
    assert (await works.target()).reason == "recordUnreadable"


async def test_unreadable_target_of_which_something_was_changed_says_so(works: Works) -> None:
    user = works.user(APP, ("softwareOath", {}))
    await works.planned(user)
    stored = (await works.target()).to_json()
    stored["methods"][0]["answered"] = "removed"
    await break_record(works, 0, stored | {"plannedAt": "never"})
    target = await works.target()
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "recordUnreadable")
    assert [m.outcome.value for m in target.methods] == ["unverified", "failed"]
    assert target.user_id == user.id


async def test_target_that_had_ended_keeps_its_outcome(works: Works) -> None:
    user = works.user(APP)
    await works.planned(user)
    await works.reset()
    await break_record(works, 0, {"endedAt": "never"})
    assert (await works.target()).outcome is TargetOutcome.RESET


async def test_field_of_a_newer_version_is_skipped(works: Works) -> None:
    """docs/upgrade.md says so: an older app may meet rows of a newer one."""
    user = works.user(APP)
    await works.planned(user)
    method = (await works.target()).methods[0].to_json() | {"new": 1}
    await break_record(works, 0, {"new": {"field": 1}, "methods": [method]})
    assert (await works.target()).methods[0].type is MethodType.MICROSOFT_AUTHENTICATOR
    assert isinstance(await works.target(), Target)
    assert (await works.reset()).outcome is TargetOutcome.RESET


async def test_unreadable_request_holds_no_user_of_others(works: Works) -> None:
    user = works.user(APP)
    await works.planned(user)
    row = next(r for r in await works.services.store.scan("r1", limit=100) if works.services.requests.is_own(r))
    await works.services.store.replace(row, row.value | {"createdAt": "never"})
    other = Holder("r2", 0)
    assert await works.services.leases.take(CONTOSO, user.id, other) == other


BROKEN_REQUEST: list[dict[str, Any]] = [
    {"createdAt": "never"},
    {"status": "somethingNew"},
    {"ranges": [["contoso"]], "targetCount": None},
    {"methods": ["somethingNew"], "approval": 7},
    {"source": None, "follow_up": 1, "mails": [{}]},
]


async def break_request(works: Works, change: dict[str, Any]) -> None:
    row = await works.services.store.get("r1", "request")
    assert row is not None
    assert await works.services.store.replace(row, json.loads(json.dumps(row.value)) | change)


@pytest.mark.parametrize("change", BROKEN_REQUEST, ids=str)
async def test_unreadable_request_is_listed_removes_nothing_and_ends(works: Works, change: dict[str, Any]) -> None:
    user = works.user(APP)
    await works.planned(user)
    await break_request(works, change)
    (listed,), _ = await works.services.requests.newest()
    assert (listed.id, listed.status, listed.failure) == ("r1", RequestStatus.FAILED, "recordUnreadable")
    assert not listed.is_over
    assert (await works.once())["fault"] == "ended"
    assert works.present(user)
    assert await finish(works.services, "r1") is RequestStatus.FAILED
    ended = await works.services.requests.get("r1")
    assert ended is not None
    assert (ended.is_over, ended.failure) == (True, "recordUnreadable")
    assert (await works.target()).outcome is TargetOutcome.FAILED
    kept = await works.services.store.get("r1", "unreadable")
    assert kept is not None
    assert kept.value.items() >= change.items()


async def test_unreadable_request_that_had_ended_keeps_its_status(works: Works) -> None:
    await works.planned(works.user(APP))
    await works.reset()
    await finish(works.services, "r1")
    await break_request(works, {"mails": "none"})
    request = await works.services.requests.get("r1")
    assert request is not None
    assert (request.status, request.is_over) == (RequestStatus.COMPLETED, True)


async def test_unreadable_request_whose_open_row_is_damaged_ends_all_the_same(works: Works) -> None:
    await works.planned(works.user(APP))
    await break_request(works, {"createdAt": "never"})
    await works.services.store.put("open", "r1", {"at": "soon", "restarts": "x", "restartedAt": 7})
    request = await works.services.requests.get("r1")
    assert request is not None
    assert request.failure == "recordUnreadable"
    [row] = await works.services.requests.open()
    assert await works.services.requests.note_restart(row, works.clock()) == 1
    assert await finish(works.services, "r1") is RequestStatus.FAILED


async def test_list_of_requests_survives_a_damaged_row(works: Works) -> None:
    await works.planned(works.user(APP))
    [row] = await works.services.store.scan("requests")
    await works.services.store.put("requests", row.key, {})
    assert [request.id for request in (await works.services.requests.newest())[0]] == ["r1"]


async def test_customer_that_left_the_policy_while_it_was_planned_keeps_no_request_open(works: Works) -> None:
    policy = works.services.policy
    request_id = await works.planned(works.user(APP))
    await works.services.requests.update(request_id, lambda r: r.model_copy(update={"status": RequestStatus.PLANNING}))
    left = {key: customer for key, customer in policy.customers.items() if key != "contoso"}
    works.use_policy(policy.model_copy(update={"customers": left}))
    assert await seal(works.services, request_id) == "approve"
