"""Requests that reset later, in windows and in waves: planned so, shown so, stopped by failures, a cancel and the kill switch."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from activities.begin_wave import begin
from activities.find_open_customers import find
from domain.model import iso
from domain.outcomes import TargetOutcome
from domain.policy.load import Template
from domain.policy.maintenance import MaintenanceWindow
from domain.request.plan import scope_line
from domain.request.schedule import WeeklyWindow, percent_failed
from messaging.comment_text import comment
from messaging.events import EventKind
from tests.console.pages import text_of
from tests.receiver import policy_with
from tests.system import System, system
from use_cases.ticket_comment import comment_view

USERS = ["adele@contoso.com", "megan@contoso.com", "alex@contoso.com", "diego@contoso.com"]
OTHER = "alex@fabrikam.com"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path) as made:
        yield made


def removals(it: System) -> int:
    return len(it.world.calls.matching(verb="DELETE"))


async def outcomes(it: System, request_id: str) -> list[str]:
    return [target["outcome"] for target in await it.targets(request_id)]


async def test_an_approved_request_waits_for_its_time(it: System) -> None:
    later = it.services.now() + timedelta(days=2)
    request = (await it.ask(contoso=USERS[:1], more={"notBefore": later.isoformat()}))["id"]
    record = await it.services.requests.get(request)
    assert record
    assert '"schedule":{"notBefore":' in scope_line(record)
    assert "schedule" not in scope_line(record.model_copy(update={"schedule": None}))
    link = next(iter(it.links(request).values()))
    assert "Once approved: not before" in " ".join((await it.http.get(link)).text.split())
    assert "once approved, not before" in it.world.mailbox.to("owner@contoso.com")[0].content
    await it.approve(request)
    await it.advance(hours=47)  # beyond the time limit of the decision, which was made in time
    assert ((await it.shown(request))["status"], removals(it)) == ("resetting", 0)
    assert "not before" in await text_of(it, f"requests/{request}")
    await it.advance(hours=1, seconds=5)
    assert (await it.shown(request))["status"] == "completed"


async def test_a_cancel_is_heard_while_it_waits(it: System) -> None:
    later = it.services.now() + timedelta(days=2)
    request = (await it.ask(contoso=USERS[:1], more={"notBefore": later.isoformat()}))["id"]
    await it.approve(request)
    held = await it.ask(contoso=USERS[:1])
    assert (await it.targets(held["id"]))[0]["reason"] == "alreadyRunning"
    await it.call("POST", f"/api/reset-requests/{request}/cancel", 202)
    await it.host.idle()
    assert ((await it.shown(request))["status"], removals(it)) == ("cancelled", 0)
    assert await it.services.leases.holder((await it.targets(request))[0]["tenantId"], "x") is None
    again = (await it.ask(contoso=USERS[:1]))["id"]
    await it.approve(again)
    assert (await it.shown(again))["status"] == "completed"


async def test_the_kill_switch_lets_no_wave_begin(tmp_path: Path) -> None:
    async with system(tmp_path, settings={"STOP_REMOVING": "true"}) as it:
        request = (await it.ask(contoso=USERS[:1], more={"waves": [1]}))["id"]
        await it.approve(request)
        await it.advance(minutes=5)
        shown = await it.shown(request)
        assert (shown["status"], shown["schedule"]["begun"], removals(it)) == ("resetting", [], 0)
        os.environ["STOP_REMOVING"] = "false"
        await it.advance(minutes=2)
        assert (await it.shown(request))["status"] == "completed"


async def test_waves_go_one_after_the_other_and_are_shown(it: System) -> None:
    request = (await it.ask(contoso=USERS, more={"waves": [1, 2], "stopAbove": 5}))["id"]
    await it.approve(request)
    shown = await it.shown(request)
    assert shown["status"] == "completed"
    assert [(wave["start"], wave["count"]) for wave in shown["schedule"]["begun"]] == [(0, 1), (1, 2), (3, 1)]
    assert [e["data"]["wave"] for e in await it.audit(request) if e["event"] == "waveBegun"] == [1, 2, 3]
    first = [call.path for call in it.world.calls.matching(verb="DELETE")]
    adele = it.world.user("contoso", USERS[0]).id
    assert all(adele in path for path in first[:3])
    text = await text_of(it, f"requests/{request}")
    assert "in waves: first 1, then 2, then the rest" in text
    assert "Wave 3: 1 user" in text


async def test_users_who_were_excluded_or_refused_make_no_wave_smaller(it: System) -> None:
    request = (await it.ask(contoso=["breakglass@contoso.com", *USERS], more={"waves": [1]}))["id"]
    await it.decide(it.links(request)["owner@contoso.com"], "approve", without=["1"])
    waves = (await it.shown(request))["schedule"]["begun"]
    assert [(wave["start"], wave["count"]) for wave in waves] == [(0, 3), (3, 2)]


async def test_too_many_failures_stop_the_rest(it: System) -> None:
    it.world.faults.add(user=USERS[1], method="DELETE", status=403)
    request = (await it.ask(contoso=USERS, more={"waves": [2], "stopAbove": 49}))["id"]
    await it.approve(request)
    shown = await it.shown(request)
    assert await outcomes(it, request) == ["reset", "partiallyReset", "cancelled", "cancelled"]
    assert {t["reason"] for t in (await it.targets(request))[2:]} == {"wavesStopped"}
    assert shown["schedule"]["stoppedAt"]
    assert len(it.world.user("contoso", USERS[2]).methods) > 1
    assert "too many users of the wave failed" in await text_of(it, f"requests/{request}")
    assert [e["event"] for e in await it.audit(request)].count("wavesStopped") == 1


async def test_as_many_failures_as_allowed_do_not_stop_it(it: System) -> None:
    it.world.faults.add(user=USERS[1], method="DELETE", status=403)
    request = (await it.ask(contoso=USERS, more={"waves": [2], "stopAbove": 50}))["id"]
    await it.approve(request)
    assert await outcomes(it, request) == ["reset", "partiallyReset", "reset", "reset"]


async def test_a_customer_is_reset_in_its_maintenance_window_and_others_do_not_wait(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, window_of("fabrikam"))) as it:
        request = (await it.ask(contoso=USERS[:1], fabrikam=[OTHER]))["id"]
        await it.approve(request)
        assert await outcomes(it, request) == ["reset", "pending"]
        assert "fabrikam only from 20:00 to 21:00 Etc/UTC" in await text_of(it, f"requests/{request}")
        now = it.services.now()
        opens = now.replace(hour=20, minute=0, second=0, microsecond=0)
        opens = opens if opens > now else opens + timedelta(days=1)
        await it.advance(seconds=(opens - now).total_seconds() - 60)
        assert await outcomes(it, request) == ["reset", "pending"]
        await it.advance(seconds=70)
        assert (await it.shown(request))["status"] == "completed"


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"notBefore": "2099-01-01T00:00:00Z"}, "/notBefore"),
        ({"waves": [0]}, "/waves/0"),
        ({"stopAbove": 5}, ""),
        ({"profile": "compromised", "waves": [1]}, ""),
        ({"notBefore": "tomorrow"}, "/notBefore"),
    ],
)
async def test_a_schedule_that_cannot_be_is_refused(it: System, more: dict[str, object], pointer: str) -> None:
    body = {"targets": [{"customer": "contoso", "users": USERS[:1]}], "requester": "tech@msp.example"}
    problem = await it.call("POST", "/api/reset-requests", 400, json=body | more)
    assert problem["errors"][0]["pointer"] == pointer


NIGHT = WeeklyWindow(time_zone="Europe/Berlin", days=["sat"], start="22:00", until="05:00")


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-10-24T19:59", "2026-10-24T20:00"),  # a Saturday in summer time
        ("2026-10-25T03:59", "2026-10-25T03:59"),  # the clock went back in the night: 05:00 is 04:00 UTC
        ("2026-10-25T04:00", "2026-10-31T21:00"),
        ("2026-03-28T22:00", "2026-03-28T22:00"),  # an hour less of the night: 05:00 is 03:00 UTC
        ("2026-03-29T02:59", "2026-03-29T02:59"),
        ("2026-03-29T03:00", "2026-04-04T20:00"),
    ],
)
def test_a_window_over_midnight_and_a_change_of_the_clock(now: str, opens: str) -> None:
    at, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, opens))
    assert NIGHT.next_open(at) == expected


@pytest.mark.parametrize(
    ("start", "until", "now", "opens"),
    [
        ("02:00", "03:00", "2026-03-28T23:00", "2026-04-05T00:00"),  # there is no such hour that night
        ("02:30", "04:00", "2026-03-28T23:00", "2026-03-29T01:30"),  # half past two is half past three
        ("02:00", "03:00", "2026-10-25T01:59", "2026-10-25T01:59"),  # the hour is there twice
        ("02:00", "03:00", "2026-10-25T02:00", "2026-11-01T01:00"),
    ],
)
def test_a_window_in_the_hour_that_a_change_of_the_clock_takes_or_adds(
    start: str, until: str, now: str, opens: str
) -> None:
    window = WeeklyWindow(time_zone="Europe/Berlin", days=["sun"], start=start, until=until)
    at, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, opens))
    found = window.next_open(at)
    while not window.is_open(found):  # as the orchestration asks again at the instant that it was told
        found = window.next_open(found)
    assert found == expected


async def test_an_approval_after_the_time_resets_at_once(it: System) -> None:
    soon = it.services.now() + timedelta(hours=1)
    request = (await it.ask(contoso=USERS[:1], more={"notBefore": soon.isoformat()}))["id"]
    await it.advance(hours=3)
    await it.approve(request)
    assert (await it.shown(request))["status"] == "completed"


async def test_a_cancel_in_the_pause_of_a_wave_leaves_what_was_not_begun(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, window_of("fabrikam"))) as it:
        request = (await it.ask(contoso=USERS[:2], fabrikam=[OTHER], more={"waves": [1, 2]}))["id"]
        await it.approve(request)
        assert await outcomes(it, request) == [
            "reset",
            "reset",
            "pending",
        ]  # the second wave waits for Fabrikam's window
        assert len((await it.shown(request))["schedule"]["begun"]) == 2
        opened = await find(it.services, request, ["contoso", "fabrikam"])
        assert opened["open"] == ["contoso"]  # asked again, as after a crash: no wave begins twice
        assert [e["data"]["wave"] for e in await it.audit(request) if e["event"] == "waveBegun"] == [1, 2]
        await it.call("POST", f"/api/reset-requests/{request}/cancel", 202)
        await it.host.idle()
        assert await outcomes(it, request) == ["reset", "reset", "cancelled"]
        assert (await it.shown(request))["status"] == "cancelled"
        assert len(it.world.user("fabrikam", OTHER).methods) > 1


async def test_a_wave_whose_beginning_is_repeated_is_the_same(it: System) -> None:
    """As after the host stopped between the record and the answer: the activity runs again, and another time as late."""
    later = it.services.now() + timedelta(days=1)
    request = (await it.ask(contoso=USERS, more={"waves": [1, 2], "notBefore": later.isoformat()}))["id"]
    await it.approve(request)
    first = await begin(it.services, request, 0)
    await it.advance(minutes=1)
    assert await begin(it.services, request, 0) == first == {"next": "run", "windows": [("contoso", 0, 1)]}
    waits = (await it.shown(request))["schedule"]
    assert (waits["begun"], waits["upcoming"]) == ([], {"number": 0, "start": 0, "count": 1})
    assert "Wave 1: 1 user, not begun" in await text_of(it, f"requests/{request}")
    await it.advance(days=1)
    waves = (await it.shown(request))["schedule"]
    assert waves["begun"][0]["at"] >= iso(later)
    begun = [e for e in await it.audit(request) if e["event"] == "waveBegun"]
    assert [e["at"] for e in begun] == [wave["at"] for wave in waves["begun"]]
    assert (await find(it.services, request, ["contoso"]))["stop"]
    assert (await it.shown(request))["status"] == "completed"
    assert await begin(it.services, request, 1) == {"next": "end"}  # one that comes after the end begins nothing


async def test_a_retry_keeps_the_waves_and_their_stop(it: System) -> None:
    fault = it.world.faults.add(user=USERS[0], method="DELETE", status=403)
    request = (await it.ask(contoso=USERS, more={"waves": [1, 2], "stopAbove": 5}))["id"]
    await it.approve(request)
    assert await outcomes(it, request) == ["partiallyReset", "cancelled", "cancelled", "cancelled"]
    assert fault
    again = (await it.call("POST", f"/api/reset-requests/{request}/retry", 202))["id"]
    await it.host.idle()
    schedule = (await it.shown(again))["schedule"]
    assert (schedule["waves"], schedule["stopAbove"], schedule["begun"]) == ([1, 2], 5, [])
    await it.approve(again)
    assert (await outcomes(it, again))[1:] == ["cancelled"] * 3  # the first failed again, and stopped the rest again


async def test_an_undo_has_no_schedule(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, window_of("contoso", "00:00", "24:00"))) as it:
        request = (await it.ask(contoso=["isaiah@contoso.com"]))["id"]
        await it.approve(request)
        assert (await it.shown(request))["schedule"]["windows"].keys() == {"contoso"}
        undo = (await it.call("POST", f"/api/reset-requests/{request}/undo", 202))["id"]
        await it.host.idle()
        assert (await it.shown(undo))["schedule"] is None


async def test_a_ticket_is_told_when_a_request_resets(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        later = it.services.now() + timedelta(days=2)
        asked = await it.ask(contoso=USERS, more={"waves": [1], "stopAbove": 5, "notBefore": later.isoformat()})
        await it.approve(asked["id"])
        request = await it.services.requests.get(asked["id"])
        assert request
        texts: dict[EventKind, str] = {
            "awaitingApproval": "Once approved: not before",
            "decided": "When: not before",
        }
        templates: tuple[Template, ...] = ("servicenow", "jira", "zendesk")
        for template in templates:
            for kind, begins in texts.items():
                said = comment(template, kind, await comment_view(it.services, request, kind))
                assert begins in said
                assert "in waves: first 1, then the rest" in said
                assert "stops if more than 5" in said


@pytest.mark.parametrize(("start", "until"), [("24:00", "05:00"), ("05:00", "05:00"), ("5:00", "06:00")])
def test_a_window_that_cannot_be_is_a_mistake(start: str, until: str) -> None:
    with pytest.raises(ValidationError):
        MaintenanceWindow.model_validate({"timeZone": "Europe/Berlin", "from": start, "to": until})


def window_of(customer: str, start: str = "20:00", until: str = "21:00") -> str:
    return f'[customers.{customer}.maintenance]\ntimeZone = "Etc/UTC"\nfrom = "{start}"\nto = "{until}"\n'


def test_only_users_who_were_tried_count_as_failed_or_not() -> None:
    found = [TargetOutcome.FAILED, TargetOutcome.RESET, TargetOutcome.REFUSED, TargetOutcome.CANCELLED]
    assert percent_failed(found) == 50
    assert percent_failed([TargetOutcome.CANCELLED]) == 0
