"""Approvers who are members of groups, on call, asked by an escalation or stand in for somebody: frozen in the plan, and still theirs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from domain.request.deciders import Delegation
from domain.request.plan import people_line
from graph.approver_groups import MOST
from localhost.simulator import World
from localhost.simulator.model.entities import Group
from localhost.simulator.seeds import people
from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in, text_of
from tests.system import HOME, ROOT, System, system
from tests.triggers.principals import KNOWN, SOMEBODY, principal

LEAD, SECOND, TECH, OWNER = "lead@msp.example", "second@msp.example", "tech@msp.example", "owner@contoso.com"
ADELE = "adele@contoso.com"
SIGN_IN = {"WEBSITE_AUTH_ENABLED": "True", "API_KEYS": "tests:a-function-key-of-the-tests"}
HOME_GROUP = "Leads"


@asynccontextmanager
async def served(
    tmp_path: Path, approval: str, *, owner: bool = False, settings: dict[str, str] | None = None
) -> AsyncIterator[tuple[System, Group]]:
    """The demo with these lines in [approval], and Contoso without approvers of its own unless `owner`.

    `GROUP` in them is a group of the provider's with Lena Lead, and in it another with Sam Second.
    """
    world = World.demo()
    home = world.tenant("home")
    group, inner = people.plain_group(home, HOME_GROUP), people.plain_group(home, "Deputies")
    group.nested.append(inner)
    world.user("home", LEAD).groups.append(group)
    world.user("home", SECOND).groups.append(inner)
    text = (ROOT / "localhost/policy.demo.toml").read_text()
    text = text.replace(f'approvers = ["{LEAD}", "{SECOND}"]\n', approval.replace("GROUP", group.id) + "\n")
    if not owner:
        text = text.replace(f'approvers = ["{OWNER}"]\n', "")
    policy = tmp_path / "policy.toml"
    policy.write_text(text)
    async with system(tmp_path, policy=policy, settings=settings, world=world) as it:
        world._clock = it.services.now
        yield it, group


GROUPS = 'approvers = ["group:leads"]\ngroups = {leads = "GROUP"}'


async def test_members_of_a_group_are_asked_shown_and_frozen_in_the_plan(tmp_path: Path) -> None:
    async with served(tmp_path, GROUPS) as (it, _):
        request = await it.ask(contoso=[ADELE])
        shown = await it.shown(request["id"])
        asked = {entry["approver"]: entry["through"] for entry in shown["approval"]["approvers"]}
        assert asked == {LEAD: ["group:leads"], SECOND: ["group:leads"]}
        assert "member of the group leads" in await text_of(it, f"requests/{request['id']}")
        record = await it.services.requests.get(request["id"])
        assert record
        assert record.identities
        line = people_line(record)
        assert '"deciders":{"contoso":{"first":{"lead@msp.example":["group:leads"]' in line
        plain = record.identities.model_copy(update={"deciders": {}})
        assert "deciders" not in people_line(record.model_copy(update={"identities": plain}))
        link = it.links(request["id"])[SECOND]
        assert "member of the group leads" in (await it.http.get(link)).text
        await it.decide(link, "approve")
        assert (await it.shown(request["id"]))["status"] == "completed"


async def test_the_members_are_read_once_for_several_requests(tmp_path: Path) -> None:
    async with served(tmp_path, GROUPS) as (it, _):
        for user in (ADELE, "alex@contoso.com"):
            await it.ask(contoso=[user])
        assert sum("transitiveMembers" in call.path for call in it.world.calls) == 1


async def test_a_member_who_left_before_deciding_decides_nothing_and_is_not_reminded(tmp_path: Path) -> None:
    async with served(tmp_path, GROUPS) as (it, group):
        request = await it.ask(contoso=[ADELE])
        links = it.links(request["id"])
        page = await it.http.get(links[LEAD])
        form = {"decision": "approve", "comment": "", "nonce": hidden(page.text)}
        it.world.user("home", LEAD).groups.remove(group)
        # The page was read within the minutes that the group is kept; the decision reads it anew.
        answer = await it.http.post(links[LEAD], data=form, headers={"Origin": it.host.base_url})
        assert answer.status_code == 403
        assert (await it.shown(request["id"]))["approval"]["decisions"] == []
        await it.advance(hours=4, seconds=2)
        assert len(it.world.mailbox.to(LEAD)) == 1
        assert len(it.world.mailbox.to(SECOND)) == 2
        assert (await it.http.get(links[LEAD])).status_code == 403
        await it.decide(links[SECOND], "approve")
        assert (await it.shown(request["id"]))["status"] == "completed"


async def test_who_decided_and_then_left_has_decided(tmp_path: Path) -> None:
    async with served(tmp_path, GROUPS + "\n") as (it, group):
        await _need_two(it)
        request = await it.ask(contoso=[ADELE])
        links = it.links(request["id"])
        await it.decide(links[LEAD], "approve")
        it.world.user("home", LEAD).groups.remove(group)
        await it.decide(links[SECOND], "approve")
        assert (await it.shown(request["id"]))["status"] == "completed"


async def test_without_an_answer_about_the_group_nothing_is_decided(tmp_path: Path) -> None:
    async with served(tmp_path, GROUPS) as (it, _):
        request = await it.ask(contoso=[ADELE])
        link = it.links(request["id"])[LEAD]
        page = await it.http.get(link)
        it.world.faults.add(path="*/transitiveMembers*", status=403)
        form = {"decision": "approve", "comment": "", "nonce": hidden(page.text)}
        answer = await it.http.post(link, data=form, headers={"Origin": it.host.base_url})
        assert (answer.status_code, "cannot be read" in answer.text) == (503, True)
        it.world.faults.clear()
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        await it.decide(link, "approve")
        assert (await it.shown(request["id"]))["status"] == "completed"


@pytest.mark.parametrize("why", ["forbidden", "gone", "large", "nameless"])
async def test_a_group_that_cannot_be_read_ends_the_request_and_asks_nobody(tmp_path: Path, why: str) -> None:
    async with served(tmp_path, GROUPS.replace('"group:leads"', f'"group:leads", "{TECH}"')) as (it, group):
        home = it.world.tenant("home")
        if why == "forbidden":
            it.world.faults.add(path="*/transitiveMembers*", status=403)
        elif why == "gone":
            del home.groups[group.id]
        elif why == "large":
            for number in range(MOST):
                source = people.source_for(home, number)
                people.make_user(home, source, f"u{number}", f"U {number}", "none", groups=[group])
        else:
            home.by_upn[LEAD].mail = home.by_upn[LEAD].upn = ""
        request = await it.ask(contoso=[ADELE], more={"requester": "helpdesk@msp.example"})
        shown = await it.shown(request["id"])
        assert (shown["status"], shown["failure"]) == ("failed", "approverGroupUnreadable")
        assert "leads" in shown["detail"]
        assert it.world.mailbox.to(TECH) == []
        assert it.world.user("contoso", ADELE).methods


async def test_a_group_that_cannot_be_read_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    async with served(tmp_path, GROUPS) as (it, _):
        it.world.faults.add(path="*/transitiveMembers*", status=503)
        request = await it.ask(contoso=[ADELE])
        assert (await it.shown(request["id"]))["status"] == "planning"
        it.world.faults.clear()
        await it.advance(minutes=5)
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"


ESCALATION = f'approvers = ["{LEAD}"]\nescalateAfter = "2h"\nescalateTo = ["{SECOND}", "{OWNER}"]\nescalationQuorum = 2'


async def test_without_a_decision_others_are_asked_and_no_fewer_approvals_are_needed(tmp_path: Path) -> None:
    async with served(tmp_path, ESCALATION) as (it, _):
        request = (await it.ask(contoso=[ADELE]))["id"]
        assert it.links(request).keys() == {LEAD}
        assert "these are asked, too" in await text_of(it, f"requests/{request}")
        await it.advance(hours=2, seconds=2)
        assert it.links(request).keys() == {LEAD, SECOND, OWNER}
        approval = (await it.shown(request))["approval"]
        assert (approval["quorum"], bool(approval["escalatedAt"])) == (2, True)
        assert {each["approver"]: each["escalated"] for each in approval["approvers"]} == {
            LEAD: False,
            SECOND: True,
            OWNER: True,
        }
        assert "Reminder" not in it.world.mailbox.to(SECOND)[0].subject
        await it.advance(hours=2, seconds=2)
        assert len(it.world.mailbox.to(SECOND)) == 2  # the reminder, and no more
        await it.decide(it.links(request)[SECOND], "approve")
        assert (await it.shown(request))["status"] == "awaitingApproval"
        await it.decide(it.links(request)[LEAD], "approve")
        assert (await it.shown(request))["status"] == "completed"
        assert [e["data"]["quorum"] for e in await it.audit(request) if e["event"] == "escalated"] == [2]


async def test_where_too_few_approvers_are_left_the_escalation_is_asked_at_once(tmp_path: Path) -> None:
    async with served(tmp_path, ESCALATION) as (it, _):
        request = (await it.ask(contoso=[ADELE], more={"requester": LEAD}))["id"]
        approval = (await it.shown(request))["approval"]
        assert approval["quorum"] == 2
        assert [each["approver"] for each in approval["approvers"]] == [SECOND, OWNER]


async def test_who_is_on_call_is_asked(tmp_path: Path) -> None:
    shifts = (
        f'[{{who = ["{LEAD}"], from = "00:00", to = "12:00"}}, {{who = ["{SECOND}"], from = "12:00", to = "24:00"}}]'
    )
    approval = f'approvers = ["onCall:day"]\nonCall = {{day = {{timeZone = "Etc/UTC", shifts = {shifts}}}}}'
    async with served(tmp_path, approval) as (it, _):
        request = (await it.ask(contoso=[ADELE]))["id"]
        now = it.services.now()
        on_call = LEAD if now.hour < 12 else SECOND
        (entry,) = (await it.shown(request))["approval"]["approvers"]
        assert (entry["approver"], entry["through"]) == (on_call, ["onCall:day"])
        await it.advance(hours=12)
        later = (await it.ask(contoso=["alex@contoso.com"]))["id"]
        (entry,) = (await it.shown(later))["approval"]["approvers"]
        assert entry["approver"] != on_call
        await it.decide(it.links(request)[on_call], "approve")  # frozen in the plan, though another is on call by now
        assert (await it.shown(request))["status"] == "completed"


async def test_an_escalation_needs_one_approval_more_unless_the_policy_says_more_still(tmp_path: Path) -> None:
    without = ESCALATION.replace("\nescalationQuorum = 2", "")
    async with served(tmp_path, without) as (it, _):
        request = (await it.ask(contoso=[ADELE]))["id"]
        assert (await it.shown(request))["approval"]["quorum"] == 1
        await it.advance(hours=2, seconds=2)
        assert (await it.shown(request))["approval"]["quorum"] == 2
        await it.decide(it.links(request)[SECOND], "approve")
        assert (await it.shown(request))["status"] == "awaitingApproval"
        await it.decide(it.links(request)[OWNER], "approve")
        assert (await it.shown(request))["status"] == "completed"


async def test_an_escalation_that_could_not_get_its_approvals_does_not_take_place(tmp_path: Path) -> None:
    async with served(tmp_path, ESCALATION.replace(f', "{OWNER}"', "").replace("Quorum = 2", "Quorum = 3")) as (it, _):
        request = (await it.ask(contoso=[ADELE]))["id"]
        await it.advance(hours=2, seconds=2)
        approval = (await it.shown(request))["approval"]
        assert (approval["quorum"], approval["escalatesAt"], approval["escalatedAt"]) == (1, None, None)
        await it.decide(it.links(request)[LEAD], "approve")
        assert (await it.shown(request))["status"] == "completed"


PLAIN = f'approvers = ["{LEAD}", "{OWNER}"]\ndelegates = ["{SECOND}"]'


async def test_an_approver_who_is_away_is_stood_in_for(tmp_path: Path) -> None:
    async with served(tmp_path, PLAIN, settings=SIGN_IN) as (it, _):
        me = principal(LEAD, "Approver")
        until = (it.services.now() + timedelta(days=3)).isoformat()
        body = {"delegate": SECOND, "until": until}
        assert (await it.http.put("/api/delegation", json=body)).status_code == 403  # a key is no person
        other = principal("somebody@msp.example", "Approver", oid=SOMEBODY)
        assert (await it.http.put("/api/delegation", json=body, headers=other)).status_code == 403
        wrong = await it.call("PUT", "/api/delegation", 400, json=body | {"delegate": TECH}, headers=me)
        assert wrong["errors"][0]["pointer"] == "/delegate"
        past = {"delegate": SECOND, "until": "2020-01-01T00:00:00Z"}
        assert (await it.call("PUT", "/api/delegation", 400, json=past, headers=me))["errors"][0]["pointer"] == "/until"
        before = (await it.ask(contoso=["alex@contoso.com"]))["id"]
        shown = await it.call("PUT", "/api/delegation", json=body, headers=me)
        assert (shown["approvers"], shown["delegate"]) == ([LEAD], SECOND)
        request = (await it.ask(contoso=[ADELE]))["id"]
        entries = {each["approver"]: each["through"] for each in (await it.shown(request))["approval"]["approvers"]}
        assert entries == {OWNER: [], SECOND: [f"delegateOf:{LEAD}"]}
        assert LEAD in {each["approver"] for each in (await it.shown(before))["approval"]["approvers"]}
        (noted,) = [event["data"] for event in await it.audit(request) if event["event"] == "delegateAsked"]
        who = (noted["customer"], noted["approver"], noted["delegate"], noted["setBy"])
        assert who == ("contoso", LEAD, SECOND, f"{HOME}/{KNOWN[HOME, LEAD]}")
        assert noted["until"].startswith(until[:16])
        assert [e["event"] for e in await it.audit(before)].count("delegateAsked") == 0
        answer = await _decide_as(it, it.links(request)[SECOND], SECOND)
        assert answer.status_code == 200
        assert (await it.shown(request))["status"] == "completed"
        assert (await it.call("DELETE", "/api/delegation", headers=me))["delegate"] is None
        again = (await it.ask(contoso=["megan@contoso.com"]))["id"]
        assert {each["approver"] for each in (await it.shown(again))["approval"]["approvers"]} == {LEAD, OWNER}


async def test_who_is_needed_for_the_quorum_is_asked_though_away(tmp_path: Path) -> None:
    async with served(tmp_path, f'approvers = ["{LEAD}", "{SECOND}"]') as (it, _):
        await _need_two(it)
        async with browser_client(it.host.base_url) as http:
            await sign_in(http, LEAD)
            page = (await http.get("/console/approvals")).text
            until = (it.services.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
            form = {"nonce": hidden(page), "act": "away", "delegate": SECOND, "until": until}
            answer = await http.post("/console/approvals/away", data=form)
            assert answer.status_code == 303
            assert f"<bdi>{SECOND}</bdi> is asked instead of you" in (await http.get("/console/approvals")).text
        request = (await it.ask(contoso=[ADELE]))["id"]
        assert {each["approver"] for each in (await it.shown(request))["approval"]["approvers"]} == {LEAD, SECOND}


async def test_a_delegate_of_a_member_who_left_the_group_decides_nothing(tmp_path: Path) -> None:
    async with served(tmp_path, GROUPS + f'\ndelegates = ["{OWNER}"]') as (it, group):
        await it.services.delegations.put(_delegation(it, LEAD, OWNER))
        request = (await it.ask(contoso=[ADELE]))["id"]
        links = it.links(request)
        assert links.keys() == {OWNER, SECOND}
        assert (await it.http.get(links[OWNER])).status_code == 200
        it.world.user("home", LEAD).groups.remove(group)
        assert await _refused(it, links[OWNER])
        await it.decide(links[SECOND], "approve")
        assert (await it.shown(request))["status"] == "completed"


async def test_a_delegate_who_left_the_group_of_delegates_decides_nothing(tmp_path: Path) -> None:
    deputies = f'approvers = ["{LEAD}", "{OWNER}"]\ndelegates = ["group:leads"]\ngroups = {{leads = "GROUP"}}'
    async with served(tmp_path, deputies) as (it, _):
        await it.services.delegations.put(_delegation(it, LEAD, SECOND))
        first, second = [(await it.ask(contoso=[user]))["id"] for user in (ADELE, "alex@contoso.com")]
        await it.decide(it.links(first)[SECOND], "approve")
        assert (await it.shown(first))["status"] == "completed"
        it.world.user("home", SECOND).groups.clear()
        assert await _refused(it, it.links(second)[SECOND])
        assert (await it.shown(second))["status"] == "awaitingApproval"


async def test_a_delegate_whom_the_policy_no_longer_lets_stand_in_decides_nothing(tmp_path: Path) -> None:
    async with served(tmp_path, PLAIN) as (it, _):
        await it.services.delegations.put(_delegation(it, LEAD, SECOND))
        request = (await it.ask(contoso=[ADELE]))["id"]
        policy = it.services.policy
        approval = policy.approval.model_copy(update={"delegates": ()})
        it.services.settings = replace(it.services.settings, policy=policy.model_copy(update={"approval": approval}))
        assert await _refused(it, it.links(request)[SECOND])


async def test_the_vote_of_a_delegate_whom_the_policy_no_longer_lets_stand_in_does_not_count(tmp_path: Path) -> None:
    async with served(tmp_path, PLAIN.replace(f'"{LEAD}", "{OWNER}"', f'"{LEAD}", "{OWNER}", "{TECH}"')) as (it, _):
        await _need_two(it)
        await it.services.delegations.put(_delegation(it, LEAD, SECOND))
        request = (await it.ask(contoso=[ADELE], more={"requester": "megan@contoso.com"}))["id"]
        await it.decide(it.links(request)[SECOND], "approve")
        policy = it.services.policy
        approval = policy.approval.model_copy(update={"delegates": ()})
        it.services.settings = replace(it.services.settings, policy=policy.model_copy(update={"approval": approval}))
        await it.decide(it.links(request)[OWNER], "approve")
        assert (await it.shown(request))["status"] == "awaitingApproval"
        await it.decide(it.links(request)[TECH], "approve")
        assert (await it.shown(request))["status"] == "completed"


async def test_a_delegation_ends_at_its_time(tmp_path: Path) -> None:
    async with served(tmp_path, PLAIN) as (it, _):
        await it.services.delegations.put(_delegation(it, LEAD, SECOND))
        assert (await it.ask(contoso=[ADELE]))["id"] in it.world.mailbox.to(SECOND)[0].content
        await it.advance(days=1, seconds=1)
        request = (await it.ask(contoso=["alex@contoso.com"]))["id"]
        assert it.links(request).keys() == {LEAD, OWNER}


def _delegation(it: System, approver: str, deputy: str) -> Delegation:
    now = it.services.now()
    return Delegation(approver=approver, delegate=deputy, until=now + timedelta(days=1), set_by=approver, set_at=now)


async def _refused(it: System, link: str) -> bool:
    """Return whether a decision by this link is refused; the page may be shown while the group is held for minutes."""
    page = await it.http.get(link)
    if page.status_code == 403:
        return True
    form = {"decision": "approve", "comment": "", "nonce": hidden(page.text)}
    answer = await it.http.post(link, data=form, headers={"Origin": it.host.base_url})
    await it.host.idle()
    return answer.status_code == 403


async def _need_two(it: System) -> None:
    policy = it.services.policy
    approval = policy.approval.model_copy(update={"quorum": 2})
    it.services.settings = replace(it.services.settings, policy=policy.model_copy(update={"approval": approval}))


async def _decide_as(it: System, link: str, mail: str) -> httpx.Response:
    me = principal(mail)
    page = await it.http.get(link, headers=me)
    form = {"decision": "approve", "comment": "", "nonce": hidden(page.text)}
    answer = await it.http.post(link, data=form, headers={"Origin": it.host.base_url} | me)
    await it.host.idle()
    return answer
