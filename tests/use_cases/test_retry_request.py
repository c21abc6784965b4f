"""Retry the rest: whom approvers left out stays out, the quorum stays, the review comes first, and every page says what it is."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import activities.read_plan_window
import domain.request.plan
from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in, text_of
from tests.system import ROOT, System, system
from use_cases.ticket_comment import comment_view

PEOPLE = ["adele@contoso.com", "megan@contoso.com", "alex@contoso.com"]
FIRST, SECOND, THIRD = "lead@msp.example", "second@msp.example", "third@msp.example"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    """Three approvers for Contoso; from three users on two of them have to agree."""
    policy = tmp_path / "policy.toml"
    text = (ROOT / "localhost/policy.demo.toml").read_text().replace("targets = 25", 'targets = 3\nwindow = "1m"')
    text = text.replace('approvers = ["owner@contoso.com"]\n', "")
    policy.write_text(text.replace('"second@msp.example"]', '"second@msp.example", "third@msp.example"]'))
    async with system(tmp_path, policy=policy) as made:
        yield made


async def left_out_and_failed(it: System) -> str:
    """A request whose first approver left out Megan, and at whose third user Graph failed."""
    request = await it.ask(contoso=PEOPLE)
    it.world.faults.add(user=PEOPLE[2], method="DELETE", status=403)
    links = it.links(request["id"])
    await it.decide(links[FIRST], "approve", without=["1"])
    await it.decide(links[SECOND], "approve")
    shown = await it.shown(request["id"])
    assert (shown["status"], shown["totals"]["reset"], shown["totals"]["cancelled"]) == ("partiallyCompleted", 1, 1)
    it.world.faults.clear()
    await it.advance(minutes=5)  # beyond the window in which several requests are judged as one
    return str(request["id"])


async def retry(it: System, request_id: str, status: int = 202) -> dict[str, object]:
    made: dict[str, object] = await it.call("POST", f"/api/reset-requests/{request_id}/retry", status)
    await it.host.idle()
    return made


async def test_whom_an_approver_left_out_is_not_brought_back_and_the_quorum_is_kept(it: System) -> None:
    first = await left_out_and_failed(it)
    made = str((await retry(it, first))["id"])
    again = await it.shown(made)
    assert [t["userPrincipalName"] for t in await it.targets(made)] == [PEOPLE[2]]
    # One user alone would need one approval; the first request needed two.
    assert (again["approval"]["quorum"], again["approval"]["stepUp"]) == (2, True)
    for link in it.links(made).values():
        await it.decide(link, "approve")
    assert (await it.shown(made))["status"] == "completed"
    # Now only Megan is left, of either request.
    refused = await retry(it, first, 202)
    assert [t["userPrincipalName"] for t in await it.targets(str(refused["id"]))] == [PEOPLE[2]]
    megan = it.world.user("contoso", PEOPLE[1])
    assert megan.methods
    text = await text_of(it, f"requests/{made}")
    assert "Retry the rest" not in text


async def test_nothing_is_left_to_retry_where_only_those_left_out_are_left(it: System) -> None:
    request = (await it.ask(contoso=PEOPLE))["id"]
    links = it.links(request)
    await it.decide(links[FIRST], "approve", without=["1"])
    await it.decide(links[SECOND], "approve")
    problem = await retry(it, request, 409)
    assert "excluded" in str(problem["detail"])
    assert "Retry the rest" not in await text_of(it, f"requests/{request}")


async def test_who_was_left_out_by_a_decision_of_a_request_that_was_denied_stays_out(it: System) -> None:
    request = (await it.ask(contoso=PEOPLE))["id"]
    links = it.links(request)
    await it.decide(links[FIRST], "approve", without=["1"])
    await it.decide(links[SECOND], "deny", comment="Not today")
    made = str((await retry(it, request))["id"])
    assert [t["userPrincipalName"] for t in await it.targets(made)] == [PEOPLE[0], PEOPLE[2]]


@pytest.mark.parametrize("window", [250, 2])
async def test_the_second_approver_sees_by_name_whom_the_first_left_out_and_the_resulting_counts(
    it: System, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (
        domain.request.plan,
        activities.read_plan_window,
    ):  # 2: as a long plan, with counts made when it is sealed
        monkeypatch.setattr(module, "WINDOW", window)
    request = (await it.ask(contoso=PEOPLE))["id"]
    links = it.links(request)
    before = (await it.http.get(links[SECOND])).text
    assert "of 3 users?" in before
    await it.decide(links[FIRST], "approve", without=["1"])
    page = " ".join((await it.http.get(links[SECOND])).text.split())
    assert "of 2 users?" in page
    assert "without 1 user: <bdi>Megan Bowen</bdi>" in page
    assert f'<span class="chip plain">Excluded</span> by <bdi>{FIRST}</bdi>' in page
    assert 'name="without" value="1"' not in page
    megan = len(it.world.user("contoso", PEOPLE[1]).methods)
    assert megan
    # The others are all that the second one could leave out.
    answer = await it.decide(links[SECOND], "approve", without=["0", "2"])
    assert answer.status_code == 400
    await it.advance(hours=4, seconds=1)
    reminder = it.world.mailbox.to(SECOND)[0]
    assert "2 users" in reminder.subject
    assert "Excluded by lead@msp.example" in reminder.content
    assert "Megan Bowen" in reminder.content
    assert "2 users" in await text_of(it, "approvals", SECOND)
    state = " ".join((await it.http.get(links[FIRST])).text.split())
    assert "without 1 user: <bdi>Megan Bowen</bdi>" in state
    assert "3 users in the request: 2 to reset, 1 excluded" in state
    assert "without 1 user: Megan Bowen" in " ".join((await text_of(it, f"requests/{request}")).split())


async def test_the_console_reviews_a_retry_before_anybody_is_asked(it: System) -> None:
    first = await left_out_and_failed(it)
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        review = await _press_retry(http, first)
        await it.host.idle()
        page = (await http.get(review)).text
        assert "This is a retry of" in page
        assert PEOPLE[1] not in page
        assert "2 approvers." in page
        mails = len(it.world.mailbox.to())
        form = {"nonce": hidden(page), "act": "confirm", "reason": "Again", "ticket": "INC2", "count": "1"}
        answer = await http.post(review, data=form)
        await it.host.idle()
    assert len(it.world.mailbox.to()) > mails
    made = answer.headers["Location"].rpartition("/")[2].partition("?")[0]
    shown = await it.shown(made)
    assert (shown["retryOf"], shown["takeoverOf"], shown["approval"]["quorum"]) == (first, None, 2)
    (target,) = [kept async for kept in _numbers(it, made)]
    assert target == 2  # it is known which target of the first one this user is


async def test_every_place_says_that_it_is_a_retry(it: System) -> None:
    first = await left_out_and_failed(it)
    made = str((await retry(it, first))["id"])
    link = it.links(made)[SECOND]
    assert "<dt>Retry of</dt><dd><bdi>INC0012345</bdi>" in (await it.http.get(link)).text
    mail = it.world.mailbox.to(SECOND)[0]
    assert mail.subject.startswith("Approve retry of MFA reset of")
    assert "This is a retry of request INC0012345." in mail.content
    for page, who in (
        (f"requests/{made}", "tech@msp.example"),
        ("requests", "tech@msp.example"),
        ("approvals", SECOND),
    ):
        assert "retry" in await text_of(it, page, who), page
    for each in it.links(made).values():
        await it.decide(each, "approve")
    assert "<dt>Retry of</dt><dd><bdi>INC0012345</bdi>" in (await it.http.get(link)).text
    await it.advance(minutes=1)
    outcome = it.world.mailbox.to("tech@msp.example")[0]
    assert outcome.subject.startswith("Retry of MFA reset completed")
    assert "INC0012345" in outcome.content.partition("Retry of")[2]
    assert first not in outcome.content
    stored = await it.services.requests.get(made)
    assert stored is not None
    assert (await comment_view(it.services, stored, "completed")).retry_of == first[:8]


async def _press_retry(http: httpx.AsyncClient, request_id: str) -> str:
    page = (await http.get(f"/console/requests/{request_id}")).text
    answer = await http.post(f"/console/requests/{request_id}/act", data={"nonce": hidden(page), "act": "retry"})
    assert answer.status_code == 303
    address = str(answer.headers["Location"])
    assert address.startswith("/console/reviews/")
    return address


async def _numbers(it: System, request_id: str) -> AsyncIterator[int | None]:
    for kept in await it.services.targets.range(request_id, 0, 10):
        yield kept.target.earlier
