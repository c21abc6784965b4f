"""Point 1: the customer selector, on every page: several, searched, remembered; and what not all of them allow."""

from copy import replace

import pytest
from playwright.async_api import expect

import services
from domain.policy.load import parse_policy
from localhost.commands.app_settings import DEMO_POLICY
from tests.browsing import needs_chromium
from tests.console.conftest import Person

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]


async def choose(tech: Person, *names: str) -> None:
    page = tech.page
    await page.locator(".chooser > summary").click()
    await page.get_by_role("button", name="Clear").click()
    for name in names:
        await page.get_by_label("Search customers").fill(name[:4])
        await page.locator(".chooser").get_by_role("checkbox", name=name).check()
        await page.get_by_label("Search customers").fill("")
    await page.get_by_role("button", name="Show these customers").click()


@pytest.mark.parametrize("path", ["users", "methods", "requests", "approvals", "audit"])
async def test_the_choice_is_on_every_page_and_remembered(tech: Person, path: str) -> None:
    page = await tech.goes_to(f"/console/{path}")
    await choose(tech, "Contoso", "Tailspin Toys")
    await expect(page).to_have_url(f"{tech.base}/console/{path}")
    await expect(page.locator(".chooser > summary")).to_contain_text("2 of 3")
    await tech.goes_to("/console/users")
    await expect(page.locator(".head")).to_contain_text("60 users of 2 customers")


async def test_choosing_none_is_not_choosing_all(tech: Person) -> None:
    page = await tech.goes_to("/console/audit")
    await choose(tech, "Contoso")
    await expect(page.locator(".chooser > summary")).to_contain_text("Contoso")
    await choose(tech)
    await expect(page.get_by_text("Tick at least one customer.")).to_be_visible()
    await tech.goes_to("/console/audit")
    await expect(page.locator(".chooser > summary")).to_contain_text("Contoso")


async def test_searching_shows_only_what_matches(tech: Person) -> None:
    page = await tech.goes_to("/console/users")
    await page.locator(".chooser > summary").click()
    await expect(page.get_by_label("Search customers")).to_be_focused()
    await page.keyboard.type("fabr")
    await expect(page.locator(".chooser .choices").get_by_role("checkbox")).to_have_count(1)
    await expect(page.get_by_text("1 of 3 shown")).to_be_visible()


async def test_what_is_not_offered_says_who_lacks_it_and_why(tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=adele")
    await page.get_by_role("checkbox", name="All users on this page").check()
    await page.get_by_text("Methods to reset").click()
    missing = page.locator(".missing li", has_text="Passkey or security key")
    await expect(missing).to_contain_text("Contoso, Fabrikam, Tailspin Toys: the policy does not allow it")
    await expect(page.locator(".scope").get_by_role("checkbox", name="Phone number", exact=True)).to_be_checked()


async def test_only_what_the_customers_of_the_ticked_users_allow_is_offered(
    tech: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DEMO_POLICY.read_text("utf-8").replace('name = "Contoso"', 'name = "Contoso"\nmethods = ["phone", "fido2"]')
    made = services.current_services()
    monkeypatch.setattr(made, "settings", replace(made.settings, policy=parse_policy(text, None)))
    page = await tech.goes_to("/console/users?search=adele")
    boxes = page.locator("tbody input[name=user]")
    await boxes.nth(1).check()
    await page.get_by_text("Methods to reset").click()
    offered = page.locator(".scope fieldset").get_by_role("checkbox")
    await expect(offered).to_have_count(4)
    await page.keyboard.press("Escape")
    await boxes.first.check()
    await page.get_by_text("Methods to reset").click()
    await expect(offered).to_have_count(1)
    await expect(page.locator(".missing li", has_text="Hardware token")).to_contain_text("Contoso: the policy")
