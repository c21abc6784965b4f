"""Which selections of users a plan can be made of, and who may see the review."""

import re

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


async def test_a_plan_has_its_customers_and_users_in_the_order_of_the_chosen(
    it: System, browser: httpx.AsyncClient
) -> None:
    nonce = hidden((await browser.get("/console/users")).text)
    await browser.post("/console/selection", data={"nonce": nonce, "act": "matching", "q-search": "a"})
    drawer = Markup((await browser.get("/console/selection")).text).text
    made = await browser.post("/console/review", data={"nonce": nonce, "act": "some"})
    await it.host.idle()
    plan = Markup((await browser.get(made.headers["Location"])).text).text.partition("Changes by user")[2]
    addresses = re.findall(r"\S+@(?:contoso|fabrikam|tailspin)\.com", drawer)
    assert len(addresses) == 9
    assert sorted(addresses, key=plan.index) == addresses


async def test_the_refused_of_a_review_are_listed_by_cause_with_the_users_behind_each(
    it: System, browser: httpx.AsyncClient
) -> None:
    names = ("adele@contoso.com", "alex@contoso.com", "breakglass@contoso.com")
    users = [f"contoso/{it.world.user('contoso', name).id}" for name in names] + ["contoso/gone-1", "contoso/gone-2"]
    nonce = hidden((await browser.get("/console/users")).text)
    made = await browser.post("/console/review", data={"nonce": nonce, "user": users, "act": "some"})
    await it.host.idle()
    address = made.headers["Location"]
    page = (await browser.get(address)).text
    assert '<a href="#refused">refused</a>' in page
    text = Markup(page).text.partition("Why users are refused")[2]
    most, _, fewest = text.partition("Changes by user")[0].partition("Show these users")
    assert most.startswith(" 2 users: There is no such user in this customer.")
    assert "1 user: This account is protected" in fewest
    assert 'formaction="?cause=protectedUser#whom"' in page
    excluded = {"nonce": nonce, "without": "1", "reason": "Lost phone", "ticket": "INC7"}
    refused = (await browser.post(f"{address}?cause=protectedUser", data=excluded)).text
    listed = Markup(refused).text.partition("Changes by user")[2]
    assert "Only the users who are refused for one cause: This account is protected" in listed
    assert "breakglass@contoso.com" in listed
    assert "adele@contoso.com" not in listed
    assert "Contoso 1 user" in listed
    assert '<input type="hidden" name="without" value="1">' in refused
    assert "INC7" in refused
    everyone = Markup((await browser.get(f"{address}?cause=nonsense")).text).text
    assert "Adele Vance" in everyone
    assert "Only the users who" not in everyone
