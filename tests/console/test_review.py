"""Point 5: the plan as the service made it, and the confirmation."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

import triggers.console.review
from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.system import System

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]


async def plan(tech: Person, *names: str, customer: str = "contoso") -> Page:
    page = tech.page
    for name in names:
        await tech.goes_to(f"/console/users?customer={customer}&search={name}")
        await page.locator("tbody input[name=user]").first.check()
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    await expect(page.get_by_role("heading", name="Review and confirm")).to_be_visible()
    return page


def request_of(page: Page) -> str:
    return page.url.partition("?")[0].rpartition("/")[2]


async def say_why(page: Page) -> None:
    await page.get_by_label("Reason").fill("Lost phone")
    await page.get_by_label("Ticket", exact=True).fill("INC7")


async def test_what_is_removed_kept_and_refused_and_who_must_approve(it: System, tech: Person) -> None:
    page = await plan(tech, "adele", "lee", "break", "isaiah")
    adele = page.locator(".person", has_text="Adele Vance")
    await expect(adele.locator(".chip.remove")).to_have_text(["Remove"] * 3)
    await expect(adele).to_contain_text("Microsoft Authenticator")
    lee = page.locator(".person", has_text="Lee Gu")
    await expect(lee).to_contain_text("(not part of this reset)")
    await expect(page.locator(".person", has_text="Break Glass")).to_contain_text("This account is protected")
    await expect(page.locator(".person", has_text="Isaiah")).to_contain_text("Deactivate")
    await expect(page.locator(".approvers")).to_contain_text("owner@contoso.com for Contoso")
    await say_why(page)
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_text("Request sent. Nothing is removed before")).to_be_visible()
    await it.host.idle()
    request = await it.shown(request_of(page))
    assert (request["status"], request["requester"], request["ticket"]) == (
        "awaitingApproval",
        "tech@msp.example",
        "INC7",
    )
    assert len(it.world.user("contoso", "adele@contoso.com").methods) == 4


async def test_reason_and_ticket_are_needed(tech: Person) -> None:
    page = await plan(tech, "adele")
    await page.evaluate("document.querySelectorAll('[required]').forEach((field) => field.removeAttribute('required'))")
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_role("alert")).to_contain_text("Say why")
    await page.get_by_label("Reason").fill("Lost phone")
    await page.evaluate("document.querySelectorAll('[required]').forEach((field) => field.removeAttribute('required'))")
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_role("alert")).to_contain_text("Name the ticket")
    await expect(page.get_by_label("Reason")).to_have_value("Lost phone")


async def test_a_plan_can_wait_and_go_in_waves(it: System, tech: Person) -> None:
    page = await plan(tech, "adele", "alex")
    await say_why(page)
    await page.get_by_text("Later, or in waves").click()
    later = it.services.now() + timedelta(days=3)
    await page.get_by_label("Not before (UTC)").fill(later.strftime("%Y-%m-%dT%H:%M"))
    await page.get_by_label("Users of each wave").fill("1, many")
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_role("alert")).to_contain_text("waves are up to ten numbers")
    await expect(page.get_by_label("Users of each wave")).to_have_value("1, many")
    await page.get_by_label("Users of each wave").fill("1")
    await page.get_by_label("Stop if more of a wave fail").fill("5")
    await page.get_by_role("button", name="Send for approval").click()
    await expect(
        page.get_by_text("in waves: first 1, then the rest; stops if more than 5 % of a wave fail")
    ).to_be_visible()
    schedule = (await it.shown(request_of(page)))["schedule"]
    assert schedule["notBefore"] == later.strftime("%Y-%m-%dT%H:%M:00.000Z")
    assert (schedule["waves"], schedule["stopAbove"]) == ([1], 5)


async def test_users_can_be_taken_out(it: System, tech: Person) -> None:
    page = await plan(tech, "adele", "alex")
    await page.locator(".person", has_text="Alex").get_by_label("Exclude").check()
    await expect(page.locator("dd[data-left]")).to_have_text("1")
    await say_why(page)
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_text("Request sent")).to_be_visible()
    # Planned or still being planned: the name is there from the first moment.
    targets = await it.targets(request_of(page))
    assert [target["userPrincipalName"] for target in targets] == ["adele@contoso.com"]


async def test_a_privileged_user_needs_the_count_typed_in(tech: Person) -> None:
    page = await plan(tech, "grady", customer="fabrikam")
    await expect(page.locator(".person")).to_contain_text("Administrator")
    await expect(page.get_by_text("2 approvers. The policy asks for more care because")).to_be_visible()
    await say_why(page)
    await page.get_by_label("Type the number of users").fill("7")
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_role("alert")).to_contain_text("Type exactly how many")
    await page.get_by_label("Type the number of users").fill("1")
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_text("Request sent")).to_be_visible()


async def test_missing_approvers_are_named_before_the_request_is_made(it: System, tech: Person) -> None:
    page = await plan(tech, "grady", "owner")  # the only approver of Contoso is among the users
    await expect(page.get_by_text("This request has no approver.").or_(page.locator(".approvers"))).to_be_visible()


async def test_confirming_twice_makes_one_request(it: System, tech: Person) -> None:
    page = await plan(tech, "adele")
    await say_why(page)
    address = page.url
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_text("Request sent")).to_be_visible()
    first = page.url.partition("?")[0]
    await page.go_back()
    await expect(page.get_by_role("button", name="Send for approval")).to_have_count(0)
    await page.goto(address)
    await page.get_by_role("link", name="Open request INC7").click()
    assert page.url == first


async def test_a_large_plan_has_pages_and_keeps_who_was_taken_out(
    tech: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triggers.console.review, "_USERS", 10)
    page = await tech.goes_to("/console/users?customer=tailspin&enabled=true")
    await page.get_by_role("button", name="Choose all 29 matching users").click()
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    left = int(await page.locator("dd[data-left]").inner_text()) - 1
    await page.get_by_label("Exclude").first.check()
    await expect(page.locator("dd[data-left]")).to_have_text(str(left))
    await page.get_by_role("button", name="Next users").click()
    await expect(page.get_by_text("Page 2 of 3")).to_be_visible()
    await expect(page.locator("dd[data-left]")).to_have_text(str(left))
    await expect(page.get_by_text("Type the number of users to reset")).to_contain_text(str(left))
