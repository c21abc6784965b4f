"""What the list of users answers about its rows: the same as a plan, without more of Graph than it may use."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from domain.mfa_strength import Strength
from domain.request.involved import Involved
from graph import listed_details
from graph.client import GraphClient
from graph.listed_details import Listed
from graph.user_pages import Query
from localhost.commands.app_settings import DEMO_POLICY
from tests.system import System, system
from use_cases.read_methods import read_methods
from use_cases.read_user_facts import Answer, UserFacts, by_customer, read_user_facts

REQUESTER = "johanna@contoso.com"


def policy(folder: Path, guards: str = "", approval: str = "") -> Path:
    file = folder / "policy.toml"
    text = DEMO_POLICY.read_text("utf-8")
    for line in filter(None, guards.splitlines()):
        key = line.partition(" ")[0]
        text = text.replace("[guards]\n", f"[guards]\n{line}\n") if key not in text else _replaced(text, key, line)
    file.write_text(text.replace("[approval]\n", f"[approval]\n{approval}\n"), "utf-8")
    return file


def _replaced(text: str, key: str, line: str) -> str:
    return "\n".join(line if old.startswith(f"{key} ") else old for old in text.splitlines()) + "\n"


def ids(it: System, customer: str, *names: str) -> list[str]:
    users = it.world.tenant(customer).users
    return [it.world.user(customer, name).id for name in names] if names else list(users)


async def facts_of(
    it: System, customer: str, *names: str, by: str = REQUESTER, reach: frozenset[str] | None = None
) -> dict[str, UserFacts]:
    """Return the facts by user id, read in groups as the page does."""
    wanted = ids(it, customer, *names)
    found: list[UserFacts] = []
    for start in range(0, len(wanted), 20):
        part = wanted[start : start + 20]
        found += await read_user_facts(it.services, customer, part, by=Involved.of(by), reach=reach)
    return {facts.user_id: facts for facts in found}


@pytest.mark.parametrize(
    "guards",
    [
        "",
        'privilegedUsers = "refuse"\ndisabledUsers = "allow"',
        'privilegedUsers = "allow"\nguests = "allow"',
    ],
)
async def test_list_and_plan_say_the_same_of_every_user(tmp_path: Path, guards: str) -> None:
    async with system(tmp_path, policy=policy(tmp_path, guards)) as it:
        await it.ask(contoso=["diego@contoso.com", "grady@contoso.com"])  # holds both
        listed = await facts_of(it, "contoso")
        request = await it.ask(contoso=ids(it, "contoso"), more={"requester": REQUESTER})
        planned = {target["userId"]: target for target in await it.targets(request["id"])}
        assert planned.keys() == listed.keys()
        for user_id, target in planned.items():
            stored = await it.services.targets.get(
                request["id"], next(n for n, t in enumerate(planned) if t == user_id)
            )
            assert stored is not None
            said = listed[user_id].answer, listed[user_id].refused
            if target["outcome"] == "refused":
                assert said == (Answer.NO, target["reason"]), target["userPrincipalName"]
            else:
                wanted = Answer.STEP_UP if stored.target.privileged else Answer.YES
                assert said == (wanted, ""), target["userPrincipalName"]
        reasons = {target["reason"] for target in planned.values() if target["outcome"] == "refused"}
        assert {"protectedUser", "ownAccount", "alreadyRunning"} <= reasons


async def test_a_request_that_waited_too_long_makes_no_user_busy(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy(tmp_path, approval='holdFor = "1h"')) as it:
        await it.ask(contoso=["diego@contoso.com"])
        (busy,) = (await facts_of(it, "contoso", "diego@contoso.com")).values()
        assert (busy.answer, busy.refused) == (Answer.NO, "alreadyRunning")
        assert busy.held is not None
        assert busy.held.standing == "awaitingApproval"
        await it.advance(hours=2)
        (free,) = (await facts_of(it, "contoso", "diego@contoso.com")).values()
        assert free.answer is Answer.YES
        request = await it.ask(contoso=["diego@contoso.com"])
        assert [target["outcome"] for target in await it.targets(request["id"])] == ["pending"]


async def test_a_customer_whose_policy_allows_no_reset(tmp_path: Path) -> None:
    file = policy(tmp_path)
    text = file.read_text("utf-8").replace("[customers.contoso]", '[customers.contoso]\nmethods = ["fido2"]')
    file.write_text(text, "utf-8")
    async with system(tmp_path, policy=file) as it:
        (adele,) = (await facts_of(it, "contoso", "adele@contoso.com")).values()
        assert (adele.answer, adele.refused) == (Answer.NO, "noMethodAllowed")


async def test_strength_of_named_people(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        names = [f"{name}@contoso.com" for name in ("adele", "breakglass", "megan", "lynne", "isaiah")]
        found = await facts_of(it, "contoso", *names)
        assert [facts.strength for facts in found.values()] == [
            Strength.STRONG,
            Strength.PHISHING_RESISTANT,
            Strength.WEAK,
            Strength.NONE,
            Strength.STRONG,  # by a hardware token, which beta alone lists
        ]


async def test_roles_are_those_that_make_a_plan_careful(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        grady, adele = (await facts_of(it, "contoso", "grady@contoso.com", "adele@contoso.com")).values()
        assert grady.roles == ["Global Administrator"]
        assert grady.answer is Answer.STEP_UP
        assert adele.roles == []


async def test_last_reset_is_named_and_its_request_only_to_those_who_may_see_it(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        assert (await facts_of(it, "contoso", "adele@contoso.com")).popitem()[1].last_reset is None
        request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
        await it.approve(request["id"])
        for reach, shown in ((None, request["id"]), (frozenset({"contoso"}), "")):
            last = (await facts_of(it, "contoso", "adele@contoso.com", reach=reach)).popitem()[1].last_reset
            assert last is not None
            assert last.request_id == shown
            assert last.at == it.services.now()


async def test_who_holds_a_user_is_named_only_to_those_who_may_see_it(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
        for reach, shown in ((None, request["id"]), (frozenset({"contoso"}), "")):
            held = (await facts_of(it, "contoso", "adele@contoso.com", reach=reach)).popitem()[1].held
            assert held is not None
            assert held.request_id == shown


async def test_the_same_page_again_asks_graph_for_nothing(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        first = await facts_of(it, "contoso")
        it.world.calls.clear()
        assert await facts_of(it, "contoso") == first
        assert len(it.world.calls) == 0


async def test_tokens_are_read_of_users_only_in_whom_nothing_else_is_strong(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        await facts_of(it, "contoso", "adele@contoso.com", "megan@contoso.com", "lynne@contoso.com")
        calls = it.world.calls.matching(tenant="11111111-1111-1111-1111-111111111111", ending="/hardwareOathMethods")
        assert sorted(call.user or "" for call in calls) == sorted(
            ids(it, "contoso", "megan@contoso.com", "lynne@contoso.com")
        )


async def test_tokens_that_cannot_be_read_leave_unknown_what_they_would_decide(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.faults.add(path="*/hardwareOathMethods", status=403, code="accessDenied")
        megan, adele = (await facts_of(it, "contoso", "megan@contoso.com", "adele@contoso.com")).values()
        assert (megan.strength, megan.strength_unknown) == (None, "tokensUnreadable")
        assert adele.strength is Strength.STRONG


async def test_eligibilities_that_fail_leave_a_user_whose_roles_are_not_known(tmp_path: Path) -> None:
    """As on the user page and at the end of a plan's tries; the directory itself answers."""
    async with system(tmp_path) as it:
        it.world.faults.add(path="*ligibilityScheduleInstances", status=500)
        (adele,) = (await facts_of(it, "contoso", "adele@contoso.com")).values()
        assert (adele.roles, adele.roles_unknown, adele.answer) == ([], "", Answer.STEP_UP)


