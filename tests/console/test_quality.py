"""Every page: no violation that axe finds, nothing of other sites, no sideways scrolling, in light and dark, by keyboard."""

import json

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.system import System
from tests.triggers.deliveries import deliver

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]


async def addresses(it: System, tech: Person) -> list[str]:
    done = await it.ask(
        contoso=["adele@contoso.com"],
        fabrikam=["alex@fabrikam.com"],
        more={"reason": "Lost phones after the break-in at the office, as told by the receptionist on Monday"},
    )
    await it.approve(done["id"])
    denied = await it.ask(contoso=["megan@contoso.com", "nobody@contoso.com"], fabrikam=["alex@fabrikam.com"])
    await it.decide(it.links(denied["id"])["owner@contoso.com"], "deny", comment="Not her")
    waiting = await it.ask(fabrikam=["diego@fabrikam.com", "grady@fabrikam.com"])
    await deliver(it, "a-delivery-with-a-long-id-0123456789", {"ticket": {"id": "INC1", "users": []}})
    user = it.world.user("contoso", "breakglass@contoso.com").id
    page = await tech.goes_to("/console/users?customer=tailspin&enabled=true")
    await page.get_by_role("button", name="matching").click()
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    await page.get_by_role("heading", name="Review and confirm").wait_for()
    review = page.url.removeprefix(tech.base)
    return [
        "/console/start",
        "/console/search?q=adele",
        "/console/users",
        "/console/users?privileged=true",
        "/console/selection",
        f"/console/users/contoso/{user}",
        f"/console/users/contoso/{user}?tab=methods",
        "/console/methods",
        review,
        "/console/requests",
        "/console/requests?status=completed",
        f"/console/requests/{done['id']}",
        f"/console/requests/{waiting['id']}",
        f"/console/requests/{denied['id']}",
        f"/console/requests/{done['id']}/audit",
        "/console/approvals",
        "/console/audit",
        "/console/deliveries?source=helpdesk",
        "/console/removals",
        "/console/sign-in",
        "/console/requests/nothing",
        "/console/nothing/here",
    ]


# Words that stand in more than one line. Addresses and ids may: they are longer than a phone is wide.
_BROKEN = """() => {
  const broken = [];
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!node.parentElement.checkVisibility()) continue;  // in a panel that is closed
    for (const word of node.data.matchAll(/(?<![^\\s(])[A-Za-z]{2,20}(?=[\\s,.;:)?]|$)/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((place) => Math.round(place.top))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""


async def test_no_word_is_broken_in_two(it: System, tech: Person) -> None:
    for path in await addresses(it, tech):
        page = await tech.goes_to(path)
        assert await page.evaluate(_BROKEN) == [], path


# What a scheme changes; the rest of a page is the same in both.
_OF_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_has_an_axe_violation_scrolls_sideways_or_loads_from_elsewhere(
    it: System, tech: Person, scheme: str
) -> None:
    await tech.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    paths = await addresses(it, tech)
    it.world.faults.add(tenant="fabrikam", path="*/users", status=503)
    for path in paths:
        page = await tech.goes_to(path)
        found = await Axe().run(page, options=_OF_COLOURS if scheme == "dark" else None)
        told = [(v["id"], [node["html"][:160] for node in v["nodes"][:2]]) for v in found.response["violations"]]
        assert not told, f"{path}: {json.dumps(told, indent=1)}"
        wide = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], path
    assert tech.elsewhere == []
    assert [text for text in tech.complaints if "404" not in text] == []


# Texts with a date or a time of day that are outside of an element for times; code, as of a raw event, is exact already.
_LOOSE_TIMES = """() => {
  const loose = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const known = node.parentElement.closest("time, code");
    if (!known && /\\b\\d{1,2}:\\d{2}\\b|\\b\\d{4}-\\d{2}-\\d{2}\\b|\\b\\d{1,2} [A-Z][a-z]{2} \\d{4}\\b/.test(node.data))
      loose.push(node.data);
  }
  return loose;
}"""


async def test_no_page_says_a_time_outside_of_an_element_for_it(it: System, tech: Person) -> None:
    for path in await addresses(it, tech):
        page = await tech.goes_to(path)
        assert await page.evaluate(_LOOSE_TIMES) == [], path


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


async def test_everything_works_without_scripts(it: System, tech: Person) -> None:
    context = tech.page.context.browser
    assert context is not None
    plain = await context.new_context(java_script_enabled=False, viewport=tech.page.viewport_size)
    page = await plain.new_page()
    await page.goto(f"{tech.base}/console")
    await page.get_by_role("button", name="tech@msp.example").click()
    await page.goto(f"{tech.base}/console/users?search=adele&customer=contoso")
    await page.get_by_role("checkbox", name="Adele Vance").check()
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    await it.host.idle()
    await page.reload()
    await page.get_by_label("Reason").fill("Lost phone")
    await page.get_by_label("Ticket", exact=True).fill("INC7")
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_text("Request sent")).to_be_visible()
    await it.host.idle()
    await page.reload()
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
