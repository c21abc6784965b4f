"""Which selections of users a plan can be made of, and who may see the review."""

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in
from tests.system import System
from tests.web.markup import Markup
from web.console_labels import ERROR


async def test_review_is_visible_to_its_maker_only(it: System, browser: httpx.AsyncClient) -> None:
    user = it.world.user("contoso", "adele@contoso.com").id
    nonce = hidden((await browser.get("/console/users")).text)
    answer = await browser.post("/console/review", data={"nonce": nonce, "user": f"contoso/{user}", "act": "some"})
    await it.host.idle()
    address = answer.headers["Location"]
    assert (await browser.get(address)).status_code == 200
    async with browser_client(it.host.base_url) as other:
        await sign_in(other, "else@msp.example")
        assert (await other.get(address)).status_code == 404
        assert (await other.get(address + "/live")).status_code == 404


async def test_selecting_all_users_fails_where_a_customer_cannot_be_read(
    it: System, browser: httpx.AsyncClient
) -> None:
    nonce = hidden((await browser.get("/console/users")).text)
    it.world.faults.add(tenant="fabrikam", path="*/users", status=503)
    form = {"nonce": nonce, "return": "/console/requests", "act": "matching"}
    await browser.post("/console/selection", data=form)
    page = (await browser.get("/console/requests")).text
    assert "A customer does not answer" in page
    assert 'aria-label="Chosen users: 0"' in page
    await browser.post("/console/selection", data=form | {"q-customer": "contoso", "q-search": "adele"})
    assert 'aria-label="Chosen users: 1"' in (await browser.get("/console/requests")).text


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "noUserChosen"),
        ({"user": "contoso/x", "scoped": "1"}, "noMethod"),
        ({"user": "contoso/x", "scoped": "1", "method": "fido2"}, "notOffered"),
        ({"user": "nowhere/x"}, "noUserChosen"),
    ],
)
async def test_invalid_selection_is_reported_on_the_list(
    browser: httpx.AsyncClient, fields: dict[str, str], error: str
) -> None:
    nonce = hidden((await browser.get("/console/users")).text)
    form = {"nonce": nonce, "return": "/console/users?search=a", "act": "some"} | fields
    answer = await browser.post("/console/review", data=form)
    assert answer.headers["Location"] == "/console/users?search=a"
    page = Markup((await browser.get(answer.headers["Location"])).text).text
    assert ERROR[error] in page