@pytest.mark.parametrize(
    ("status", "why"),
    [(400, "methodsUnreadable"), (404, "userNotFound"), (423, "methodsUnreadable"), (503, "customerUnreachable")],
)
async def test_a_refusal_to_read_one_user_is_not_said_of_the_customer(tmp_path: Path, status: int, why: str) -> None:
    async with system(tmp_path) as it:
        it.world.faults.add_known("methodsLocked", user="megan@contoso.com", status=status)
        megan, adele = (await facts_of(it, "contoso", "megan@contoso.com", "adele@contoso.com")).values()
        assert (megan.strength, megan.strength_unknown) == (None, why)
        assert adele.strength is Strength.STRONG
        methods = await read_methods(it.services, ["contoso"], Query(search="Megan"), "")
        assert [each.reason for each in methods.unread] == [why]


async def test_a_throttled_customer_is_left_alone_for_as_long_as_it_asks_and_others_go_on(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        rule = it.world.faults.add(tenant="contoso", path="*/authentication/*", status=429, retry_after=600)
        asked = await facts_of(it, "contoso", "adele@contoso.com", "breakglass@contoso.com")
        adele, breakglass = asked.values()
        assert (adele.strength, adele.strength_unknown) == (None, "throttled")
        assert adele.roles == []  # that was read
        assert (adele.answer, adele.refused) == (Answer.UNKNOWN, "")
        assert (breakglass.answer, breakglass.refused) == (Answer.NO, "protectedUser")  # needs no methods
        assert rule.hits == 2  # each user's read once, and no other attempt
        it.world.faults.clear()
        it.world.calls.clear()
        (again,) = (await facts_of(it, "contoso", "adele@contoso.com")).values()
        assert again.strength_unknown == "throttled"
        assert len(it.world.calls) == 0
        (other,) = (await facts_of(it, "fabrikam", "adele@fabrikam.com")).values()
        assert other.strength is Strength.STRONG


async def test_a_list_does_not_wait_even_for_a_short_pause(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        rule = it.world.faults.add(tenant="contoso", path="*/authentication/*", status=429, retry_after=1)
        (adele,) = (await facts_of(it, "contoso", "adele@contoso.com")).values()
        assert adele.strength_unknown == "throttled"
        assert rule.hits == 1  # a plan would wait and ask again


async def test_a_user_who_is_gone(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        gone = "00000000-0000-0000-0000-00000000dead"
        (facts,) = await read_user_facts(it.services, "contoso", [gone], by=Involved.of(REQUESTER), reach=None)
        assert (facts.answer, facts.refused) == (Answer.NO, "userNotFound")


def test_users_by_customer_keep_their_order() -> None:
    assert by_customer([("b", "1"), ("a", "2"), ("b", "3")]) == {"b": ["1", "3"], "a": ["2"]}


async def test_what_ends_while_the_rest_of_a_page_is_read_is_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = listed_details._read

    async def slowly(client: GraphClient, user_ids: Sequence[str]) -> list[Listed]:
        found = await read(client, user_ids)
        client.listed._values.clear()  # as after half a minute
        return found

    async with system(tmp_path) as it:
        known = await facts_of(it, "contoso", "adele@contoso.com")
        monkeypatch.setattr(listed_details, "_read", slowly)
        both = await facts_of(it, "contoso", "adele@contoso.com", "megan@contoso.com")
        assert known.items() <= both.items()
        assert len(both) == 2
