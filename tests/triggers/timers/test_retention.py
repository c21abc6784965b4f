import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from localhost.clock import VirtualClock
from records.limits import UNREADABLE
from tests.system import System, system

_WORDS = re.compile(r"adele|vance", re.IGNORECASE)


async def _ended(it: System) -> str:
    request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
    await it.approve(request["id"])
    assert (await it.shown(request["id"]))["status"] == "completed"
    return str(request["id"])


def _shortly_before_the_night_run() -> VirtualClock:
    return VirtualClock(datetime(2026, 1, 5, 2, 58, tzinfo=UTC))


async def _night(it: System, days: int) -> None:
    """The run of the night so many days later: the engine's clock need not tick through all of them."""
    now = it.services.now
    it.services.now = lambda: now() + timedelta(days=days)
    await it.advance(minutes=3)


async def _rows(it: System, partition: str) -> list[str]:
    return [row.key for row in await it.services.store.scan(partition, limit=1000)]


async def test_an_ended_request_goes_when_its_time_has_come(tmp_path: Path) -> None:
    async with system(tmp_path, clock=_shortly_before_the_night_run()) as it:
        request_id = await _ended(it)
        await _night(it, 401)
        await it.call("GET", f"/api/reset-requests/{request_id}", 404)
        assert await _rows(it, request_id) == []
        assert (await it.call("GET", "/api/reset-requests"))["value"] == []
        assert await _rows(it, "lease:11111111-1111-1111-1111-111111111111") == []


async def test_it_does_not_go_before(tmp_path: Path) -> None:
    async with system(tmp_path, clock=_shortly_before_the_night_run()) as it:
        request_id = await _ended(it)
        await _night(it, 399)
        assert (await it.shown(request_id))["status"] == "completed"


async def test_a_request_that_waits_is_never_purged(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = str((await it.ask(contoso=["adele@contoso.com"]))["id"])
        later = it.services.now() + timedelta(days=1000)
        assert await it.services.retention.purge_requests(later, 10, later) == []
        assert (await it.shown(request_id))["status"] == "awaitingApproval"


async def test_the_history_of_what_ended_goes_after_its_own_time(tmp_path: Path) -> None:
    async with system(tmp_path, clock=_shortly_before_the_night_run()) as it:
        request_id = await _ended(it)
        assert request_id in it.host.instance_ids()
        await _night(it, 31)
        assert request_id not in it.host.instance_ids()
        assert (await it.shown(request_id))["status"] == "completed"


async def test_deliveries_go_with_the_requests_of_their_time(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        now = it.services.now()
        await it.services.deliveries.accept("helpdesk", "d1", b"{}", "r1", now - timedelta(days=2))
        await it.services.deliveries.accept("helpdesk", "d2", b"{}", "r2", now)
        assert await it.services.retention.purge_deliveries(["helpdesk"], now - timedelta(days=1), now) == 1
        assert len(await _rows(it, "delivery:helpdesk")) == 1


async def test_a_persons_data_is_deleted_and_the_audit_still_verifies(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await _ended(it)
        body = {"customer": "contoso", "user": "Adele@contoso.com"}
        answer = await it.call("POST", "/api/people/deletions", 200, json=body)
        assert answer == {"requests": [request_id], "targets": 1}
        rows = await it.services.store.scan(request_id, limit=1000)
        left = [row.key for row in rows if _WORDS.search(str(row.value))]
        assert left == []
        mine, other = await it.targets(request_id)
        assert (mine["outcome"], other["outcome"]) == ("reset", "reset")
        assert other["userPrincipalName"] == "alex@fabrikam.com"
        assert await it.services.audits.verify(request_id) is None
        assert (await it.audit(request_id))[-1]["event"] == "personDeleted"


async def test_a_persons_data_goes_from_a_record_that_cannot_be_read(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await _ended(it)
        row = await it.services.store.get(request_id, "target:000000")
        assert row is not None
        assert "adele" in str(row.value)
        await it.services.store.replace(row, {UNREADABLE: json.dumps(row.value)[:-20]})
        body = {"customer": "contoso", "user": "adele@contoso.com"}
        answer = await it.call("POST", "/api/people/deletions", 200, json=body)
        assert answer == {"requests": [request_id], "targets": 1}
        rows = await it.services.store.scan(request_id, limit=1000)
        assert [row.key for row in rows if _WORDS.search(str(row.value))] == []


async def test_a_person_in_a_running_request_is_left_alone(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = str((await it.ask(contoso=["adele@contoso.com"]))["id"])
        body = {"customer": "contoso", "user": "adele@contoso.com"}
        problem = await it.call("POST", "/api/people/deletions", 409, json=body)
        assert request_id in problem["detail"]
        (target,) = await it.targets(request_id)
        assert target["userPrincipalName"] == "adele@contoso.com"


async def test_what_is_no_person_is_refused(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        await it.call("POST", "/api/people/deletions", 400, json={"customer": "contoso"})
        await it.call("POST", "/api/people/deletions", 400, json={"customer": "nobody", "user": "x"})
