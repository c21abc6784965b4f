"""The follow-up by the audit log: who registered, when, from where, and what of it is suspicious; without the log it says so."""

from typing import Any

import pytest

from activities.begin_post_completion import begin
from activities.follow_up import look
from domain.model import iso
from domain.outcomes import RequestStatus
from domain.policy.model import FollowUp
from domain.request.follow_up import FollowUpFinding
from localhost.simulator.model.entities import User
from tests.activities.conftest import Works

APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})
KEY: tuple[str, dict[str, Any]] = ("fido2", {})
HOME, AWAY = "203.0.113.10", "198.51.100.9"


def allow(works: Works, **terms: Any) -> None:
    works.use_policy(works.services.policy.model_copy(update={"follow_up": FollowUp(audit_log=True, **terms)}))


async def reset(works: Works, *users: User) -> None:
    """Reset them, and end the request."""
    for user in users:
        works.world.sign_in("contoso", user.upn, HOME, "US")
        works.world.sign_in("contoso", user.upn, AWAY, "BR", error=50126)  # somebody who did not get in
    works.clock.pass_(hours=1)
    await works.planned(*users)
    for number in range(len(users)):
        await works.reset(number=number)
    ended = {"status": RequestStatus.COMPLETED, "ended_at": works.clock()}
    await works.services.requests.update("r1", lambda r: r.model_copy(update=ended))


async def found(works: Works, number: int = 0, *, last: bool = True, more: bool = False) -> FollowUpFinding:
    works.clock.pass_(minutes=10)
    await look(works.services, "r1", 0, 100, last=last, more=more)
    finding = (await works.target(number=number)).follow_up
    assert finding is not None
    return finding


def register(works: Works, user: User, **how: Any) -> None:
    address, country = how.get("address", HOME), how.pop("country", "US")
    works.world.sign_in("contoso", user.upn, address, country)
    works.world.register("contoso", user.upn, "microsoftAuthenticator", **how)


async def test_who_registers_from_where_they_were_is_registered_with_when_and_where(works: Works) -> None:
    allow(works)
    user = works.user(APP)
    await reset(works, user)
    works.clock.pass_(hours=2)
    at = works.clock()
    register(works, user)
    finding = await found(works)
    assert (finding.state, finding.source, finding.suspicions) == ("registered", "auditLog", [])
    assert {(one.at, one.by, one.address, one.country) for one in finding.registrations} == {(at, "user", HOME, "US")}


@pytest.mark.parametrize(
    ("seconds", "how", "suspicion"),
    [
        (59, {}, "withinAMinute"),
        (7200, {"address": AWAY, "country": "BR"}, "otherCountry"),
        (7200, {"address": AWAY, "country": ""}, "otherAddress"),
        (7200, {"by": "megan@contoso.com"}, "somebodyElse"),
    ],
)
async def test_what_an_attacker_would_do_is_suspicious(
    works: Works, seconds: int, how: dict[str, Any], suspicion: str
) -> None:
    allow(works)
    user = works.user(APP)
    await reset(works, user)
    works.clock.pass_(seconds=seconds)
    register(works, user, **how)
    finding = await found(works)
    assert (finding.state, finding.suspicions) == ("registeredSuspicious", [suspicion])
    if suspicion == "somebodyElse":
        assert finding.registrations[0].by_name == "megan@contoso.com"


async def test_another_address_of_the_same_country_is_not_suspicious(works: Works) -> None:
    allow(works)
    user = works.user(APP)
    await reset(works, user)
    works.clock.pass_(hours=2)
    register(works, user, address=AWAY, country="US")
    assert (await found(works)).state == "registered"


async def test_without_a_licence_for_sign_ins_the_country_is_not_known_and_not_guessed(works: Works) -> None:
    allow(works)
    works.world.tenant("contoso").premium = False
    user = works.user(APP)
    await reset(works, user)
    works.clock.pass_(hours=2)
    register(works, user, address=AWAY, country="BR")
    finding = await found(works)
    assert (finding.state, finding.registrations[0].country) == ("registered", "")
    assert finding.registrations[0].address == AWAY


async def test_without_the_permission_the_dates_are_looked_at_and_it_says_so(works: Works) -> None:
    allow(works)
    user = works.user(APP)
    await reset(works, user)
    works.world.tenant("contoso").granted = frozenset({"AuditLog.Read.All", "UserAuthenticationMethod.ReadWrite.All"})
    works.clock.pass_(seconds=59)
    register(works, user)
    finding = await found(works)
    assert (finding.state, finding.source, finding.registrations) == ("quick", "dates", [])
    assert finding.detail.startswith("The audit log could not be read, so the dates of the methods alone")


async def test_where_the_policy_does_not_ask_for_it_no_log_is_read(works: Works) -> None:
    user = works.user(APP)
    await reset(works, user)
    register(works, user)
    assert (await found(works)).source == "dates"
    assert not [call for call in works.world.calls if "auditLogs" in call.path]


async def test_a_log_that_is_throttled_is_waited_for(works: Works) -> None:
    allow(works)
    user = works.user(APP)
    await reset(works, user)
    works.world.faults.add(method="GET", path="*/auditLogs/*", status=429, retry_after=30)
    answer = await look(works.services, "r1", 0, 100, last=False)
    assert (answer["retry_after"], answer["fault"]) == (30, "throttled")
    assert (await works.target()).follow_up is None
    assert (await found(works)).source == "dates"  # the last try says what is known


async def test_looks_before_the_last_leave_open_who_has_not_registered(works: Works) -> None:
    allow(works)
    users = [works.user(APP), works.user(APP, name="b"), works.user(APP, KEY, name="c")]
    await reset(works, *users)
    works.clock.pass_(hours=3)
    register(works, users[0])
    assert (await found(works, 0, more=True)).state == "registered"
    assert [(await found(works, number, more=True)).state for number in (1, 2)] == ["notYet", "notYet"]
    register(works, users[1])
    assert [(await found(works, number)).state for number in (1, 2)] == ["registered", "phishingResistant"]


async def test_who_has_not_registered_by_the_last_look_is_exposed(works: Works) -> None:
    allow(works)
    user = works.user(APP)
    await reset(works, user)
    assert (await found(works, more=True)).state == "notYet"
    assert (await found(works)).state == "exposed"


async def test_a_user_who_cannot_be_read_is_not_given_up_before_the_last_look(works: Works) -> None:
    allow(works)
    user = works.user(APP)
    await reset(works, user)
    works.world.faults.add(status=503, path="*/methods", user=user.id)
    await look(works.services, "r1", 0, 100, last=True, more=True)
    assert (await works.target()).follow_up is None
    works.world.faults.clear()
    assert (await found(works)).state == "exposed"


async def test_the_looks_come_after_growing_distances(works: Works) -> None:
    allow(works, after="24h", looks=4)
    user = works.user(APP)
    await reset(works, user)
    ended = works.clock()
    plan = await begin(works.services, "r1")
    assert plan["due"] is not None
    works.clock.pass_(hours=3)
    assert plan["early"][0] == iso(works.clock())
    works.clock.pass_(hours=3)
    assert plan["early"][1:] == [iso(works.clock()), plan["early"][2]]
    assert len(plan["early"]) == 3
    again = await begin(works.services, "r1")  # late: what has passed is left out
    assert again["early"] == plan["early"][2:]
    assert ended < works.clock()


async def test_one_look_is_planned_as_ever(works: Works) -> None:
    allow(works, after="24h")
    user = works.user(APP)
    await reset(works, user)
    assert "early" not in await begin(works.services, "r1")
