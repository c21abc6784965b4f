"""Every page distinguishes an undo from the reset that it undoes, which has the same ticket."""

from pathlib import Path

import httpx

from tests.browsing import browser_client
from tests.console.pages import fetched, hidden, notice_of, sign_in, text_of
from tests.system import System, system

ISAIAH = "isaiah@contoso.com"
OWNER = "owner@contoso.com"


async def undone(it: System) -> tuple[str, str]:
    """A completed reset and its undo, which waits for its approval."""
    request = await it.ask(contoso=[ISAIAH])
    await it.approve(request["id"])
    undo = await it.call("POST", f"/api/reset-requests/{request['id']}/undo", 202, json={})
    await it.host.idle()
    return request["id"], undo["id"]


async def test_lists_tell_an_undo_from_its_reset(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        _, undo = await undone(it)
        assert "INC0012345 : 1 user undo" in await text_of(it, "approvals", OWNER)
        user = it.world.user("contoso", ISAIAH).id
        past = (await text_of(it, f"users/contoso/{user}")).partition("Past requests")[2]
        assert "Not active yet INC0012345 undo" in past
        await it.approve(undo)
        for page in ("requests", "audit"):
            text = await text_of(it, page)
            assert text.count("INC0012345 undo") == 1
            assert text.partition("INC0012345 undo")[2].count("Waiting for the tokens' codes")
            assert "Resetting now" not in text.partition("INC0012345 undo")[2]
        assert "now: Waiting for the tokens' codes" in await text_of(it, "approvals", OWNER)


async def test_the_undos_own_pages_say_how_it_goes_on_and_name_no_reset(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request, undo = await undone(it)
        assert "enter the code" not in await text_of(it, f"requests/{undo}")
        await it.approve(undo)
        page = await text_of(it, f"requests/{undo}")
        assert "With the user on the phone, enter the code that the token shows" in page
        assert "mfa-reset activate" not in page
        assert "Codes count until Tue 6 Jan 2026, 09:00 UTC" in page
        for text in (page, await text_of(it, f"requests/{undo}/audit")):
            assert "INC0012345 undo" in text
            assert "codes of its tokens count now" in text
            assert "the reset began" not in text
        assert "the reset began" in await text_of(it, f"requests/{request}")


async def test_undo_and_the_tokens_code_are_given_in_the_console(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = str((await it.ask(contoso=[ISAIAH]))["id"])
        await it.approve(request)
        assert "Undo… 1 hardware token that was deactivated is activated again" in await text_of(
            it, f"requests/{request}"
        )
        sent = await act(it, request, act="undo")
        assert notice_of(sent) == "undoSent"
        undo = sent.headers["Location"].rpartition("/")[2]
        await it.host.idle()
        assert (await it.shown(undo))["requester"] == "tech@msp.example"
        assert notice_of(await act(it, request, act="undo")) == "nothingToUndo"
        await it.approve(undo)
        (target,) = await it.targets(undo)
        fields = {"act": "activate", "number": "0", "method": target["methods"][0]["id"]}
        assert notice_of(await act(it, undo, **fields, code="12")) == "codeFormat"
        assert notice_of(await act(it, undo, **fields, code="000000")) == "wrongCode"
        assert '<p class="note bad" role="alert" id="notice">' in await after(it, undo, **fields, code="000000")
        page = await fetched(it, f"requests/{undo}")
        assert [each["name"] for _, each in page.elements if each.get("inputmode") == "numeric"] == ["code"]


async def test_a_token_that_is_active_again_is_said_to_be_so_once(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        _, undo = await undone(it)
        await it.approve(undo)
        (target,) = await it.targets(undo)
        fields = {"act": "activate", "number": "0", "method": target["methods"][0]["id"], "code": "123456"}
        assert notice_of(await act(it, undo, **fields)) == "activated"
        await it.host.idle()
        line = (await text_of(it, f"requests/{undo}")).partition("isaiah@contoso.com · Contoso")[2]
        line = line.partition("Timeline")[0].partition("Mails")[0]
        assert line.casefold().count("active again") == 2, line  # of the user, and of the token


async def act(it: System, request_id: str, **fields: str) -> httpx.Response:
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        nonce = hidden((await http.get(f"/console/requests/{request_id}")).text)
        return await http.post(f"/console/requests/{request_id}/act", data={"nonce": nonce} | fields)


async def after(it: System, request_id: str, **fields: str) -> str:
    """Return the page that follows an act, with its notice."""
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        nonce = hidden((await http.get(f"/console/requests/{request_id}")).text)
        sent = await http.post(f"/console/requests/{request_id}/act", data={"nonce": nonce} | fields)
        return (await http.get(sent.headers["Location"])).text


async def test_an_undo_says_where_it_was_requested(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request, by_api = await undone(it)
        assert "by API" in await text_of(it, f"requests/{by_api}")
        await it.call("POST", f"/api/reset-requests/{by_api}/cancel", 202)
        await it.host.idle()
        async with browser_client(it.host.base_url) as http:
            await sign_in(http, "tech@msp.example")
            nonce = hidden((await http.get(f"/console/requests/{request}")).text)
            answer = await http.post(f"/console/requests/{request}/act", data={"nonce": nonce, "act": "undo"})
        await it.host.idle()
        page = await text_of(it, answer.headers["Location"].removeprefix("/console/"))
        assert "INC0012345 undo" in page
        assert "in the console" in page
