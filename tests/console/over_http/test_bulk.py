"""Many users at once: pasted or opened, with a preview, and nothing lost on a mistake; saved groups of them."""

import re

import httpx

from localhost.simulator.model.entities import User
from tests.browsing import browser_client
from tests.console.over_http.test_selection import checked, page, post, ref, text_of
from tests.console.pages import sign_in
from tests.system import System

LIST = """adele@contoso.com
Alex Wilber <alex@fabrikam.com>
ADELE@contoso.com
nobody@contoso.com
two words
contoso,breakglass@contoso.com
adele
"""


async def test_the_preview_says_who_was_found_where_and_keeps_the_list(it: System, browser: httpx.AsyncClient) -> None:
    html = (await post(browser, "bulk", text=LIST, act="find")).text
    text = text_of(html)
    assert "Found 3" in text
    assert "Unknown 2" in text
    assert "In the list already 1" in text
    assert "Not readable 1" in text
    assert "Adele Vance adele@contoso.com · Contoso" in text
    assert "This is no address, user name or object id." in text
    for line in LIST.split("\n"):
        assert line.replace("<", "&lt;").replace(">", "&gt;") in html
    assert checked(await page(browser)) == []  # a preview chooses nobody


async def test_found_users_are_added_to_the_choice(it: System, browser: httpx.AsyncClient) -> None:
    await post(browser, "selection", user=ref(it, "alex@contoso.com"))
    answer = await post(browser, "bulk", text=LIST, act="add")
    assert answer.headers["Location"] == "/console/selection"
    text = text_of(await page(browser, "selection"))
    assert "The other lines of the list were not" in text
    assert "4 users chosen" in text
    assert "Alex Wilber alex@fabrikam.com" in text


async def test_ambiguous_users_are_picked_and_not_guessed(it: System, browser: httpx.AsyncClient) -> None:
    for name in ("adele@contoso.com", "alex@contoso.com"):
        it.world.user("contoso", name).mail = "shared@contoso.com"
    html = (await post(browser, "bulk", text="shared@contoso.com", act="find")).text
    assert "Ambiguous 1" in text_of(html)
    picks = re.findall(r'name="pick" value="([^"]*)"', html)
    assert len(picks) == 2
    await post(browser, "bulk", text="shared@contoso.com", act="add")
    assert checked(await page(browser)) == []
    await post(browser, "bulk", text="shared@contoso.com", act="add", pick=picks[0])
    assert checked(await page(browser)) == [picks[0].partition(" ")[0]]


async def test_a_mistake_loses_nothing(it: System, browser: httpx.AsyncClient) -> None:
    text = "adele@contoso.com\n" * 10_001
    answer = await post(browser, "bulk", text=text, act="find")
    assert answer.status_code == 400
    assert "more than 10,000 lines" in answer.text
    assert answer.text.count("adele@contoso.com") == 10_001
    it.world.faults.add(tenant="fabrikam", path="*", status=503)
    html = (await post(browser, "bulk", text="alex@fabrikam.com\nadele@contoso.com", act="find")).text
    assert "Customer away 1" in text_of(html)
    assert "Found 1" in text_of(html)


async def test_ten_thousand_lines_are_looked_up_fifteen_to_a_call(it: System) -> None:
    tenant = it.world.tenant("contoso")
    for n in range(600):
        name = f"bulk{n}@contoso.com"
        user = User(f"00000000-0000-0000-0009-{n:012d}", name, f"Bulk {n}", name, it.services.now())
        tenant.users[user.id] = user
    text = "\n".join(f"bulk{n % 600}@contoso.com" for n in range(10_000))
    before = len(it.world.calls)
    answer = await it.call("POST", "/api/users/lookup", json={"text": text})
    assert answer["counts"] == {"found": 600, "duplicate": 9_400}
    assert len(it.world.calls) - before < 60


async def test_the_api_looks_only_where_it_may(it: System) -> None:
    body = {"text": "adele@contoso.com\nalex@fabrikam.com", "customers": ["contoso"]}
    answer = await it.call("POST", "/api/users/lookup", json=body)
    assert [row["state"] for row in answer["value"]] == ["found", "unknown"]
    assert answer["value"][0]["user"]["customer"] == "contoso"
    await it.call("POST", "/api/users/lookup", 400, json={"text": "x", "customers": ["nowhere"]})
    await it.call("POST", "/api/users/lookup", 400, json={"texts": "x"})


async def test_a_group_is_saved_and_chosen_again_by_its_owner_alone(it: System, browser: httpx.AsyncClient) -> None:
    both = [ref(it, "adele@contoso.com"), ref(it, "alex@fabrikam.com")]
    await post(browser, "selection", user=both)
    await post(browser, "customers", customer=["contoso", "fabrikam"])
    await post(browser, "groups", act="save", name="Monday shift")
    html = await page(browser, "selection")
    assert "Monday shift 2 users, 2 customers" in text_of(html)
    (key,) = re.findall(r'value="choose:([0-9a-f]+)"', html)
    await post(browser, "selection", act="clear")
    await post(browser, "customers", all="1")
    async with browser_client(it.host.base_url) as other:
        await sign_in(other, "else@msp.example")
        assert "Monday shift" not in await page(other, "selection")
        await post(other, "groups", act=f"choose:{key}")
        assert "There is no such group any more" in await page(other)
    await post(browser, "groups", act=f"choose:{key}")
    html = await page(browser)
    assert sorted(checked(html)) == sorted(both)
    assert "2 of 3" in text_of(html)
    await post(browser, "groups", act=f"delete:{key}")
    assert "Monday shift" not in await page(browser, "selection")
    await post(browser, "groups", act="save", name=" ")
    assert "Name the group" in await page(browser)
