"""Customers' audit logs held against our records, both ways: what disagrees is found once, and honest resets are silent."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.policy.reconciliation import Reconciliation
from domain.reconciliation.alerts import RemovalAlert
from graph.client import segment
from localhost.simulator.model.entities import User
from localhost.simulator.world.directory_audits import ADMIN_DELETED
from records.sqlite import SqliteStore
from tests.activities.conftest import CONTOSO, DiedError, Works, made_works
from tests.graph_calls.plugin import stop_recording
from triggers.timers.reconcile_removals import mail_alerts, reconcile_all
from use_cases.reconcile_removals import reconcile_customer

APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})
TOKEN: tuple[str, dict[str, Any]] = ("softwareOath", {})
PHONE: tuple[str, dict[str, Any]] = ("phone", {"phoneType": "mobile"})
KEY: tuple[str, dict[str, Any]] = ("fido2", {})


@pytest.fixture
async def works(tmp_path: Path) -> AsyncIterator[Works]:
    async with made_works(tmp_path) as made:
        enable(made)
        await read(made)  # from here on the log is judged
        yield made


def enable(works: Works, **terms: Any) -> None:
    works.use_policy(works.services.policy.model_copy(update={"reconciliation": Reconciliation(enabled=True, **terms)}))


async def read(works: Works, **later: float) -> list[RemovalAlert]:
    """The next run of the timer, that much later; all alerts there are then, the oldest first."""
    works.clock.pass_(**later)
    await reconcile_all(works.services)
    alerts, _ = await works.services.reconciliations.page("", 1000)
    return sorted(alerts, key=lambda alert: (alert.at, alert.id))


async def steal(works: Works, user: User) -> str:
    """Remove one method of a user with the credential of the service, without any request."""
    method = next(m for m in user.methods.values() if m.kind.name != "password")
    client = works.services.graph.of(CONTOSO)
    path = f"users/{user.id}/authentication/{method.kind.collection}/{segment(method.id)}"
    assert (await client.send("DELETE", path)).ok
    return works.world.audits.entries[CONTOSO][-1].id


def kinds(alerts: list[RemovalAlert]) -> list[str]:
    return [alert.kind for alert in alerts]


async def state(works: Works) -> tuple[str, str]:
    found = await works.services.reconciliations.state(CONTOSO)
    return found.state, found.detail


async def test_a_removal_without_a_request_is_found_once_it_can_be_read(works: Works) -> None:
    user = works.user(APP, TOKEN)
    await read(works)
    entry = await steal(works, user)
    at = works.clock()
    assert await read(works, minutes=1) == []  # it can be read after two minutes
    [alert] = await read(works, minutes=5)
    assert (alert.kind, alert.user_id, alert.entry_id, alert.at) == ("unrequestedRemoval", user.id, entry, at)
    assert (alert.customer, alert.activity, alert.request_id) == ("contoso", ADMIN_DELETED, "")
    assert await read(works, minutes=5) == [alert]
    [event] = await works.services.audits.all(f"reconciliation:{CONTOSO}")
    assert (event.event, event.data["reason"], event.data["userId"]) == ("removalAlert", "unrequestedRemoval", user.id)


async def test_an_honest_reset_is_silent_while_it_goes_on_and_after(works: Works) -> None:
    user = works.user(APP, TOKEN, PHONE)
    await works.planned(user)
    works.world.faults.add(method="DELETE", path="*/phoneMethods/*", status=429, retry_after=600, count=3)
    await works.once()
    assert await read(works, minutes=5) == []
    await works.reset()
    for _ in range(26):
        assert await read(works, minutes=5) == []
    [removal] = await works.services.removals.of_user(CONTOSO, user.id)
    assert removal.done
    assert len(removal.entries) == 3


@pytest.mark.parametrize("prefix", ["user:", "open:"])
@pytest.mark.parametrize("value", [{}, {"unreadableText": "{"}, {"begunAt": 7, "entries": {"a": 1}}])
async def test_a_record_that_cannot_be_read_holds_up_no_other(works: Works, prefix: str, value: dict[str, Any]) -> None:
    user, other = works.user(APP, TOKEN), works.user(APP, name="other")
    await works.planned(user)
    await works.reset()
    (row,) = await works.services.store.scan(f"removals:{CONTOSO}", prefix=prefix)
    await works.services.store.replace(row, value)
    entry = await steal(works, other)
    alerts = await read(works, minutes=5)
    assert [alert.entry_id for alert in alerts if alert.user_id == other.id] == [entry]
    # What the log has of a removal whose record says nothing is not taken for honest.
    assert len([alert for alert in alerts if alert.user_id == user.id]) == (2 if prefix == "user:" else 0)
    assert (await state(works))[0] == "read"
    found = await works.services.reconciliations.state(CONTOSO)
    assert found.read_until == works.clock()


async def test_hardware_tokens_are_silent_too(works: Works) -> None:
    user = works.user(("hardwareOath", {}))
    await works.planned(user)
    await works.reset()
    assert await read(works, hours=3) == []
    [removal] = await works.services.removals.of_user(CONTOSO, user.id)
    assert len(removal.entries) == 1


async def test_others_who_remove_methods_are_no_business_of_ours(works: Works) -> None:
    user, admin = works.user(APP), works.user(name="admin")
    tenant, audits = works.world.tenant("contoso"), works.world.audits
    audits.by_app(tenant, user, ADMIN_DELETED, works.clock(), "another-app")
    audits.by_user(tenant, user, ADMIN_DELETED, works.clock(), by=admin)
    audits.by_user(tenant, user, "User deleted security info", works.clock())
    audits.by_app(tenant, user, "Update user", works.clock(), "the-service")
    failed = audits.by_app(tenant, user, ADMIN_DELETED, works.clock(), "the-service")
    failed.result = "failure"
    assert await read(works, minutes=10) == []


async def test_the_service_principal_alone_will_do(works: Works) -> None:
    works.world.audits.has_app_id = False
    user = works.user(APP)
    await steal(works, user)
    assert kinds(await read(works, minutes=5)) == ["unrequestedRemoval"]


async def test_more_removals_than_the_request_made_are_found(works: Works) -> None:
    user = works.user(APP, TOKEN, KEY)
    await works.planned(user)
    await works.reset()  # the key stays
    works.clock.pass_(seconds=30)
    entry = await steal(works, user)
    [alert] = await read(works, minutes=5)
    assert (alert.kind, alert.entry_id, alert.request_id) == ("surplusRemoval", entry, "r1")
    assert (alert.removed, alert.recorded) == (2, 3)
    [event] = [e for e in await works.services.audits.all("r1") if e.event == "removalAlert"]
    assert event.data["reason"] == "surplusRemoval"
    assert await read(works, hours=3) == [alert]


async def test_a_removal_long_after_the_request_is_without_one(works: Works) -> None:
    user = works.user(APP, KEY)
    await works.planned(user)
    await works.reset()
    works.clock.pass_(minutes=3)
    await steal(works, user)
    assert kinds(await read(works, minutes=5)) == ["unrequestedRemoval"]


async def test_two_entries_of_one_removal_can_be_allowed(works: Works) -> None:
    enable(works, entries_per_removal=2)
    user = works.user(APP)
    await works.planned(user)
    await works.reset()
    works.world.audits.by_app(
        works.world.tenant("contoso"), user, "User deleted security info", works.clock(), "the-service"
    )
    assert await read(works, minutes=5) == []


async def test_an_outcome_that_is_not_in_the_log_is_found_after_the_wait(works: Works) -> None:
    user = works.user(APP, TOKEN)
    await works.planned(user)
    ended = (await works.reset()).ended_at
    works.world.audits.entries[CONTOSO].pop()
    assert await read(works, minutes=115) == []
    [alert] = await read(works, minutes=10)
    assert (alert.kind, alert.request_id, alert.at) == ("missingRemoval", "r1", ended)
    assert (alert.removed, alert.recorded) == (2, 1)
    assert await read(works, hours=1) == [alert]


async def test_what_was_removed_before_the_first_reading_is_not_judged(tmp_path: Path) -> None:
    async with made_works(tmp_path) as works:
        enable(works)
        user = works.user(APP, TOKEN)
        await works.planned(user)
        await works.reset()
        works.world.audits.entries.clear()
        await steal(works, works.user(APP, name="other"))
        works.clock.pass_(minutes=3)
        for _ in range(4):
            assert await read(works, hours=1) == []
        [removal] = await works.services.removals.of_user(CONTOSO, user.id)
        assert removal.done


@pytest.mark.parametrize(("late", "minutes"), [(timedelta(minutes=20), 5), (timedelta(hours=20), 65)])
async def test_entries_that_come_late_are_found(works: Works, late: timedelta, minutes: int) -> None:
    user = works.user(APP)
    works.world.audits.by_app(
        works.world.tenant("contoso"), user, ADMIN_DELETED, works.clock(), "the-service", delay=late
    )
    await read(works, minutes=5)
    assert await read(works, seconds=late.total_seconds() - 301) == []
    assert kinds(await read(works, minutes=minutes)) == ["unrequestedRemoval"]


async def test_a_log_of_several_pages_is_read_to_the_end(works: Works) -> None:
    works.world.audits.page = 3
    for number in range(8):
        await steal(works, works.user(APP, name=f"user{number}"))
    assert len(await read(works, minutes=5)) == 8


async def test_a_log_that_is_throttled_is_read_from_where_it_was(works: Works) -> None:
    await steal(works, works.user(APP))
    limit = works.world.throttle.limit(0.001, 1, tenant="contoso", path="*/auditLogs/*")
    assert await read(works, hours=30) == []
    assert (await state(works))[0] == "unavailable"
    assert (await works.services.reconciliations.state("22222222-2222-2222-2222-222222222222")).state == "read"
    works.world.throttle.limits.remove(limit)
    assert kinds(await read(works, minutes=5)) == ["unrequestedRemoval"]
    assert await state(works) == ("read", "")


@pytest.mark.parametrize("lacking", ["AuditLog.Read.All", "Directory.Read.All"])
async def test_a_customer_without_the_permissions_says_so(tmp_path: Path, lacking: str) -> None:
    async with made_works(tmp_path) as works:
        enable(works)
        both = {"AuditLog.Read.All", "Directory.Read.All", "UserAuthenticationMethod.ReadWrite.All", "User.Read.All"}
        works.world.tenant("contoso").granted = frozenset(both - {lacking})
        await read(works)
        word, detail = await state(works)
        assert word == "forbidden"
        assert "AuditLog.Read.All and Directory.Read.All are needed, both" in detail
        works.world.tenant("contoso").granted = frozenset(both)
        await read(works, minutes=5)
        await steal(works, works.user(APP))
        assert kinds(await read(works, minutes=5)) == ["unrequestedRemoval"]


async def test_two_workers_find_it_once_and_one_that_died_is_replaced(works: Works) -> None:
    first, second = works.user(APP), works.user(APP, name="other")
    await steal(works, first)
    works.clock.pass_(minutes=5)
    works.world.calls.clear()
    await asyncio.gather(reconcile_all(works.services), reconcile_all(works.services))
    assert sum(call.path.endswith("/directoryAudits") and call.tenant == CONTOSO for call in works.world.calls) == 3
    assert len(await read(works)) == 1
    await works.services.reconciliations.claim(CONTOSO, works.clock(), timedelta(minutes=4))  # and dies
    await steal(works, second)
    assert len(await read(works, minutes=3)) == 1
    assert len(await read(works, minutes=2)) == 2


async def test_a_reading_may_die_at_any_write(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    users = [works.user(APP), works.user(APP, KEY, name="b"), works.user(APP, name="c"), works.user(APP, name="d")]
    await works.planned(*users[:3])
    for number in range(3):
        await works.reset(number=number)
    entries = works.world.audits.entries[CONTOSO]
    entries.remove(next(e for e in entries if e.target["id"] == users[2].id and e.activity == ADMIN_DELETED))
    await steal(works, users[1])
    await steal(works, users[3])
    works.clock.pass_(minutes=5)
    died = await _dying(works, monkeypatch)
    works.clock.pass_(hours=3)
    died += await _dying(works, monkeypatch)
    assert died > 10
    alerts = await read(works)
    assert sorted(kinds(alerts)) == ["missingRemoval", "surplusRemoval", "unrequestedRemoval"]
    events = [e.data["reason"] for e in await works.services.audits.all(f"reconciliation:{CONTOSO}")]
    assert sorted(events) == sorted(kinds(alerts))
    for user in users[:3]:
        [removal] = await works.services.removals.of_user(CONTOSO, user.id)
        assert removal.done


async def _dying(works: Works, monkeypatch: pytest.MonkeyPatch) -> int:
    """Read again and again, by a process that dies before its first write, its second one, and so on; return the deaths."""
    left = 0

    def until_dead(name: str) -> Any:
        write = getattr(SqliteStore, name)

        async def written(*args: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise DiedError
            return await write(*args)

        return written

    customer = works.services.policy.customers["contoso"]
    with monkeypatch.context() as patch:
        for name in ("insert", "replace", "apply"):
            patch.setattr(SqliteStore, name, until_dead(name))
        for deaths in itertools.count():
            left = deaths
            try:
                await reconcile_customer(works.services, "contoso", customer)
            except DiedError:
                works.clock.pass_(minutes=4)
            else:
                return deaths
    raise AssertionError


async def test_one_mail_says_what_is_new_and_is_not_sent_again(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_recording(monkeypatch)
    enable(works, notify=("soc@msp.example",))
    for number in range(3):
        await steal(works, works.user(APP, name=f"user{number}"))
    await read(works, minutes=5)
    works.world.faults.add(method="POST", path="*/sendMail", status=503, count=9)
    await mail_alerts(works.services)
    assert works.world.mailbox.to("soc@msp.example") == []
    works.world.faults.clear()
    await mail_alerts(works.services)
    await mail_alerts(works.services)
    [mail] = works.world.mailbox.to("soc@msp.example")
    assert mail.subject == "3 removals need a look"
    assert "Removed without a request" in mail.content
