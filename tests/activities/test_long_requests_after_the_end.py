"""What follows the end of a long request reads what was kept of it per window, and no step reads all of its targets."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest

from activities.follow_up import end
from activities.send_outcome_mail import _mail
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.follow_up import ALARMING, FollowUp, FollowUpFinding, FollowUpState
from domain.request.plan import WINDOW
from domain.request.reset_request import ApprovalNeeded, Approver, ResetRequest
from domain.request.target import Target
from messaging.mail_text import OUTCOME_USERS, TROUBLE_FIRST
from records.target_summaries import Of
from tests.activities.conftest import Works
from tests.reads import counted
from use_cases import read_targets, retry_request
from use_cases.approval_view import totals_for
from use_cases.export_evidence import evidence_pack
from use_cases.read_targets import all_targets
from use_cases.target_summaries import count_words, first_targets, summarise, targets_with, windows_to_summarise
from use_cases.ticket_comment import comment_view

USERS = 2 * WINDOW + 40
OF_CONTOSO = 310
CONTOSO = Approver(approver="owner@contoso.com", customers=["contoso"])
BOTH = Approver(approver="lead@msp.example", customers=["contoso", "fabrikam"])
LOOKED = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
FOUND: tuple[FollowUpState, ...] = ("registered", "exposed", "quick", "unreadable")


def ended(number: int) -> Target:
    customer = "contoso" if number < OF_CONTOSO else "fabrikam"
    target = Target(number=number, customer=customer, asked=f"user-{number}@{customer}.com", planned=True)
    if number % 97 == 5:
        return target.settle(TargetOutcome.FAILED, "unavailable", "Graph did not answer.")
    if number % 41 == 3:
        return target.settle(TargetOutcome.PARTIALLY_RESET, "", "")
    update = {"follow_up": FollowUpFinding(state=FOUND[number % 4 if number % 60 < 4 else 0], at=LOOKED)}
    return target.settle(TargetOutcome.RESET, "", "").model_copy(update=update)


@pytest.fixture
async def long(works: Works) -> ResetRequest:
    """A request of two customers that has ended, whose users were looked at again."""
    services, now = works.services, works.clock()
    request = ResetRequest(
        id="r1",
        created_at=now,
        source="api",
        requester="tech@msp.example",
        methods=[],
        target_count=USERS,
        ranges=[("contoso", 0, OF_CONTOSO), ("fabrikam", OF_CONTOSO, USERS - OF_CONTOSO)],
        approval=ApprovalNeeded(required=True, quorum=1, approvers=[CONTOSO, BOTH]),
    )
    blank = [Target(number=n, customer=ended(n).customer, asked=ended(n).asked) for n in range(USERS)]
    await services.requests.create(request, blank)
    for start in await services.target_drafts.starts("r1"):
        await services.target_drafts.write("r1", start)
    for start in range(0, USERS, WINDOW):
        window = await services.targets.range("r1", start, WINDOW)
        await services.targets.save_all("r1", [(kept, ended(kept.target.number)) for kept in window])
    follow_up = FollowUp(due_at=now)
    update = {"status": RequestStatus.PARTIALLY_COMPLETED, "ended_at": now, "follow_up": follow_up}
    return await services.requests.update("r1", lambda r: r.model_copy(update=update))


async def summarised(works: Works, request: ResetRequest, of: Of) -> None:
    for start in await windows_to_summarise(works.services, request, of):
        with counted(works.services.store) as reads:
            await summarise(works.services, request.id, of, start)
        assert 0 < reads.targets <= WINDOW


async def everything(works: Works) -> list[Target]:
    return [target async for target in all_targets(works.services, "r1")]


async def test_the_event_of_the_end_waits_for_the_windows_of_a_long_request(works: Works, long: ResetRequest) -> None:
    assert await windows_to_summarise(works.services, long, "outcomes") == [0, WINDOW, 2 * WINDOW]
    await summarise(works.services, long.id, "outcomes", WINDOW)
    assert await windows_to_summarise(works.services, long, "outcomes") == [0, 2 * WINDOW]
    await summarised(works, long, "outcomes")
    assert await windows_to_summarise(works.services, long, "outcomes") == []


@pytest.mark.parametrize(
    ("of", "words", "word_of"),
    [
        ("outcomes", TROUBLE_FIRST, lambda target: target.outcome.value),
        ("followUps", ALARMING, lambda target: target.follow_up.state if target.follow_up else ""),
    ],
)
async def test_the_first_are_those_that_reading_all_would_name(
    works: Works, long: ResetRequest, of: Of, words: tuple[str, ...], word_of: Callable[[Target], str]
) -> None:
    async def first(limit: int) -> list[Target]:
        return await first_targets(works.services, long, of, words, limit)

    limits = (1, 7, OUTCOME_USERS, USERS)
    whole = [await first(limit) for limit in limits]  # nothing is kept yet
    targets = [target for target in await everything(works) if word_of(target) in words]
    targets.sort(key=lambda target: (words.index(word_of(target)), target.number))
    assert whole == [targets[:limit] for limit in limits]
    await summarised(works, long, of)
    for limit, expected in zip(limits, whole, strict=True):
        with counted(works.services.store) as reads:
            assert await first(limit) == expected
        assert reads.targets == len(expected)


async def test_counts_are_those_of_all_targets_and_read_none(works: Works, long: ResetRequest) -> None:
    await summarised(works, long, "outcomes")
    with counted(works.services.store) as reads:
        of_contoso = await totals_for(works.services, long, CONTOSO)
        of_both = await totals_for(works.services, long, BOTH)
        counts = await count_words(works.services, long, "outcomes")
    assert reads.targets == 0
    targets = await everything(works)
    outcomes = [target.outcome.value for target in targets]
    assert counts == {word: outcomes.count(word) for word in set(outcomes)}
    assert of_both is not None
    assert {word: count for word, count in of_both.items() if count} == counts
    mine = outcomes[:OF_CONTOSO]
    assert of_contoso == {word: mine.count(word) for word in set(mine)}


@pytest.mark.parametrize(("status", "known"), [("awaitingApproval", {}), ("resetting", None)])
async def test_a_page_of_a_long_request_that_goes_on_reads_no_target(
    works: Works, long: ResetRequest, status: str, known: object
) -> None:
    request = long.model_copy(update={"status": RequestStatus(status)})
    with counted(works.services.store) as reads:
        assert await totals_for(works.services, request, CONTOSO) == known
    assert reads.targets == 0


async def test_mail_and_comment_of_the_end_read_only_whom_they_name(works: Works, long: ResetRequest) -> None:
    mail, comment = await _mail(works.services, long, "outcome"), await comment_view(works.services, long, "completed")
    await summarised(works, long, "outcomes")
    with counted(works.services.store) as reads:
        assert await _mail(works.services, long, "outcome") == mail
    assert reads.targets == OUTCOME_USERS
    with counted(works.services.store) as reads:
        assert await comment_view(works.services, long, "completed") == comment
    assert reads.targets == sum(len(customer.users) for customer in comment.outcomes) == 50
    assert f"and {USERS - OUTCOME_USERS} more" in mail.text


async def test_the_end_of_the_follow_up_counts_in_windows(works: Works, long: ResetRequest) -> None:
    services = works.services
    with counted(services.store) as reads:
        assert await end(services, "r1") == {"windows": [0, WINDOW, 2 * WINDOW]}
    assert reads.targets == 0
    await summarised(works, long, "followUps")
    with counted(services.store) as reads:
        assert await end(services, "r1") == {}
    assert reads.targets == 0
    request = await services.requests.get("r1")
    assert request is not None
    assert request.follow_up is not None
    states = [target.follow_up.state for target in await everything(works) if target.follow_up]
    assert request.follow_up.totals == {state: states.count(state) for state in set(states)}
    comment = await comment_view(services, request, "followedUp")
    alarming = [state for state in states if state in ALARMING]
    assert (comment.followed, len(comment.follow_up)) == (len(alarming), min(50, len(alarming)))
    mail = await _mail(services, request, "followUp")
    assert mail.text.count("- user-") == len(alarming)


async def test_an_evidence_pack_reads_each_target_once_page_by_page(
    works: Works, long: ResetRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_targets, "_PAGE", 200)
    with counted(works.services.store) as reads:
        pack = await evidence_pack(works.services, long)
    assert (reads.targets, reads.largest) == (USERS, 200)
    with ZipFile(BytesIO(pack)) as files:
        lines = {name: files.read(name).decode().splitlines() for name in files.namelist()}
    assert [json.loads(line)["number"] for line in lines["targets.jsonl"]] == list(range(USERS))
    assert [json.loads(line)[0] for line in lines["plan.jsonl"][2:]] == list(range(USERS))
    assert len(lines["outcomes.csv"]) == USERS + 1


async def test_another_try_reads_only_those_that_it_is_about(
    works: Works, long: ResetRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tried_again() -> list[str]:
        body, _, _ = await retry_request._retry_body(works.services, long)
        return [user for group in body["targets"] for user in group["users"]]  # type: ignore[attr-defined]

    whole = await tried_again()
    await summarised(works, long, "outcomes")
    with counted(works.services.store) as reads:
        assert await tried_again() == whole
    well = (TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR)
    assert reads.targets == len(whole) == sum(target.outcome not in well for target in await everything(works))
    assert 0 < len(whole) < 50


async def test_many_neighbours_are_read_in_pages(works: Works, long: ResetRequest) -> None:
    await summarised(works, long, "outcomes")
    words = [outcome.value for outcome in TargetOutcome]
    with counted(works.services.store) as reads:
        assert await targets_with(works.services, long, "outcomes", words) == await everything(works)
    assert reads.largest <= 500
    with counted(works.services.store) as reads:
        await targets_with(works.services, long, "outcomes", words)
    assert (reads.targets, reads.largest) == (USERS, WINDOW)
