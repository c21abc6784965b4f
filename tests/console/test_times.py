"""Times on the console's pages: the reader's own and how long ago with scripts, in UTC without; exact on hover."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

import languages
from domain.access.console_session import session_for
from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.system import System
from triggers.console.operators import COOKIE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]


async def window_of(it: System, tech: Person, mail: str = "tech@msp.example", **options: Any) -> Page:
    """A window with settings of its own, in which `mail` is signed in; the caller closes its context."""
    browser = tech.page.context.browser
    assert browser is not None
    context = await browser.new_context(viewport=tech.page.viewport_size, **options)
    session = session_for(it.services.settings.approval_keys, mail, it.services.now())
    await context.add_cookies([{"name": COOKIE, "value": session, "url": f"{tech.base}/console"}])
    return await context.new_page()


async def test_a_time_is_the_readers_own_with_how_long_ago_and_utc_on_hover(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    record = await it.services.requests.get(request["id"])
    assert record is not None
    made = record.created_at
    await it.advance(minutes=3)
    page = await window_of(it, tech, timezone_id="Asia/Tokyo", locale="en-GB")
    await page.goto(f"{tech.base}/console/requests/{request['id']}")
    shown = page.locator("dt:text-is('Created') + dd time")
    tokyo = made.timestamp() + 9 * 3600
    hour, minute = divmod(int(tokyo) % 86400 // 60, 60)
    await expect(shown).to_have_text(re.compile(rf"{hour:02d}:{minute:02d} \(3 minutes ago\)$"))
    await expect(shown).to_have_attribute("title", f"{made:%Y-%m-%d %H:%M:%S} UTC")
    await expect(page.get_by_text("Times are in your time zone, Asia/Tokyo.")).to_be_visible()
    await page.goto(f"{tech.base}/console/requests")
    await expect(page.locator("tbody time").first).to_have_text("3 minutes ago")
    await page.context.close()


async def test_paper_has_dates_with_the_time_zone_and_not_how_long_ago(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.advance(minutes=3)
    page = await window_of(it, tech, timezone_id="Asia/Tokyo", locale="en-GB")
    for path, before in (("requests", "3 minutes ago"), (f"requests/{request['id']}", "(3 minutes ago)")):
        await page.goto(f"{tech.base}/console/{path}")
        main = page.locator("main")
        await expect(main).to_contain_text(before)
        await page.evaluate("dispatchEvent(new Event('beforeprint'))")
        await expect(main).not_to_contain_text("ago")
        await expect(main.locator("time").last).to_have_text(re.compile(r"\d{4}, \d\d:\d\d$"))
        await expect(main).to_contain_text("Times are in the time zone Asia/Tokyo.")
        await page.evaluate("dispatchEvent(new Event('afterprint'))")
        await expect(main).to_contain_text(before)
    await page.context.close()


async def test_relative_times_stay_fresh_and_a_wrong_clock_does_not_count(it: System, tech: Person) -> None:
    await it.ask(contoso=["adele@contoso.com"])
    page = await window_of(it, tech)
    await page.clock.install(time=0)  # the machine believes it is 1970
    await page.goto(f"{tech.base}/console/requests")
    shown = page.locator("tbody time").first
    await expect(shown).to_have_text("just now")
    await page.clock.run_for("05:30")
    await expect(shown).to_have_text("5 minutes ago")
    await page.clock.run_for("02:00:00")
    await expect(shown).to_have_text("2 hours ago")
    await page.context.close()


async def test_what_a_live_page_swaps_in_has_the_readers_times_too(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    page = await tech.goes_to(f"/console/requests/{request['id']}")
    await it.approve(request["id"])
    await expect(page.locator("dt:text-is('Ended') + dd time")).to_have_text(re.compile(r"\(just now\)$"))


async def test_without_scripts_times_are_in_utc_and_say_so(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    record = await it.services.requests.get(request["id"])
    assert record is not None
    page = await window_of(it, tech, java_script_enabled=False, timezone_id="Asia/Tokyo")
    await page.goto(f"{tech.base}/console/requests/{request['id']}")
    shown = page.locator("dt:text-is('Created') + dd time")
    await expect(shown).to_have_text(languages.when(record.created_at))
    await expect(page.get_by_text("Times are in UTC.")).to_be_visible()
    await page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_page_without_times_names_no_time_zone(it: System, tech: Person, scripts: bool) -> None:
    page = await window_of(it, tech, java_script_enabled=scripts, timezone_id="Asia/Tokyo")
    await page.goto(f"{tech.base}/console/selection")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator(".zone")).to_be_hidden()
    await page.context.close()


async def test_an_absence_is_entered_in_the_readers_own_time(it: System, tech: Person) -> None:
    page = await window_of(it, tech, "lead@msp.example", timezone_id="Asia/Tokyo")
    await page.goto(f"{tech.base}/console/approvals")
    day = (it.services.now() + timedelta(days=3)).date()
    await page.get_by_label("Away until", exact=True).fill(f"{day}T20:30")
    await page.get_by_role("button", name="Set").click()
    await expect(page.locator("#away ~ p time")).to_have_attribute("title", f"{day} 11:30:00 UTC")
    await page.context.close()
