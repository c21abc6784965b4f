"""The choice of customers and users: exact, on the server, over pages, selector, review and reload."""

import re
from copy import replace

import httpx
import pytest

import triggers.console.selection
from domain.policy.load import parse_policy
from localhost.commands.app_settings import DEMO_POLICY
from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in
from tests.system import System
from tests.web.markup import Markup


async def post(browser: httpx.AsyncClient, path: str, **fields: str | list[str]) -> httpx.Response:
    nonce = hidden((await browser.get("/console/users")).text)
    return await browser.post(f"/console/{path}", data={"nonce": nonce, "return": "/console/users"} | fields)


async def page(browser: httpx.AsyncClient, path: str = "users") -> str:
    answer = await browser.get(f"/console/{path}")
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def ref(it: System, name: str) -> str:
    customer = name.partition("@")[2].partition(".")[0]
    return f"{customer}/{it.world.user(customer, name).id}"


def text_of(html: str) -> str:
    """Return the words of a page; names stand in elements of their own, which leave a space before a comma or colon."""
    return re.sub(r" (?=[,.:])", "", Markup(html).text)


def checked(html: str) -> list[str]:
    return re.findall(r'name="user" value="([^"]*)"[^>]* checked', html)


def use(it: System, monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, policy=parse_policy(policy, None)))


def with_methods(**methods: str) -> str:
    text = DEMO_POLICY.read_text("utf-8")
    for customer, allowed in methods.items():
        text = text.replace(f"[customers.{customer}]", f"[customers.{customer}]\nmethods = {allowed}")
    return text


