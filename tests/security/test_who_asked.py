"""Who asked: a signed-in caller who writes somebody else's address into `requester` stays the person who asked."""

from pathlib import Path
from typing import Any

from tests.system import HOME, System, system
from tests.triggers.principals import CONTOSO, principal

SIGN_IN = {"WEBSITE_AUTH_ENABLED": "True", "API_KEYS": "tests:a-function-key-of-the-tests"}
VICTIM = "tech@msp.example"
ASKED = "second@msp.example (signed in), on behalf of tech@msp.example"


def _account(it: System, tenant: str, name: str) -> dict[str, str]:
    (found,) = [user.id for user in it.world.tenants[tenant].users.values() if user.upn == name]
    return principal(name, "Requester", tid=tenant, oid=found)


async def _asked(it: System, headers: dict[str, str], user: str = "megan@fabrikam.com") -> dict[str, Any]:
    body = {
        "targets": [{"customer": user.partition("@")[2], "users": [user]}],
        "reason": "Lost phone",
        "requester": VICTIM,
    }
    request: dict[str, Any] = await it.call("POST", "/api/reset-requests", 202, json=body, headers=headers)
    await it.host.idle()
    return await it.shown(request["id"])


async def test_api_page_mail_and_audit_say_who_signed_in_and_for_whom(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        request = await _asked(it, _account(it, HOME, "second@msp.example"))
        assert (request["askedBy"], request["requestedBy"]) == (ASKED, "second@msp.example")
        assert request["requester"] == VICTIM
        links = it.links(request["id"])
        assert list(links) == ["lead@msp.example"]
        mail = it.world.mailbox.to("lead@msp.example")[0]
        assert f"{ASKED}</strong> asks" in mail.content
        page = await it.http.get(links["lead@msp.example"], headers=_account(it, HOME, "lead@msp.example"))
        assert page.status_code == 200
        assert f"<dt>Requested by</dt><dd><bdi>{ASKED}</bdi>" in page.text
        accepted = (await it.audit(request["id"]))[0]
        assert (accepted["event"], accepted["actor"]) == ("accepted", "second@msp.example")
        assert accepted["data"]["requester"] == VICTIM


async def test_the_guard_of_ones_own_account_judges_the_caller_too(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        caller = _account(it, CONTOSO, "adele@contoso.com")
        request = await _asked(it, caller, "adele@contoso.com")
        (target,) = await it.targets(request["id"])
        assert (target["outcome"], target["reason"]) == ("refused", "ownAccount")
        # By the account, whatever address the session shows.
        renamed = principal("somebody@contoso.com", "Requester", tid=CONTOSO, oid=target["userId"])
        request = await _asked(it, renamed, "adele@contoso.com")
        (target,) = await it.targets(request["id"])
        assert (target["outcome"], target["reason"]) == ("refused", "ownAccount")


async def test_a_key_and_a_source_are_the_actors_not_the_person_they_name(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        accepted = (await it.audit(request["id"]))[0]
        assert (accepted["actor"], accepted["data"]["requester"]) == ("key:tests", VICTIM)
