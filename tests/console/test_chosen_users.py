"""Point 2: who is chosen stays chosen, over customers, pages, the selector, a review, Back and reload, until it is changed or sent."""

import pytest
from playwright.async_api import Page, expect

from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.console.test_customers import choose

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]

ADELE, ALEX = "Adele Vance adele@contoso.com Contoso", "Alex Wilber alex@fabrikam.com Fabrikam"


async def tick(tech: Person, search: str, name: str, number: int) -> Page:
    page = await tech.goes_to(f"/console/users?search={search}")
    await page.get_by_role("checkbox", name=name, exact=True).check()
    await expect(page.locator(".picked")).to_contain_text(f"{number} user")
    return page


async def drawer_says(page: Page) -> None:
    await page.locator(".drawer > summary").click()
    for customer, address in (("Contoso", "adele@contoso.com"), ("Fabrikam", "alex@fabrikam.com")):
        await expect(page.locator(".drawer").get_by_role("region", name=customer)).to_contain_text(address)
    await page.keyboard.press("Escape")


async def test_the_choice_survives_the_selector_a_review_back_and_reload(tech: Person) -> None:
    await tick(tech, "adele", ADELE, 1)
    page = await tick(tech, "alex", ALEX, 2)
    await drawer_says(page)
    await choose(tech, "Contoso")
    await expect(page.get_by_role("note").first).to_contain_text(
        "1 chosen user of a customer that you do not show now: Fabrikam"
    )
    await expect(page.locator(".picked")).to_contain_text("2 users chosen")
    await choose(tech, "Contoso", "Fabrikam")
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    await expect(page.get_by_role("heading", name="Review and confirm")).to_be_visible()
    await expect(page.locator(".person h4")).to_have_count(2)
    await page.go_back()
    await expect(page.locator(".picked")).to_contain_text("2 users chosen")
    await expect(page.get_by_role("checkbox", name=ALEX, exact=True)).to_be_checked()
    await page.reload()
    await expect(page.locator(".picked")).to_contain_text("2 users chosen")
    await drawer_says(page)
    await tech.goes_to("/console/methods")
    await drawer_says(page)


async def test_going_back_ticks_nobody_who_was_removed_since(tech: Person) -> None:
    page = await tick(tech, "adele", ADELE, 1)
    await page.get_by_role("link", name="Chosen users: 1").click()
    await page.get_by_role("button", name="Remove Adele Vance, adele@contoso.com, Contoso").click()
    await expect(page.locator(".picked")).to_have_text("No user is chosen.")
    while "/console/users" not in page.url:
        await page.go_back()
    await expect(page.locator(".picked")).to_have_text("No user is chosen.")
    await expect(page.locator("tbody input[name=user]:checked")).to_have_count(0)
    await page.get_by_role("checkbox", name="Adele Vance adele@fabrikam.com Fabrikam", exact=True).check()
    await expect(page.locator(".picked")).to_have_text("1 user chosen")


async def test_a_page_that_the_browser_kept_whole_is_loaded_again(tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=adele")
    await page.evaluate("window.kept = true")
    async with page.expect_event("load"):
        await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert not await page.evaluate("window.kept")


async def test_namesakes_are_told_apart_by_address_and_customer(tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=adele")
    for customer, name in (("contoso", "Contoso"), ("fabrikam", "Fabrikam"), ("tailspin", "Tailspin Toys")):
        box = page.get_by_role("checkbox", name=f"Adele Vance adele@{customer}.com {name}", exact=True)
        await expect(box).to_be_visible()
    await tech.goes_to("/console/methods?search=adele")
    for customer, name in (("contoso", "Contoso"), ("fabrikam", "Fabrikam"), ("tailspin", "Tailspin Toys")):
        box = page.get_by_role("checkbox", name=f"Adele Vance adele@{customer}.com {name}", exact=True)
        await expect(box).to_be_visible()
