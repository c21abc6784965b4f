"""The list of users completes itself while customers are still being read, and takes nothing away from under a hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from domain.access.console_session import session_for
from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.held import Held, held_system
from tests.system import System
from triggers.console.operators import COOKIE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]

STILL = "1 of 3 customers read; 2 still being read."


@pytest_asyncio.fixture(loop_scope="session")
async def held(tmp_path: Path) -> AsyncIterator[Held]:
    async with held_system(tmp_path, "fabrikam", "tailspin") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def it(held: Held) -> System:
    return held.it


def box_of(page: Page, held: Held, customer: str, mail: str) -> Locator:
    return page.locator(f'tbody input[name=user][value="{customer}/{held.it.world.user(customer, mail).id}"]')


def names(page: Page) -> Locator:
    return page.locator("tbody th a")


async def reading(person: Person) -> Page:
    """Return the page of users of whom only those of Contoso are read."""
    page = await person.goes_to("/console/users")
    await expect(page.get_by_text(STILL)).to_be_visible()
    await expect(page.get_by_text("At least")).to_be_visible()
    return page


async def top_of(box: Locator) -> float:
    found = await box.bounding_box()
    assert found is not None
    return found["y"]


async def test_the_list_completes_itself_and_keeps_ticks_rows_and_focus(held: Held, tech: Person) -> None:
    page = await reading(tech)
    await expect(page.get_by_role("button", name="Choose all matching users")).to_be_disabled()
    ours = box_of(page, held, "contoso", "alex@contoso.com")
    await ours.check()
    await expect(page.locator(".picked")).to_have_text("1 user chosen")
    await ours.evaluate("box => { box.closest('tr').dataset.seen = 'before'; }")
    held.release()
    await expect(box_of(page, held, "fabrikam", "alex@fabrikam.com")).to_be_visible()
    await expect(ours).to_be_checked()
    await expect(ours).to_be_focused()
    await expect(page.locator("tr[data-seen=before]")).to_have_count(1)
    await expect(page.get_by_text("still being read")).to_have_count(0)
    await expect(page.get_by_role("button", name="Choose all 90 matching users")).to_be_enabled()
    shown = await names(page).all_inner_texts()
    assert len(shown) == 50
    assert shown == sorted(shown)
    await expect(page.get_by_role("checkbox", name="Alex Wilber")).to_have_count(3)
    await box_of(page, held, "fabrikam", "alex@fabrikam.com").check()
    await expect(page.locator(".picked")).to_have_text("2 users chosen")
    await page.get_by_role("link", name="Next page").click()
    await expect(page.get_by_text("Page 2")).to_be_visible()
    assert shown + await names(page).all_inner_texts() == sorted(shown + await names(page).all_inner_texts())
    assert not tech.complaints


async def test_the_row_under_the_mouse_stays_where_it_is(held: Held, tech: Person) -> None:
    page = await reading(tech)
    ours = box_of(page, held, "contoso", "irvin@contoso.com")
    await ours.scroll_into_view_if_needed()
    await ours.hover()
    before = await top_of(ours)
    held.release()
    await expect(page.get_by_text("still being read")).to_have_count(0)
    assert abs(await top_of(ours) - before) < 2
    await page.mouse.down()
    await page.mouse.up()
    await expect(ours).to_be_checked()
    await expect(page.locator(".picked")).to_have_text("1 user chosen")


async def test_a_row_that_belongs_on_the_next_page_stays_with_its_tick(held: Held, tech: Person) -> None:
    page = await reading(tech)
    last = box_of(page, held, "contoso", "wanda@contoso.com")
    await last.check()
    await last.blur()
    await page.mouse.move(1, 1)
    held.release()
    await expect(box_of(page, held, "fabrikam", "alex@fabrikam.com")).to_be_visible()
    await expect(last).to_be_checked()
    await expect(page.locator(".picked")).to_have_text("1 user chosen")


async def test_results_of_a_search_come_as_they_are_found(held: Held, tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=adele")
    await expect(names(page)).to_have_count(1)
    await expect(page.get_by_text(STILL)).to_be_visible()
    held.release()
    await expect(names(page)).to_have_count(3)
    await expect(page.get_by_text("3 users of 3 customers")).to_be_visible()


async def test_a_customer_that_does_not_answer_is_named_in_the_end(held: Held, tech: Person) -> None:
    page = await reading(tech)
    held.release()
    held.it.world.faults.add(tenant="fabrikam", path="*/users*", status=503)
    await expect(page.get_by_text("still being read")).to_have_count(0)
    await expect(page.get_by_text("Choose all matching users")).to_have_count(0)


async def test_where_fingers_tap_nothing_moves_before_it_is_asked_for(held: Held, chromium: Browser) -> None:
    context = await chromium.new_context(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    session = session_for(held.it.services.settings.approval_keys, "tech@msp.example", held.it.services.now())
    base = held.it.host.base_url
    await context.add_cookies([{"name": COOKIE, "value": session, "url": f"{base}/console"}])
    page = await context.new_page()
    page.set_default_timeout(6_000)
    await page.goto(f"{base}/console/users")
    await expect(page.get_by_text(STILL)).to_be_visible()
    ours = box_of(page, held, "contoso", "alex@contoso.com")
    before = await top_of(ours)
    held.release()
    show = page.get_by_role("button", name="Show what was read")
    await expect(show).to_be_visible()
    await expect(page.get_by_text("All customers are read.", exact=True)).to_be_visible()
    assert await top_of(ours) == before
    await ours.tap()
    await show.tap()
    await expect(box_of(page, held, "fabrikam", "alex@fabrikam.com")).to_be_visible()
    await expect(ours).to_be_checked()
    await expect(page.locator(".picked")).to_have_text("1 user chosen")
    await context.close()
