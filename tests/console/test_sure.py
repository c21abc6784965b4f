"""Steps that cannot be taken back ask once more and say what they do, with scripts and without."""

import pytest
from playwright.async_api import Page, expect

from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.console.test_times import window_of
from tests.system import System

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]

# Buttons that end, undo, take or delete something, by what they send.
STEPS = [f'button[value^="{act}"]' for act in ("cancel", "undo", "takeover", "unblock", "dismissRisk", "delete:")]


async def asks_first(page: Page) -> None:
    """Every such button stands in a part that is closed until somebody opens it."""
    for step in STEPS:
        for button in await page.locator(step).all():
            assert await button.evaluate("button => Boolean(button.closest('details.sure'))"), step
            await expect(button).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_withdrawal_asks_once_more(it: System, tech: Person, *, scripts: bool) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    page = await window_of(it, tech, java_script_enabled=scripts)
    await page.goto(f"{tech.base}/console/requests/{request['id']}")
    await asks_first(page)
    await page.get_by_text("Withdraw…").click()
    await expect(page.get_by_text("nothing is removed. The request cannot be continued")).to_be_visible()
    assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
    await page.get_by_role("button", name="Yes, withdraw").click()
    await expect(page.get_by_text("Withdrawn. Nothing was removed.")).to_be_visible()
    await it.host.idle()
    assert (await it.shown(request["id"]))["status"] == "cancelled"
    await page.context.close()


async def test_an_undo_a_takeover_and_a_deletion_ask_too(it: System, tech: Person) -> None:
    done = await it.ask(contoso=["isaiah@contoso.com"])
    await it.approve(done["id"])
    page = await tech.goes_to(f"/console/requests/{done['id']}")
    await expect(page.get_by_text("Undo…")).to_be_visible()
    await asks_first(page)
    await page.get_by_text("Undo…").click()
    await expect(page.get_by_text("Approvers are asked first. Removed methods do not come back.")).to_be_visible()
    await it.ask(contoso=["adele@contoso.com"])
    held = await it.ask(contoso=["adele@contoso.com"])
    page = await tech.goes_to(f"/console/requests/{held['id']}")
    await expect(page.get_by_text("Take over 1 user…")).to_be_visible()
    await asks_first(page)
    page = await tech.goes_to("/console/selection")
    await page.get_by_label("Save the shown customers").fill("Night shift")
    await page.get_by_role("button", name="Save group").click()
    await expect(page.locator("#groups ~ ul bdi")).to_be_visible()
    await asks_first(page)
    await page.locator(".sure summary", has_text="Delete").click()
    await expect(page.get_by_text("The group is removed for good.")).to_be_visible()
    await page.get_by_role("button", name="Yes, delete").click()
    await expect(page.get_by_text("The group was deleted.")).to_be_visible()
