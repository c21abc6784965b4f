"""Users are found by whatever a ticket calls them, and who was found how is said wherever the plan is shown."""

from pathlib import Path

import pytest

from tests.receiver import policy_with
from tests.scenarios.test_post_completion_mails import FOLLOW
from tests.system import System, system


def rename(it: System, old: str, new: str) -> str:
    """Give a user of Contoso another user principal name; their object id."""
    tenant = it.world.tenant("contoso")
    user = tenant.by_upn.pop(old)
    user.upn = new
    tenant.by_upn[new.lower()] = user
    return user.id


async def test_a_name_that_begins_with_a_dollar_is_found_everywhere(tmp_path: Path) -> None:
    name = "$adele@contoso.com"
    async with system(tmp_path, policy=policy_with(tmp_path, FOLLOW)) as it:
        user_id = rename(it, "adele@contoso.com", name)
        for path in (f"/api/customers/contoso/users/{name}", f"/api/customers/contoso/users/{user_id}"):
            assert (await it.call("GET", path))["userPrincipalName"] == name
        request = await it.ask(contoso=[name])
        await it.approve(request["id"])
        await it.advance(hours=25)
        (target,) = await it.targets(request["id"])
        assert (target["outcome"], target["userId"], target["userPrincipalName"]) == ("reset", user_id, name)
        assert target["followUp"]["state"] in {"exposed", "protected"}


@pytest.mark.engine_only("it is about Graph and the records; the storage makes no difference")
async def test_a_user_found_by_mail_address_is_said_to_be_in_plan_page_mail_and_api(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        user_id = rename(it, "adele@contoso.com", "a.vance@contoso.com")
        it.world.user("contoso", user_id).mail = "adele@contoso.com"
        request = await it.ask(contoso=["Adele Vance <adele@contoso.com>"])
        (target,) = await it.targets(request["id"])
        assert (target["userId"], target["userPrincipalName"]) == (user_id, "a.vance@contoso.com")
        assert "foundByMail" in target["warnings"]
        words = "Found by the mail address"
        (link,) = it.links(request["id"]).values()
        assert words in (await it.http.get(link)).text
        assert words in it.world.mailbox.to()[-1].content
        await it.approve(request["id"])
        assert (await it.shown(request["id"]))["status"] == "completed"


@pytest.mark.engine_only("it is about Graph and the records; the storage makes no difference")
async def test_a_mail_address_of_several_users_is_refused_in_plan_page_mail_and_api(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        for name in ("adele@contoso.com", "alex@contoso.com"):
            it.world.user("contoso", name).mail = "sales@contoso.com"
        request = await it.ask(contoso=["sales@contoso.com", "megan@contoso.com"])
        refused = (await it.targets(request["id"]))[0]
        assert (refused["outcome"], refused["reason"]) == ("refused", "ambiguousUser")
        assert "adele@contoso.com" in refused["detail"]
        assert "alex@contoso.com" in refused["detail"]
        words = "Several users of this customer have this mail address."
        (link,) = it.links(request["id"]).values()
        assert words in (await it.http.get(link)).text
        assert "1 user is not touched, whatever you decide" in it.world.mailbox.to()[-1].content


@pytest.mark.engine_only("it is about Graph and the records; the storage makes no difference")
async def test_a_text_that_is_no_name_is_refused_at_once_and_named(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        body = {"targets": [{"customer": "contoso", "users": ["adele@contoso.com", "Adele Vance"]}]}
        problem = await it.call("POST", "/api/reset-requests", 400, json=body)
        assert problem["errors"] == [{"pointer": "/targets/0/users/1", "detail": "'Adele Vance' is not a user name"}]