async def test_choosing_all_but_a_few_of_many_customers_is_exact(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [f"a-customer-with-a-name-of-some-length-{n:03d}" for n in range(107)]
    more = "".join(f'[customers.{key}]\ntenantId = "00000000-0000-0000-0001-{n:012d}"\n' for n, key in enumerate(many))
    use(it, monkeypatch, DEMO_POLICY.read_text("utf-8") + more)
    assert "All 110" in text_of(await page(browser, "audit"))
    await post(browser, "customers", customer=many[:100])
    html = await page(browser, "audit")
    assert "100 of 110" in text_of(html)
    ticked = re.findall(r'name="customer" value="([^"]*)" checked', html)
    assert sorted(ticked) == sorted(many[:100])


async def test_all_customers_is_a_choice_of_its_own_and_says_so(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(browser, "customers", customer=["contoso", "fabrikam", "tailspin"])
    assert "3 of 3" in text_of(await page(browser, "audit"))
    more = '[customers.later]\ntenantId = "00000000-0000-0000-0001-000000000001"\n'
    use(it, monkeypatch, DEMO_POLICY.read_text("utf-8") + more)
    assert "3 of 4" in text_of(await page(browser, "audit"))
    await post(browser, "customers", all="1", customer=["contoso"])
    assert "All 4" in text_of(await page(browser, "audit"))


async def test_a_choice_of_customers_that_are_gone_is_none_and_not_all(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = '[customers.later]\ntenantId = "00000000-0000-0000-0001-000000000001"\n'
    use(it, monkeypatch, DEMO_POLICY.read_text("utf-8") + more)
    await post(browser, "customers", customer="later")
    use(it, monkeypatch, DEMO_POLICY.read_text("utf-8"))
    html = await page(browser)
    assert "Adele Vance" not in html
    assert "No customer is shown" in text_of(html)


async def test_a_choice_is_one_persons_in_every_browser_and_nobody_elses(
    it: System, browser: httpx.AsyncClient
) -> None:
    adele = ref(it, "adele@contoso.com")
    await post(browser, "selection", shown=f"{adele} adele@contoso.com Adele Vance", user=adele)
    await post(browser, "customers", customer=["contoso", "fabrikam"])
    async with browser_client(it.host.base_url) as elsewhere:
        await sign_in(elsewhere, "tech@msp.example")
        html = await page(elsewhere)
        assert checked(html) == [adele]
        assert "2 of 3" in text_of(html)
        await sign_in(elsewhere, "else@msp.example")
        html = await page(elsewhere)
        assert checked(html) == []
        assert "All 3" in html
    assert "mfareset-customers" not in str(browser.cookies)


async def test_ticks_of_other_pages_stay_and_unticked_ones_go(it: System, browser: httpx.AsyncClient) -> None:
    adele, megan, alex = (ref(it, name) for name in ("adele@contoso.com", "alex@contoso.com", "alex@fabrikam.com"))
    await post(browser, "selection", shown=[adele, megan], user=[adele, megan])
    await post(browser, "selection", shown=[alex], user=[alex])
    html = await page(browser)
    assert sorted(checked(html)) == sorted([adele, megan, alex])
    assert "3 users chosen" in html
    await post(browser, "selection", shown=[adele, megan], user=[megan])
    assert sorted(checked(await page(browser))) == sorted([megan, alex])
    await post(browser, "selection", act=f"drop:{megan}")
    assert checked(await page(browser)) == [alex]
    await post(browser, "selection", act="clear")
    assert checked(await page(browser)) == []


async def test_the_drawer_names_who_is_chosen_by_customer(it: System, browser: httpx.AsyncClient) -> None:
    adele, alex = ref(it, "adele@contoso.com"), ref(it, "alex@fabrikam.com")
    shown = [f"{adele} adele@contoso.com Adele Vance", f"{alex} alex@fabrikam.com Alex Wilber"]
    await post(browser, "selection", shown=shown, user=[adele, alex])
    for path in ("users?search=zzz", "methods?search=zzz", "selection"):
        text = text_of(await page(browser, path))
        assert "Contoso 1 user Adele Vance adele@contoso.com" in text, path
        assert "Fabrikam 1 user Alex Wilber alex@fabrikam.com" in text, path
    assert "Chosen users 2" in text_of(await page(browser, "requests"))


async def test_a_changed_selector_says_what_is_hidden_and_hides_nothing_from_the_plan(
    it: System, browser: httpx.AsyncClient
) -> None:
    adele, alex = ref(it, "adele@contoso.com"), ref(it, "alex@fabrikam.com")
    await post(browser, "selection", user=[adele, alex])
    await post(browser, "customers", customer="contoso")
    text = text_of(await page(browser))
    assert "1 chosen user of a customer that you do not show now: Fabrikam." in text
    assert "2 users chosen, 1 of customers not shown" in text
    answer = await post(browser, "review", act="some")
    review = await it.services.requests.get(answer.headers["Location"].rpartition("/")[2])
    assert review is not None
    assert sorted(review.customers) == ["contoso", "fabrikam"]
    await post(browser, "selection", act="hidden")
    assert "do not show now" not in await page(browser)
    assert checked(await page(browser)) == [adele]


async def test_the_choice_survives_review_and_back_and_goes_when_it_is_sent(
    it: System, browser: httpx.AsyncClient
) -> None:
    adele, megan = ref(it, "adele@contoso.com"), ref(it, "alex@contoso.com")
    answer = await post(browser, "review", act="some", shown=[adele, megan], user=[adele, megan])
    review = answer.headers["Location"]
    await it.host.idle()
    assert sorted(checked(await page(browser))) == sorted([adele, megan])
    html = (await browser.get(review)).text
    (out,) = re.findall(r'type="checkbox"[^>]* name="without" value="(\d+)"', html)[:1]
    form = {"nonce": hidden(html), "act": "confirm", "reason": "Lost", "ticket": "INC1", "without": out}
    sent = await browser.post(review, data=form)
    assert sent.headers["Location"].startswith("/console/requests/")
    assert len(checked(await page(browser))) == 1  # who was excluded


async def test_a_confirmed_review_is_not_a_form_again(it: System, browser: httpx.AsyncClient) -> None:
    adele = ref(it, "adele@contoso.com")
    review = (await post(browser, "review", act="some", user=adele)).headers["Location"]
    await it.host.idle()
    form = {"nonce": hidden((await browser.get(review)).text), "act": "confirm", "reason": "Lost", "ticket": "INC1"}
    request = (await browser.post(review, data=form)).headers["Location"]
    again = (await browser.get(review)).text
    assert "This plan was confirmed" in again
    assert "Send for approval" not in again
    assert request in again
    assert (await browser.post(review, data=form)).headers["Location"] == request
    assert "confirmed already" in text_of((await browser.get(request)).text)


async def test_methods_offered_are_those_of_the_chosen_users_customers(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(it, monkeypatch, with_methods(fabrikam='["phone"]'))
    await post(browser, "selection", user=ref(it, "adele@contoso.com"))
    html = await page(browser)  # all three customers are shown
    assert 'name="method" value="microsoftAuthenticator"' in html
    await post(browser, "selection", user=ref(it, "alex@fabrikam.com"))
    html = await page(browser)
    assert 'name="method" value="phone"' in html
    assert 'name="method" value="microsoftAuthenticator"' not in html
    assert "Microsoft Authenticator Fabrikam: the policy does not allow it" in text_of(html)


async def test_without_a_common_method_the_action_is_not_offered_and_the_reason_is(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(it, monkeypatch, with_methods(contoso='["microsoftAuthenticator"]', fabrikam='["phone"]'))
    both = [ref(it, "adele@contoso.com"), ref(it, "alex@fabrikam.com")]
    await post(browser, "selection", user=both)
    html = await page(browser)
    assert 'value="some"' not in html
    reason = "not offered: Contoso, Fabrikam: no standard method is allowed at all of them"
    assert reason in text_of(html)
    answer = await post(browser, "review", act="some")
    assert answer.headers["Location"] == "/console/users"
    assert "Not all customers of the chosen users allow this" in await page(browser)
    options = await it.call("GET", "/api/options", params={"customers": "contoso,fabrikam"})
    assert options["actions"] == []
    assert options["missing"][-1]["reason"] == "noCommonMethod"


async def test_all_that_match_are_added_to_the_choice(it: System, browser: httpx.AsyncClient) -> None:
    await post(browser, "selection", user=ref(it, "alex@fabrikam.com"))
    await post(browser, "selection", **{"act": "matching", "q-customer": "tailspin", "q-enabled": "true"})
    assert "30 users chosen" in await page(browser)


@pytest.mark.parametrize("filters", ["registered=true", "privileged=false", "registered=true&search=a"])
async def test_all_that_match_are_offered_where_the_registration_report_answers(
    it: System, browser: httpx.AsyncClient, filters: str
) -> None:
    """The report counts nothing, so the button has no number where the list has more than one page."""
    html = await page(browser, f"users?{filters}")
    assert re.search(r'value="matching"[^>]*>Choose all (\d+ )?matching users<', html)
    fields = {f"q-{name}": value for name, _, value in (part.partition("=") for part in filters.split("&"))}
    await post(browser, "selection", act="matching", **fields)
    (chosen,) = re.findall(r"(\d+) users chosen", await page(browser))
    listed = len(re.findall(r"<tr data-user=", html))
    assert int(chosen) > listed if 'rel="next"' in html else int(chosen) == listed


async def test_a_customers_heading_counts_all_who_are_chosen_of_it(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triggers.console.selection, "_USERS", 4)
    names = [user.upn for user in it.world.tenant("contoso").users.values() if user.enabled][:3]
    await post(browser, "selection", user=[ref(it, name) for name in names])
    await post(browser, "selection", **{"act": "matching", "q-customer": "tailspin", "q-enabled": "true"})
    heading = r"<h2><bdi>{}</bdi> <span class=\"quiet\">([^<]*)<"
    first, second = await page(browser, "selection"), await page(browser, "selection?page=2")
    assert re.findall(heading.format("Contoso"), first) == ["3 users"]
    assert re.findall(heading.format("Tailspin Toys"), first) == ["29 users, 1 shown here"]
    assert re.findall(heading.format("Tailspin Toys"), second) == ["29 users, 4 shown here"]


async def test_more_than_a_request_may_have_adds_nothing(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(it, monkeypatch, DEMO_POLICY.read_text("utf-8").replace("= 10000", "= 30"))
    adele = ref(it, "adele@contoso.com")
    await post(browser, "selection", user=adele)
    await post(browser, "selection", **{"act": "matching", "q-enabled": "true"})
    html = await page(browser)
    assert "so nothing was added" in html
    assert "1 user chosen" in html


async def test_a_notice_comes_once_and_not_from_the_address(it: System, browser: httpx.AsyncClient) -> None:
    assert "Choose at least one user" not in await page(browser, "users?error=noUserChosen&notice=created")
    await post(browser, "review", act="some")
    assert 'role="alert"' in await page(browser)
    assert 'role="alert"' not in await page(browser)
    browser.cookies.set("mfareset-notice", "nonsense", domain="127.0.0.1", path="/console")
    assert 'id="notice"' not in await page(browser)


async def test_a_script_gets_the_bar_alone(it: System, browser: httpx.AsyncClient) -> None:
    answer = await post(browser, "selection", user=ref(it, "adele@contoso.com"), part="1")
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<p class="picked"')
    assert "1 user chosen" in answer.text


async def test_users_of_customers_out_of_reach_are_not_chosen(it: System, browser: httpx.AsyncClient) -> None:
    await post(browser, "selection", user=["nowhere/1", "contoso"])
    assert "No user is chosen" in await page(browser)
