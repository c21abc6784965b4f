"""A decision that comes while the approval ends counts, or is refused as too late: never both, never neither."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.settle_approval import settle
from tests.system import ROOT, System, system

LEAD, SECOND = "lead@msp.example", "second@msp.example"


def hold(it: System, which: Callable[[tuple[Any, ...]], bool], meanwhile: Callable[[], Awaitable[Any]]) -> list[str]:
    """The first write that is `which` waits until `meanwhile` is over; the list it answers then has one entry."""
    store, held = it.services.store, list[str]()
    for name in ("insert", "replace", "apply"):
        write = getattr(store, name)

        async def later(*given: Any, write: Any = write, name: str = name) -> Any:
            if not held and which(given):
                held.append(name)
                await meanwhile()
            return await write(*given)

        setattr(store, name, later)
    return held


async def post(it: System, link: str, decision: str, **fields: Any) -> httpx.Response:
    """What `it.decide` does, without the wait until nothing happens any more."""
    page = (await it.http.get(link)).text
    nonce = page.partition('name="nonce" value="')[2].partition('"')[0]
    form = {"nonce": nonce, "decision": decision, "comment": ""} | fields
    return await it.http.post(link, data=form, headers={"Origin": it.host.base_url})


def ends_the_approval(given: tuple[Any, ...]) -> bool:
    """Whether this writes that the request waits for its approval no more."""
    value = given[-1]
    if not isinstance(value, dict) or "approval" not in value:
        return False
    return value["status"] != "awaitingApproval" or value["approval"].get("endsAs") is not None


def decides(approver: str) -> Callable[[tuple[Any, ...]], bool]:
    """Whether this writes a decision of that approver."""
    return lambda given: f"{{'approver': '{approver}', 'decision': " in str(given)


async def test_a_denial_between_the_count_and_the_end_of_the_approval_counts(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        links, answers = it.links(request["id"]), list[httpx.Response]()

        async def deny() -> None:
            answers.append(await post(it, links[SECOND], "deny", comment="Not her"))

        held = hold(it, ends_the_approval, deny)
        assert (await it.decide(links[LEAD], "approve")).status_code == 200
        assert held
        assert [answer.status_code for answer in answers] == [200]
        shown = await it.shown(request["id"])
        assert shown["status"] == "denied"
        assert len(shown["approval"]["decisions"]) == 2
        assert [target["reason"] for target in await it.targets(request["id"])] == ["denied"]


async def test_whom_a_late_approval_leaves_out_is_left_out(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com", "megan@fabrikam.com"])
        links, answers = it.links(request["id"]), list[httpx.Response]()

        async def agree() -> None:
            answers.append(await post(it, links[SECOND], "approve", without=["1"]))

        assert hold(it, ends_the_approval, agree) == []
        assert (await it.decide(links[LEAD], "approve")).status_code == 200
        assert [answer.status_code for answer in answers] == [200]
        reasons = [(target["outcome"], target["reason"]) for target in await it.targets(request["id"])]
        assert reasons[1] == ("cancelled", "excludedByApprover")


@pytest.mark.parametrize("decision", ["approve", "deny"])
async def test_a_decision_after_the_end_of_the_approval_is_refused_and_not_recorded(
    tmp_path: Path, decision: str
) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com", "megan@fabrikam.com"])
        links = it.links(request["id"])

        async def end() -> None:
            assert (await post(it, links[LEAD], "approve")).status_code == 200
            assert await settle(it.services, request["id"]) == {"next": "reset"}

        held = hold(it, decides(SECOND), end)
        late = await it.decide(links[SECOND], decision, comment="Not her", without=["1"])
        assert held
        assert late.status_code == 409
        assert "came too late and was not recorded" in late.text
        shown = await it.shown(request["id"])
        assert (shown["status"], len(shown["approval"]["decisions"])) == ("completed", 1)
        decided = [event["actor"] for event in await it.audit(request["id"]) if event["event"] == "decided"]
        assert decided == [LEAD]


async def test_a_decision_that_overtakes_the_expiry_finds_every_user_still_open(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        links = it.links(request["id"])
        it.host.clock.advance(24 * 3600 - 1)
        assert (await it.http.get(links[LEAD])).status_code == 200

        async def expire() -> None:
            it.host.clock.advance(2)
            assert await settle(it.services, request["id"]) == {"next": "end"}

        hold(it, decides(LEAD), expire)
        assert (await it.decide(links[LEAD], "approve")).status_code == 409
        shown = await it.shown(request["id"])
        assert (shown["status"], shown["approval"]["decisions"]) == ("expired", [])


async def test_forty_approvers_at_once_are_all_heard(tmp_path: Path) -> None:
    approvers = [f"approver{number}@contoso.com" for number in range(40)]
    text = (ROOT / "localhost/policy.demo.toml").read_text().replace("quorum = 1", "quorum = 40", 1)
    policy = tmp_path / "policy.toml"
    text = text.replace('approvers = ["owner@contoso.com"]\n', "")
    policy.write_text(
        text.replace('approvers = ["lead@msp.example", "second@msp.example"]', f"approvers = {approvers}")
    )
    async with system(tmp_path, policy=policy) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        links = it.links(request["id"])
        assert len(links) == 40
        answers = await asyncio.gather(*(post(it, link, "approve") for link in links.values()))
        assert [answer.status_code for answer in answers] == [200] * 40
        await it.host.idle()
        shown = await it.shown(request["id"])
        assert (shown["status"], len(shown["approval"]["decisions"])) == ("completed", 40)
