"""Point 2: users over the chosen customers, and choosing whom to reset."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browsing import needs_chromium
from tests.console.conftest import Hire, Person
from tests.system import System

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]


async def open_filters(page: Page, size: str) -> None:
    """On a phone the filters are behind one line, until one of them is set."""
    await page.wait_for_load_state()
    line = page.locator(".fields-of > summary")
    if size == "phone":
        await line.click()
    await expect(line).to_be_visible(visible=size == "phone")


async def test_search_filter_and_sort(tech: Person, size: str) -> None:
    page = await tech.goes_to("/console/users")
    names = page.locator("tbody th a")
    await expect(names.first).to_have_text("Adele Vance")
    await page.locator("thead").get_by_role("link", name="Name", exact=True).click()
    await expect(page.get_by_role("columnheader", name="Name", exact=True)).to_have_attribute("aria-sort", "descending")
    await expect(names.first).to_have_text("Wanda Berg")
    await page.locator("thead").get_by_role("link", name="Name", exact=True).click()
    await page.locator("#search").fill("patti")
    await page.keyboard.press("Enter")
    await expect(names).to_have_count(3)
    await open_filters(page, size)
    await page.get_by_label("Customer", exact=True).select_option("Fabrikam")
    await expect(names).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("Disabled")
    await page.get_by_role("link", name="Clear").click()
    await expect(page).not_to_have_url(re.compile("customer="))
    await open_filters(page, size)
    await page.get_by_label("Type", exact=True).select_option("Guests")
    await expect(names).to_have_text(["Kim Partner"] * 3)
    await page.get_by_label("Type", exact=True).select_option("Any")
    await expect(page).not_to_have_url(re.compile("guest="))
    await open_filters(page, size)
    await page.get_by_label("Role", exact=True).select_option("Administrators")
    await expect(page.locator("tbody .chip.warn")).to_have_text(["Administrator"] * 6)
    await page.get_by_label("Role", exact=True).select_option("Any")
    await expect(page).not_to_have_url(re.compile("privileged="))
    await open_filters(page, size)
    await page.get_by_label("MFA", exact=True).select_option("Not registered")
    await expect(page.locator("tbody")).to_contain_text("Lynne Robbins")
    await expect(page.get_by_text("registration report")).to_be_visible()


async def test_what_the_report_says_of_an_account_stays_in_its_column(tech: Person) -> None:
    tech.spoilt = True  # the width of the window
    page = await tech.goes_to("/console/users?registered=true")
    await expect(page.locator("tbody .chip.good").first).to_have_text("Registered")
    for width in (390, 800, 1280, 1440, 1800):
        await page.set_viewport_size({"width": width, "height": 860})
        cut = await page.locator("tbody td[data-label=Account]").evaluate_all(
            "cells => cells.filter((cell) => cell.scrollWidth > cell.clientWidth).length"
        )
        assert cut == 0, width


async def test_no_chip_of_an_account_is_broken_within_a_word(it: System, hire: Hire, size: str) -> None:
    german = await hire("tech@msp.example")
    german.spoilt = True  # the width of the window
    for header in ("en", "de"):
        await german.page.set_extra_http_headers({"Accept-Language": header})
        for query in ("enabled=false", "registered=false&privileged=true", "guest=true&registered=false"):
            page = await german.goes_to(f"/console/users?{query}")
            for width in (390, 1280, 1440):
                await page.set_viewport_size({"width": width, "height": 860})
                heights = await page.locator("tbody td[data-label] .chip").evaluate_all(
                    "chips => chips.map((chip) => [chip.getClientRects().length && chip.offsetHeight, chip.textContent])"
                )
                assert all(height < 26 * len(text.split()) for height, text in heights), (header, query, width, heights)


async def test_the_bar_of_the_chosen_is_one_line_on_a_wide_screen_in_german(tech: Person) -> None:
    tech.spoilt = True  # the width of the window, and the language
    await tech.page.set_extra_http_headers({"Accept-Language": "de"})
    await tech.page.set_viewport_size({"width": 1440, "height": 900})
    page = await tech.goes_to("/console/users?search=adele")
    await page.locator("thead input[data-page]").check()
    await expect(page.locator(".picked")).to_have_text("3 Benutzer ausgewählt")
    tops = await page.locator(".act > :is(details, button)").evaluate_all(
        "parts => parts.map((part) => Math.round(part.getBoundingClientRect().bottom))"
    )
    assert len(tops) == 3
    assert len(set(tops)) == 1, tops


async def test_pages_go_on_where_they_ended(tech: Person) -> None:
    page = await tech.goes_to("/console/users")
    first = await page.locator("tbody th a").all_inner_texts()
    await page.get_by_role("link", name="Next page").click()
    await expect(page.get_by_text("Page 2")).to_be_visible()
    second = await page.locator("tbody th a").all_inner_texts()
    assert len(first + second) == 90
    assert first + second == sorted(first + second)
    await page.get_by_role("link", name="First page").click()
    await expect(page.locator("tbody th a")).to_have_text(first)


async def test_refresh_shows_when_the_data_was_read_and_reads_anew(it: System, tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=adele")
    before = await page.locator(".read time").get_attribute("datetime")
    it.world.user("contoso", "adele@contoso.com").name = "Adele Newname"
    await it.advance(minutes=5)
    await page.get_by_role("link", name="Refresh").click()
    await expect(page.get_by_role("link", name="Adele Newname")).to_be_visible()
    assert await page.locator(".read time").get_attribute("datetime") != before
    await expect(page).to_have_url(re.compile("search=adele"))


async def test_an_unreachable_customer_is_shown_as_such_and_the_rest_is_listed(it: System, tech: Person) -> None:
    it.world.faults.add(tenant="fabrikam", path="*/users*", status=503)
    page = await tech.goes_to("/console/users")
    await expect(page.locator(".note.warn")).to_contain_text("Fabrikam is not listed")
    await expect(page.locator(".note.warn")).to_contain_text("does not answer right now")
    await expect(page.locator("tbody tr")).to_have_count(50)


async def test_choosing_goes_over_several_pages(tech: Person) -> None:
    page = await tech.goes_to("/console/users")
    await page.get_by_role("checkbox", name="Alex Wilber").first.check()
    await expect(page.locator(".picked")).to_have_text("1 user chosen")
    await page.get_by_role("link", name="Next page").click()
    await page.get_by_role("checkbox", name="Nestor Wilke").first.check()
    await expect(page.locator(".picked")).to_have_text("2 users chosen")
    await page.reload()
    await page.get_by_text("Chosen users", exact=True).last.click()
    await expect(page.locator(".drawer li")).to_have_count(2)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    await expect(page.get_by_role("heading", name="Review and confirm")).to_be_visible()
    await expect(page.locator(".person h4")).to_have_count(2)
    for name in ("Alex Wilber", "Nestor Wilke"):
        await expect(page.locator(".person h4", has_text=name)).to_be_visible()


async def test_whole_page_is_selected_and_cleared_at_once(tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=adele")
    await page.get_by_role("checkbox", name="All users on this page").check()
    await expect(page.locator(".picked")).to_have_text("3 users chosen")
    await page.locator(".drawer > summary").click()
    await page.get_by_role("button", name="Remove Adele Vance, adele@fabrikam.com").click()
    await expect(page.locator(".picked")).to_have_text("2 users chosen")
    await expect(page.locator("tbody input[name=user]:checked")).to_have_count(2)
    await page.get_by_role("button", name="Remove all").click()
    await expect(page.locator(".picked")).to_have_text("No user is chosen.")
    await expect(page.locator("tbody input[name=user]:checked")).to_have_count(0)


async def test_all_matching_on_whatever_page_they_are(tech: Person) -> None:
    page = await tech.goes_to("/console/users?customer=tailspin&enabled=true")
    await page.get_by_role("button", name="Choose all 29 matching users").click()
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    await expect(page.get_by_role("heading", name="Review and confirm")).to_be_visible()
    await expect(page.locator(".customer h3")).to_contain_text("29 users")


async def test_nothing_can_be_reset_while_no_user_is_chosen(tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=adele")
    await expect(page.get_by_role("button", name="Reset all multi-factor authentications")).to_be_disabled()
