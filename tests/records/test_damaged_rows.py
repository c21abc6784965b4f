"""Whatever becomes of one row, its readers go on: others' rows are read, and what the row guarded stays guarded."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from domain.audit.chain import UNREADABLE
from domain.console_choice import ChosenUser, ConsoleChoice
from domain.ingress.unused import UnusedDelivery
from domain.methods import STANDARD_SCOPE
from domain.model import iso
from domain.outcomes import RequestStatus
from domain.partner.warnings import KeptWarning
from domain.reconciliation.alerts import RemovalAlert
from domain.request.approval import Tally
from domain.request.deciders import Delegation
from domain.request.notifications import KINDS, Notification
from domain.request.reset_request import ResetRequest
from records.approver_mailings import ApproverMailings
from records.audits import Audits
from records.blocks import Blocks
from records.console_choices import ConsoleChoices
from records.delegations import Delegations
from records.deletions import Deletions
from records.deliveries import Deliveries
from records.evidence import EvidenceRecords
from records.holds import Holder
from records.notifications import Notifications
from records.partner import PartnerCheck, PartnerRecords
from records.plan_summaries import PlanSummaries
from records.plan_windows import PlanWindow, PlanWindows
from records.reconciliations import Reconciliations
from records.releases import Releases, read_release
from records.removals import Removals
from records.requests import Requests
from records.retention import Retention
from records.saved_groups import SavedGroups
from records.sign_outs import SignOuts
from records.sqlite import SqliteStore
from records.store import Insert
from records.target_summaries import TargetSummaries
from records.unused_deliveries import UnusedDeliveryRecords
from records.verification_windows import VerificationWindows, WindowVerification
from tests.records.damage import rows_in, unreadable, variants, write_rows

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
LATER = AT + timedelta(days=1)
REQUEST = ResetRequest(
    id="r1", created_at=AT, source="api", methods=list(STANDARD_SCOPE), target_count=1, ranges=[("contoso", 0, 1)]
)
ANN, BOB = ChosenUser("contoso", "1", "ann@x", "Ann"), ChosenUser("contoso", "2", "bob@x", "Bob")
ALERT = RemovalAlert(
    id="a", kind="unrequestedRemoval", customer="contoso", tenant_id="t1", user_id="u1", at=AT, found_at=AT
)
WARNING = KeptWarning(kind="consentLost", id="w1", customer="contoso", tenant_id="t1", found_at=AT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "records.db"


@pytest.fixture
async def store(file: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore.open(file)
    yield opened
    await opened.close()


async def each_damage(
    file: Path, check: Callable[[], Awaitable[None]], *, only: str = "", how: Literal["any", "unreadable"] = "any"
) -> None:
    """Run `check` with each row damaged in each way, one at a time; `only`: in partitions or keys that begin so."""
    whole = rows_in(file)
    places = [place for place in whole if place.key.startswith(only) or place.partition.startswith(only)]
    assert places
    for place in places:
        for text in (variants if how == "any" else unreadable)(whole[place]):
            write_rows(file, whole | {place: text})
            try:
                await check()
            except Exception as error:
                error.add_note(f"{place}: {text[:200]}")
                raise
    write_rows(file, whole)


async def test_delivery_that_cannot_be_read_was_delivered_all_the_same(store: SqliteStore, file: Path) -> None:
    deliveries, retention = Deliveries(store), Retention(store)
    await deliveries.accept("desk", "d1", b"{}", "r1", AT, signed=b"s")

    async def check() -> None:
        again = await deliveries.accept("desk", "d1", b"{}", "r2", LATER, signed=b"s")
        assert not again.first
        assert again.request_id != "r2"
        assert again.request_id or not again.matches(b"{}")
        assert await deliveries.known("desk", "d1")
        replayed = await deliveries.accept("desk", "d2", b"{}", "r3", LATER, signed=b"s")
        assert not replayed.first or replayed.request_id != "r3"
        # It counts from now on as long as any other.
        await retention.purge_deliveries(["desk"], AT, LATER)
        assert await deliveries.known("desk", "d1") or "at" in rows_text(file)
        await retention.purge_deliveries(["desk"], LATER + timedelta(days=400), LATER)
        assert not await deliveries.known("desk", "d1")

    await each_damage(file, check, only="delivery:")


def rows_text(file: Path) -> str:
    return " ".join(rows_in(file).values())


async def test_sign_out_that_cannot_be_read_ends_the_session_until_now(store: SqliteStore, file: Path) -> None:
    sign_outs = SignOuts(store)
    await sign_outs.end("s", AT)

    async def check() -> None:
        first = await sign_outs.ended_at("s", LATER)
        assert first == LATER
        # A session that begins later is another one.
        assert await sign_outs.ended_at("s", LATER + timedelta(days=1)) == first
        await sign_outs.purge(AT, LATER)
        assert await sign_outs.ended_at("s", LATER) is not None
        await sign_outs.purge(LATER + timedelta(seconds=1), LATER)
        assert await sign_outs.ended_at("s", LATER) is None

    await each_damage(file, check)


async def test_block_that_cannot_be_read_is_a_block_and_is_not_taken_back(store: SqliteStore, file: Path) -> None:
    blocks, mine, other = Blocks(store), Holder("r1", 0), Holder("r2", 0)
    await blocks.note("t1", "u1", mine)
    await blocks.note("t1", "u1", other)
    await blocks.note("t1", "u2", mine)

    async def check() -> None:
        block = await blocks.of("t1", "u1")
        assert block is not None
        assert not block.readable
        await blocks.note("t1", "u1", mine)
        await blocks.note_all("t1", {"u1": mine})
        again = await blocks.of("t1", "u1")
        assert again is not None
        assert not again.readable
        assert await blocks.leave(again, [mine])
        assert await blocks.of("t1", "u1") is not None
        assert await blocks.many("t1", of="r1") == (1, 1)

    await each_damage(file, check, only="u1")


async def test_removal_that_cannot_be_read_leaves_the_others(store: SqliteStore, file: Path) -> None:
    removals = Removals(store)
    await removals.begin("t1", "u1", "r1", 0, AT)
    await removals.begin("t1", "u1", "r2", 1, AT + timedelta(hours=1))

    async def check() -> None:
        found = await removals.of_user("t1", "u1")
        assert [(one.request_id, one.number) for one in found if one.request_id == "r2"] == [("r2", 1)]
        places, _ = await removals.open("t1", "", 100)
        assert places == ["user:u1:r1:0", "user:u1:r2:1"]
        for place in places:
            if (removal := await removals.at("t1", place)) is not None:
                await removals.finish(await removals.add(removal, {"e": iso(AT)}))
        assert await removals.purge([], LATER) == 2
        assert not [place for place in rows_in(file) if place.partition == "removals:t1"]

    await each_damage(file, check, only="user:u1:r1")
    await each_damage(file, check, only="open:" + iso(AT))


async def test_alert_and_state_that_cannot_be_read_hold_up_no_customer(store: SqliteStore, file: Path) -> None:
    reconciliations, lasts = Reconciliations(store), timedelta(minutes=4)
    claim = await reconciliations.claim("t1", AT, lasts)
    assert claim
    read = {"began_at": AT, "read_until": AT, "whole_at": AT, "state": "read"}
    await reconciliations.release(claim, claim.state.model_copy(update=read))
    older = ALERT.model_copy(update={"id": "b", "at": AT - timedelta(hours=1)})
    for alert in (ALERT, older):
        await reconciliations.add(alert)

    async def check() -> None:
        now = await reconciliations.claim("t1", LATER, lasts)
        assert now
        # Whatever is lost of it, the log is read from before where the last reading ended.
        since = now.state.read_until or now.state.began_at
        assert since is not None
        assert since <= AT
        assert now.state.began_at is not None
        assert now.state.began_at <= AT
        await reconciliations.release(now, now.state)
        await reconciliations.state("t1")

    await each_damage(file, check, only="t1")

    async def check_alerts() -> None:
        page, _ = await reconciliations.page("", 10)
        assert [alert.id for alert in page if alert.id == "b"] == ["b"]
        found = await reconciliations.unmailed(AT - timedelta(days=1))
        assert "b" in [alert.id for alert in found]
        await reconciliations.mailed(found, LATER)

    latest = next(place.key for place, text in rows_in(file).items() if '"id":"a"' in text)
    await each_damage(file, check_alerts, only=latest, how="unreadable")


@pytest.mark.parametrize("field", ["beganAt", "readUntil", "wholeAt", "claimedUntil"])
async def test_time_to_come_holds_up_no_reading(store: SqliteStore, field: str) -> None:
    reconciliations, lasts = Reconciliations(store), timedelta(minutes=4)
    claim = await reconciliations.claim("t1", AT, lasts)
    assert claim
    read = claim.state.model_copy(update={"began_at": AT, "read_until": AT, "whole_at": AT}).to_json()
    await store.put("reconciliation", "t1", read | {field: "9999-01-01T00:00:00Z"})
    now = await reconciliations.claim("t1", LATER, lasts)
    assert now
    assert all(at is None or at <= LATER for at in (now.state.began_at, now.state.read_until, now.state.whole_at))
    assert await reconciliations.claim("t1", LATER, lasts) is None  # a claim that can be


async def test_open_release_that_cannot_be_read_is_none(store: SqliteStore, file: Path) -> None:
    releases = Releases(store)
    await releases.begin("r1:release-1", "r1", [("contoso", 0, 1)], AT)

    async def check() -> None:
        (row,) = await releases.open()
        assert read_release(row) is None

    await each_damage(file, check, how="unreadable")


async def test_proof_whose_record_cannot_be_read_was_used(store: SqliteStore, file: Path) -> None:
    evidence = EvidenceRecords(store)
    await evidence.begin_presentation("r1", 0, "n1", "p1")
    proofs = await evidence.used("r1", "external", "x")
    assert proofs is None
    key = _proof_key("external", "x")
    await store.apply("r1", [Insert(key, {"number": 3, "delivery": "d1"})])

    async def check() -> None:
        assert await evidence.used("r1", "external", "x") is not None

    await each_damage(file, check, only="evidence:")

    async def check_lost() -> None:
        used = await evidence.used("r1", "external", "x")
        assert used is not None
        assert used.delivery == ""
        assert await evidence.presentation("r1", "n1") is None or rows_in(file)

    await each_damage(file, check_lost, only="evidence:", how="unreadable")

    async def check_presentation() -> None:
        assert await evidence.presentation("r1", "n1") is None

    await each_damage(file, check_presentation, only="presentation:", how="unreadable")


def _proof_key(kind: str, proof_id: str) -> str:
    return f"evidence:{hashlib.sha256(f'{kind}:{proof_id}'.encode()).hexdigest()}"


async def test_verification_that_cannot_be_read_is_read_again(store: SqliteStore, file: Path) -> None:
    windows = VerificationWindows(store)
    await windows.end(await windows.begin("r1", 0), WindowVerification({"waiting": 1}, AT, AT))
    await windows.end(await windows.begin("r1", 500), WindowVerification({"verified": 1}))
    await windows.keep_users("r1", 0, {"ann": 3, "bob": 4})

    async def check() -> None:
        found = await windows.read("r1")
        assert found[500].states == {"verified": 1}
        if 0 in found:
            found[0].is_due(LATER)
        await windows.end(await windows.begin("r1", 0), WindowVerification({"waiting": 2}))
        assert (await windows.read("r1"))[0].states == {"waiting": 2}

    await each_damage(file, check, only="verification:000000")

    async def check_users() -> None:
        assert await windows.find_user("r1", ["ann"], [0]) is None

    assert await windows.find_user("r1", ["ann"], [0]) == {3}
    await each_damage(file, check_users, only="verificationusers:", how="unreadable")


async def test_notification_that_cannot_be_read_is_not_sent_and_can_be_made_again(
    store: SqliteStore, file: Path
) -> None:
    notifications = Notifications(store)
    made = [Notification(kind=kind, event={"time": iso(AT)}) for kind in KINDS[:2]]
    for each in made:
        await notifications.add("r1", each)

    async def check() -> None:
        found = await notifications.all("r1")
        assert made[1] in found
        await notifications.update("r1", KINDS[0], lambda one: one.model_copy(update={"attempts": 7}))
        if await notifications.get("r1", KINDS[0]) is None:
            assert found == made[1:]
            assert await notifications.add("r1", made[0])
            assert await notifications.all("r1") == made
        for each in await notifications.all("r1"):
            assert each.at == AT

    await each_damage(file, check, only=f"event:{KINDS[0]}")


async def test_choice_that_cannot_be_read_is_no_choice_of_more(store: SqliteStore, file: Path) -> None:
    choices = ConsoleChoices(store)
    await choices.choose_customers("p", ["contoso"], AT)
    await choices.change_users("p", into=[ANN, BOB], at=AT)

    async def check() -> None:
        choice = await choices.read("p")
        assert set(choice.users) <= {ANN.ref, BOB.ref} | {f"{c}/{i}" for c in ("", "x") for i in ("", "x")}
        await choices.change_users("p", into=[ANN], at=AT)
        assert ANN.ref in (await choices.read("p")).users
        await choices.purge(AT, AT, LATER)
        await choices.purge(LATER + timedelta(days=1), LATER + timedelta(days=1), LATER)
        assert not rows_in(file)

    await each_damage(file, check)

    async def check_forgotten() -> None:
        await choices.forget("contoso", ["ann@x"])
        assert "ann@x" not in rows_text(file)

    await each_damage(file, check_forgotten, only="users:")
    bucket = next(place for place, text in rows_in(file).items() if "ann@x" in text)
    write_rows(file, rows_in(file) | {bucket: '{"users":[["contoso","1","ann@x","An'})
    await check_forgotten()
    await choices.change_users("p", into=[ANN], at=AT)

    async def check_cleared() -> None:
        await choices.change_users("p", out=[ANN.ref, BOB.ref], at=AT)
        assert not [place for place in rows_in(file) if place.key.startswith("users:")]

    await each_damage(file, check_cleared, only="users:", how="unreadable")

    async def check_customers() -> None:
        customers = (await choices.read("p")).customers
        assert customers is not None
        assert customers <= {"contoso"}

    await each_damage(file, check_customers, only="customers:", how="unreadable")


async def test_saved_group_that_cannot_be_read_leaves_the_others(store: SqliteStore, file: Path) -> None:
    groups = SavedGroups(store)
    for name in ("Day", "Night"):
        await groups.save("p", name, ConsoleChoice(None, {ANN.ref: ANN}), AT)
    night = next(group for group in await groups.all("p") if group.name == "Night")

    async def check() -> None:
        found = await groups.all("p")
        assert "Day" in [group.name for group in found]
        assert await groups.save("p", "Night", ConsoleChoice(), AT)
        assert [group.name for group in await groups.all("p")] == ["Day", "Night"]
        await groups.read("p", night.key, AT)

    await each_damage(file, check, only=night.key)


async def test_partner_records_that_cannot_be_read_are_found_again(store: SqliteStore, file: Path) -> None:
    partner = PartnerRecords(store)
    other = WARNING.model_copy(update={"id": "w2"})
    await partner.consented("t1", AT)
    await partner.checked(PartnerCheck(read_at=AT))
    await partner.keep([WARNING, other], [])

    async def check() -> None:
        await partner.state("t1")
        await partner.last_check()
        assert "w2" in [one.id for one in await partner.warnings()]
        await partner.keep([WARNING, other], [])
        assert {"w1", "w2"} <= {one.id for one in await partner.warnings()} | {"w1"}

    for only in ("t1", "last", "w1"):
        await each_damage(file, check, only=only)

    async def check_warning() -> None:
        assert [one.id for one in await partner.keep([WARNING, other], ["t1"])] == ["w1"]

    await each_damage(file, check_warning, only="w1", how="unreadable")


async def test_deletion_delegation_and_unused_delivery_that_cannot_be_read_leave_the_others(
    store: SqliteStore, file: Path
) -> None:
    deletions, delegations, unused = Deletions(store), Delegations(store), UnusedDeliveryRecords(store)
    for number in (1, 2):
        request = REQUEST.model_copy(update={"id": f"r{number}"})
        await deletions.note(request, (1, "hash"), AT)
        delegation = Delegation(approver=f"a{number}", delegate="d", until=LATER, set_by="a", set_at=AT)
        await delegations.put(delegation)
        delivery = UnusedDelivery(source="desk", delivery_id=f"d{number}", at=AT, result="ignored", reason="ping")
        await unused.keep(delivery)

    async def check() -> None:
        removed = await deletions.of_customer("contoso", AT, LATER)
        away = await delegations.active(AT)
        page, _ = await unused.page("desk", "", 10)
        assert len(removed) + len(away) + len(page) == 5

    await each_damage(file, check, how="unreadable")

    async def check_any() -> None:
        await deletions.of_customer("contoso", AT, LATER)
        await delegations.active(AT)
        await unused.page("desk", "", 10)
        await unused.purge(["desk"], LATER)

    await each_damage(file, check_any)


async def test_event_that_cannot_be_read_is_said_so_among_the_others(store: SqliteStore, file: Path) -> None:
    audits = Audits(store)
    for number in range(3):
        await audits.append("r1", AT + timedelta(minutes=number), "ann", "accepted", {"n": number})

    async def check() -> None:
        events = await audits.all("r1")
        assert [event.number for event in events] == [1, 2, 3]
        assert [event.event for event in events if event.number != 2] == ["accepted", "accepted"]
        assert await audits.verify("r1") is not None
        assert await audits.append("r1", LATER, "ann", "ended")
        assert (await audits.head("r1"))[0] == 4

    await each_damage(file, check, only="audit:00000002")

    async def check_lost() -> None:
        event = (await audits.page("r1"))[1]
        assert (event.event, event.actor, event.data) == (UNREADABLE, "", {})
        assert event.at == AT  # that of the event before it
        assert await audits.verify("r1") == "event 2 cannot be read"

    await each_damage(file, check_lost, only="audit:00000002", how="unreadable")


async def test_summaries_that_cannot_be_read_are_made_again(store: SqliteStore, file: Path) -> None:
    plans, targets = PlanSummaries(store), TargetSummaries(store)
    await plans.put("r1", 0, {"contoso": {"users": 1}}, {"t1/u1": 0})
    await plans.put("r1", 500, {"contoso": {"users": 1}}, {"t1/u1": 0})
    await targets.put("r1", "outcomes", 0, {"contoso": {"reset": [0]}})
    await targets.put("r1", "outcomes", 500, {"contoso": {"reset": [500]}})
    assert await plans.accounts("r1", [0, 500]) == [{"t1/u1": 0}] * 2

    async def check_plan() -> None:
        assert not any(await plans.read("r1", [0, 500]) or [])
        assert await plans.accounts("r1", [0, 500]) is None

    await each_damage(file, check_plan, only="plansummary:000000", how="unreadable")

    async def check_targets() -> None:
        assert set(await targets.read("r1", "outcomes")) == {500}

    await each_damage(file, check_targets, only="summary:outcomes:000000", how="unreadable")


async def test_plan_window_that_cannot_be_read_is_not_there(store: SqliteStore, file: Path) -> None:
    windows = PlanWindows(store)
    await windows.put("r1", "seal", 0, PlanWindow(hash="h0", tally=Tally()))
    await windows.put("r1", "seal", 500, PlanWindow(hash="h500", tally=Tally()))

    async def check() -> None:
        assert set(await windows.read("r1", "seal", [0, 500])) == {500}

    await each_damage(file, check, only="plan:seal:000000", how="unreadable")

    async def check_any() -> None:
        assert 500 in await windows.read("r1", "seal", [0, 500])
        await windows.clear("r1")

    await each_damage(file, check_any, only="plan:seal:000000")


async def test_mailings_that_cannot_be_read_keep_no_approver_from_mails(store: SqliteStore, file: Path) -> None:
    mailings = ApproverMailings(store)
    await mailings.add("lead", "r1", 0, AT)
    await mailings.take("lead", "r1", AT)
    await mailings.end("lead", ["r1"], AT, sent=True)
    await mailings.add("lead", "r2", 0, AT)

    async def check() -> None:
        now = AT + timedelta(hours=1)
        await mailings.add("lead", "r3", 0, now)
        turn = await mailings.take("lead", "r3", now + timedelta(minutes=2))
        assert "r3" in turn.send
        await mailings.end("lead", list(turn.send), now, sent=True)

    await each_damage(file, check)


@pytest.mark.parametrize(
    "value",
    [
        {"waiting": {"r9": [iso(AT), "x"]}},
        {"waiting": {"r9": [iso(AT)], "r8": 7, "r7": ["x", 0]}},
        {"sending": {"r3": ["x"], "r2": [iso(AT), 1]}},
        {"waiting": {}, "sending": [], "sent": ["x", 7, None]},
    ],
)
async def test_part_of_mailings_that_cannot_be_read_is_left_out(
    store: SqliteStore, file: Path, value: dict[str, object]
) -> None:
    mailings = ApproverMailings(store)
    await mailings.add("lead", "r1", 0, AT)
    ((partition, key),) = rows_in(file)
    await store.put(partition, key, value)
    await mailings.add("lead", "r3", 1, AT)
    assert (await mailings.take("lead", "r3", AT)).send == {"r3": 1}


@pytest.mark.parametrize(
    "ids", [{"tenantId": [1], "userId": "u"}, {"tenantId": "t", "userId": {}}, {"userId": "x" * 300}]
)
async def test_target_that_cannot_be_read_goes_with_its_request(store: SqliteStore, ids: dict[str, object]) -> None:
    requests = Requests(store)
    await requests.create(REQUEST.model_copy(update={"status": RequestStatus.COMPLETED, "ended_at": AT}), [])
    await store.put("r1", "target:000000", {"tenantId": "t"} | ids)
    gone = await Retention(store).purge_requests(LATER, 10, LATER)
    assert [request.id for request in gone] == ["r1"]
    assert not await store.scan("r1")
