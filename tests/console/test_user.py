"""Points 3 and 4: one user with summary and methods, and the methods of all."""

import pytest
from playwright.async_api import expect

from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.system import System

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]


async def test_summary_and_methods_with_the_action_on_both(it: System, tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=isaiah&customer=contoso")
    await page.get_by_role("link", name="Isaiah Langer").click()
    await expect(page.get_by_role("heading", name="Isaiah Langer")).to_be_visible()
    await expect(page.locator(".facts")).to_contain_text("isaiah@contoso.com")
    await expect(page.get_by_role("button", name="Reset all multi-factor authentications")).to_be_enabled()
    await page.get_by_role("link", name="Authentication methods 2").click()
    await expect(page.locator("tbody tr", has_text="Hardware token")).to_contain_text("deactivated")
    await expect(page.locator("tbody tr", has_text="Phone number")).to_contain_text("mobile •••")
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    await expect(page.get_by_role("heading", name="Review and confirm")).to_be_visible()


async def test_what_stays_says_why_and_who_cannot_be_reset_says_why(tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=break&customer=contoso")
    await page.get_by_role("link", name="Break Glass").click()
    await expect(page.locator(".note.warn")).to_contain_text("This account is protected")
    await expect(page.get_by_role("button", name="Reset all multi-factor authentications")).to_be_disabled()
    await page.get_by_role("link", name="Authentication methods 3").click()
    await expect(page.locator("tbody tr", has_text="Passkey")).to_contain_text("not part of this reset")


async def test_past_requests_of_the_user(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.approve(request["id"])
    user = it.world.user("contoso", "adele@contoso.com").id
    page = await tech.goes_to(f"/console/users/contoso/{user}")
    await expect(page.locator(".log li")).to_contain_text("Reset INC0012345")
    await page.get_by_role("link", name="Reset INC0012345").click()
    await expect(page.get_by_role("heading", name="INC0012345")).to_be_visible()


async def test_a_user_of_a_customer_that_is_away(it: System, tech: Person) -> None:
    user = it.world.user("contoso", "adele@contoso.com").id
    it.world.faults.add(tenant="contoso", path="*/users*", status=503)
    page = await tech.goes_to(f"/console/users/contoso/{user}")
    await expect(page.locator(".note.warn")).to_contain_text("Contoso: Its directory does not answer right now")


async def test_methods_one_row_each_by_type_customer_and_age(tech: Person, size: str) -> None:
    page = await tech.goes_to("/console/methods")
    await expect(page.locator("tbody tr", has_text="Adele Vance")).to_have_count(9)
    if size == "phone":
        await page.locator(".fields-of > summary").click()
    await page.get_by_label("Customer", exact=True).select_option("Contoso")
    await expect(page.locator("tbody tr", has_text="Adele Vance")).to_have_count(3)
    await page.get_by_label("Type").select_option("Hardware token")
    await expect(page.locator("tbody tr").first).to_contain_text("Hardware token")
    await page.get_by_label("Registered").select_option("a year ago or more")
    await expect(page.get_by_label("Type")).to_have_value("hardwareOath")


async def test_users_are_chosen_among_their_methods(tech: Person) -> None:
    page = await tech.goes_to("/console/methods?customer=contoso&search=adele")
    await page.get_by_role("checkbox", name="Adele Vance").check()
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    await expect(page.locator(".person h4")).to_have_text(["Adele Vance"])
