"""Phone numbers of users who have a passkey go, and those of others stay; the plan says why."""

from pathlib import Path

import pytest

from tests.system import System, system

pytestmark = pytest.mark.engine_only("it is about plan and removal; the storage makes no difference")
MEGAN, DIEGO = "megan@contoso.com", "diego@contoso.com"
MODE = {"phoneOnly": "ifPasskey", "methods": ["phone"]}


def numbers(it: System, user: str) -> int:
    return sum(method.kind.name == "phone" for method in it.world.user("contoso", user).methods.values())


async def test_numbers_go_only_where_a_passkey_stays_and_the_plan_says_why_they_are_kept(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.register("contoso", MEGAN, "fido2", displayName="Work key")
        had = numbers(it, DIEGO)
        request = await it.ask(contoso=[MEGAN, DIEGO], more=MODE)
        megan, diego = await it.targets(request["id"])
        assert [method["type"] for method in megan["methods"]] == ["phone"]
        assert (diego["methods"], diego["warnings"]) == ([], ["numberKept"])
        page = (await it.http.get(it.links(request["id"])["owner@contoso.com"])).text
        assert "(no passkey or other strong method would stay)" in page
        assert "Keeps the phone number: no passkey" in page
        assert 'Work key, YubiKey 5 NFC, registered <time datetime="20' in page
        await it.approve(request["id"])
        assert (numbers(it, MEGAN), numbers(it, DIEGO)) == (0, had)
        assert (await it.shown(request["id"]))["phoneOnly"] == "ifPasskey"


async def test_a_passkey_that_is_removed_with_the_number_is_not_one_that_stays(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], more={"phoneOnly": "ifPasskey"})
        (adele,) = await it.targets(request["id"])
        assert {method["type"] for method in adele["methods"]} == {"microsoftAuthenticator", "softwareOath"}
        assert adele["warnings"] == ["numberKept"]


async def test_a_passkey_that_went_since_the_plan_keeps_the_number(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        key = it.world.register("contoso", MEGAN, "fido2")
        request = await it.ask(contoso=[MEGAN], more=MODE)
        del it.world.user("contoso", MEGAN).methods[key.id]
        await it.approve(request["id"])
        (megan,) = await it.targets(request["id"])
        (number,) = megan["methods"]
        assert number["outcome"] == "forbidden"
        assert "is gone, so the number was kept" in number["detail"]
        assert numbers(it, MEGAN) == 1


async def test_the_list_shows_who_has_only_sms_or_voice_and_passkeys_with_model_and_date(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.register("contoso", MEGAN, "fido2")
        everybody = (await it.call("GET", "/api/authentication-methods?customers=contoso"))["value"]
        only = (await it.call("GET", "/api/authentication-methods?customers=contoso&onlyPhone=true"))["value"]
        assert {row["type"] for row in only} <= {"phone", "email"}
        by_user: dict[str, set[str]] = {}
        for row in everybody:
            by_user.setdefault(row["userPrincipalName"], set()).add(row["type"])
        expected = {name for name, kinds in by_user.items() if "phone" in kinds and kinds <= {"phone", "email"}}
        shown = {row["userPrincipalName"] for row in only}
        assert expected <= shown
        assert MEGAN not in shown
        assert DIEGO in shown
        (passkey,) = (row for row in everybody if row["type"] == "fido2" and row["userPrincipalName"] == MEGAN)
        assert (passkey["model"], bool(passkey["createdAt"])) == ("YubiKey 5 NFC", True)
