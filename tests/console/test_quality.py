"""The console by keyboard, with its menus open, without scripts, and while a page loads; `test_every_page.py` looks at every page."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.system import System

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]


async def test_signing_in_leads_to_what_is_open_to_one(it: System, tech: Person) -> None:
    page = tech.page
    await page.context.clear_cookies()
    for mail, shown in (
        (
            "tech@msp.example",
            ["Start", "Users", "Authentication methods", "Requests", "Deliveries", "My approvals", "Audit"],
        ),
        ("auditor@msp.example", ["Start", "Requests", "My approvals", "Audit"]),
        ("owner@contoso.com", ["Start", "My approvals"]),
    ):
        await tech.goes_to("/console")
        await page.get_by_role("button", name=mail).click()
        await expect(page).to_have_url(f"{tech.base}/console/start")
        await expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(shown)
        await page.context.clear_cookies()


async def test_open_menus_have_no_violation_either(tech: Person) -> None:
    page = await tech.goes_to("/console/users")
    await page.locator("tbody input[name=user]").first.check()
    await page.locator(".drawer > summary").wait_for()
    for summary in (".chooser > summary", ".me > summary", ".drawer > summary", "#methods-to-reset > summary"):
        await page.locator(summary).click()
        found = await Axe().run(page)
        assert [v["id"] for v in found.response["violations"]] == [], summary
        await page.keyboard.press("Escape")
        await expect(page.locator(summary)).to_be_focused()


async def test_a_reset_by_keyboard_alone(tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=adele&customer=contoso")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    for wanted, step, key in (("tbody input[name=user]", "Tab", "Space"), ("button[value=some]", "Shift+Tab", "Enter")):
        for _ in range(40):
            await page.keyboard.press(step)
            if await page.locator(f"{wanted}:focus").count():
                break
        await page.keyboard.press(key)
        if key == "Space":
            await expect(page.locator(".picked")).to_have_text("1 user chosen")
    await expect(page.get_by_role("heading", name="Review and confirm")).to_be_visible()


# Where the focus is, and what hides it: nothing drawn, or another element in front of its middle.
_HIDDEN_FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const name = at.id || at.getAttribute("aria-label") || at.textContent.trim();
  if (at === document.body) return ["", ""];
  if (box.width < 8 || box.height < 8) return [name, "too small to be seen"];
  const front = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const seen = !front || at.contains(front) || front.contains(at) || [...at.labels ?? []].some((label) => label.contains(front));
  return [name, seen ? "" : `behind ${front.tagName} ${front.className}`];
}"""


async def test_the_focus_is_seen_at_every_stop(tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=adele&customer=contoso")
    await page.locator("tbody input[name=user]").first.check()
    await expect(page.locator(".picked")).to_have_text("1 user chosen")
    for last in ("Reset Adele Vance, adele@contoso.com, Contoso", "Send for approval"):
        await page.evaluate("document.activeElement.blur()")
        stops: dict[str, str] = {}
        while last not in stops:
            assert len(stops) < 60, stops
            await page.keyboard.press("Tab")
            name, hidden = await page.evaluate(_HIDDEN_FOCUS)
            stops[name] = hidden
        assert {name: hidden for name, hidden in stops.items() if hidden} == {}
        if last != "Send for approval":
            await page.get_by_role("button", name="Reset all multi-factor authentications").click()
            await expect(page.get_by_role("heading", name="Review and confirm")).to_be_visible()


async def test_a_skip_link_of_the_review_leads_to_its_confirmation(tech: Person) -> None:
    page = await tech.goes_to("/console/users?search=adele")
    await page.get_by_role("button", name="Choose all 3 matching users").click()
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    await expect(page.get_by_role("heading", name="Review and confirm")).to_be_visible()
    await page.get_by_role("link", name="Skip to the confirmation").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Reason")).to_be_focused()


async def test_skip_links_lead_to_the_list_and_to_the_chosen_users(tech: Person) -> None:
    for path, list_name in (("users", "Skip to the list of users"), ("methods", "Skip to the list of methods")):
        for text, place in ((list_name, "#rows"), ("Skip to the chosen users", "#actions")):
            page = await tech.goes_to(f"/console/{path}?customer=contoso")
            link = page.get_by_role("link", name=text)
            for _ in range(4):
                await page.keyboard.press("Tab")
                if await link.and_(page.locator(":focus")).count():
                    break
            await expect(link).to_be_in_viewport()
            await page.keyboard.press("Enter")
            await expect(page.locator(place)).to_be_focused()
            if place == "#rows":
                await page.keyboard.press("Tab")
                await expect(page.locator("#rows :focus")).to_have_count(1)


async def test_what_is_done_with_the_chosen_comes_before_the_list(tech: Person) -> None:
    page = await tech.goes_to("/console/users")
    await page.locator("tbody input[name=user]").first.check()
    await expect(page.locator(".picked")).to_have_text("1 user chosen")
    await page.locator("#f-sort").focus() if await page.locator("#f-sort").is_visible() else await page.locator(
        "#search"
    ).focus()
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await page.locator("button[value=some]:focus").count():
            break
    await expect(page.locator("button[value=some]")).to_be_focused()


async def test_everything_works_without_scripts(it: System, tech: Person, size: str) -> None:
    context = tech.page.context.browser
    assert context is not None
    plain = await context.new_context(java_script_enabled=False, viewport=tech.page.viewport_size)
    page = await plain.new_page()
    await page.goto(f"{tech.base}/console")
    await page.get_by_role("button", name="tech@msp.example").click()
    await page.goto(f"{tech.base}/console/users?search=adele&customer=contoso")
    # In a card no label stands over nothing; a table keeps its columns.
    await expect(page.locator("tbody [data-fact=mfa]")).to_be_visible(visible=size == "desktop")
    await page.get_by_role("link", name="Show MFA, role, last reset and who can be reset").click()
    await expect(page.locator("tbody [data-fact=mfa]")).to_contain_text("Strong")
    await page.get_by_role("checkbox", name="Adele Vance").check()
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    # Opened anew, not reloaded: Chromium once refused a reload so soon after a page ("Not attached to an active page").
    await page.wait_for_url("**/console/reviews/*")
    await it.host.idle()
    await page.goto(page.url)
    await page.get_by_label("Reason").fill("Lost phone")
    await page.get_by_label("Ticket", exact=True).fill("INC7")
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_text("Request sent")).to_be_visible()
    await it.host.idle()
    await page.goto(page.url)
    await expect(page.get_by_text("Waiting for approval").first).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_be_hidden()
    await plain.close()


async def test_nothing_shifts_while_a_page_loads(tech: Person) -> None:
    page, tech.spoilt = tech.page, True
    await page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const e of list.getEntries())"
        " if (!e.hadRecentInput) window.shift += e.value; }).observe({ type: 'layout-shift', buffered: true });"
    )
    for path in ("users", "methods", "requests", "audit"):
        await tech.goes_to(f"/console/{path}")
        # A page is good up to 0.1 (https://web.dev/articles/cls); how much a slow machine shows of it varies.
        assert await page.evaluate("window.shift") < 0.05, path


async def test_the_fields_of_the_evidence_stand_side_by_side_where_there_is_room(tech: Person, size: str) -> None:
    page = await tech.goes_to("/console/audit")
    tops = [await page.locator(f"#e-{name}").bounding_box() for name in ("customer", "from", "to")]
    assert len({box["y"] for box in tops if box}) == (1 if size == "desktop" else 3)
