"""What the list of users says about each row: read after the page, one customer at a time, and without scripts by a link."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.system import System

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]

# Widths of a desk, a tablet and two phones.
WIDTHS = (1440, 1024, 390, 320)


def row(page: Page, address: str) -> Locator:
    return page.locator("tbody tr", has=page.get_by_text(address, exact=True))


async def says(page: Page, address: str, **cells: str) -> None:
    for fact, text in cells.items():
        await expect(row(page, address).locator(f"[data-fact={fact}]")).to_have_text(text, use_inner_text=True)


async def test_each_row_says_mfa_role_last_reset_and_whether_it_can_be_reset(it: System, tech: Person) -> None:
    done = await it.ask(contoso=["adele@contoso.com"])
    await it.approve(done["id"])
    held = await it.ask(contoso=["diego@contoso.com"], more={"ticket": "INC42"})
    page = await tech.goes_to("/console/users?customer=contoso")
    await says(page, "adele@contoso.com", mfa="None Nothing registered", role="None", answer="Yes")
    last = row(page, "adele@contoso.com").locator("[data-fact=last] a")
    await expect(last).to_have_attribute("href", f"/console/requests/{done['id']}")
    await expect(last.locator("time")).to_be_visible()
    await says(page, "megan@contoso.com", mfa="Weak SMS or voice only", last="Never", answer="Yes")
    await says(page, "breakglass@contoso.com", mfa="Strong Phishing-resistant", answer="No Protected by the policy")
    await says(page, "grady@contoso.com", role="Global Administrator", answer="Yes With more approvals")
    await says(page, "diego@contoso.com", answer="No Busy with another request INC42")
    await expect(row(page, "diego@contoso.com").get_by_role("link", name="INC42")).to_have_attribute(
        "href", f"/console/requests/{held['id']}"
    )
    await says(page, "patti@contoso.com", answer="No Account is disabled")
    await expect(page.locator("tbody tr", has_text="Kim Partner")).to_contain_text("Guest of another organization")
    for address, enabled in (("adele@contoso.com", True), ("diego@contoso.com", False)):
        button = row(page, address).get_by_role("button", name="Reset")
        await expect(button).to_be_enabled(enabled=enabled)
    assert tech.complaints == []


async def test_a_customer_that_asks_for_a_pause_holds_up_no_other(it: System, tech: Person) -> None:
    it.world.faults.add(tenant="contoso", path="*/authentication/*", status=429, retry_after=60)
    page = await tech.goes_to("/console/users?search=adele")
    await says(page, "adele@contoso.com", mfa="Unknown Microsoft asks for a pause", role="None", last="Never")
    await says(page, "adele@fabrikam.com", mfa="Strong App or token", answer="Yes")
    await says(page, "adele@tailspin.com", mfa="Strong App or token", answer="Yes")


async def test_rows_say_that_they_load_and_that_they_could_not(tech: Person) -> None:
    tech.spoilt = True
    page = tech.page
    await page.add_init_script(
        "window.held = new Promise((go) => { window.go = go; });"
        "const real = window.fetch; window.fetch = (url, how) =>"
        " String(url).includes('customer=fabrikam') ? Promise.reject(new TypeError('offline'))"
        " : window.held.then(() => real(url, how));"
    )
    await tech.goes_to("/console/users?search=adele")
    await says(page, "adele@fabrikam.com", mfa="Not loaded. Load the page again.")
    await says(page, "adele@contoso.com", mfa="Loading…", answer="Loading…")
    await page.evaluate("go()")
    await says(page, "adele@contoso.com", mfa="Strong App or token", answer="Yes")
    await expect(row(page, "adele@fabrikam.com").get_by_role("button", name="Reset")).to_be_enabled()


async def test_without_scripts_a_link_reads_them_with_the_page(tech: Person) -> None:
    browser = tech.page.context.browser
    assert browser is not None
    plain = await browser.new_context(java_script_enabled=False, viewport=tech.page.viewport_size)
    for cookie in await tech.page.context.cookies():
        await plain.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": f"{tech.base}/console"}])
    page = await plain.new_page()
    await page.goto(f"{tech.base}/console/users")
    await page.get_by_role("link", name="Next page").click()
    first = await page.locator("tbody th a").first.inner_text()
    await page.get_by_role("link", name="Show MFA, role, last reset and who can be reset").click()
    await expect(page.locator("tbody th a").first).to_have_text(first)
    await expect(page.locator("[data-fact=mfa]", has_text="Strong").first).to_be_visible()
    await expect(page.get_by_text("Loading…")).to_have_count(0)
    await plain.close()


_CELLS = """() => [...document.querySelectorAll('.rows tbody tr')].map((row) => ({
  right: row.getBoundingClientRect().right,
  cells: [...row.children].map((cell) => {
    const place = cell.getBoundingClientRect();
    return { top: place.top, bottom: place.bottom, left: place.left, right: place.right, over: cell.scrollWidth - cell.clientWidth };
  }),
}))"""


async def test_one_long_name_breaks_no_other_cell(it: System, tech: Person) -> None:
    tech.spoilt = True
    names = ("W" * 200, "أديل عبد الرحمن بن عبد العزيز", "Adele 👩‍👩‍👧‍👦🏳️‍🌈 Vance")
    for customer, name in zip(("contoso", "fabrikam", "tailspin"), names, strict=True):
        it.world.user(customer, f"adele@{customer}.com").name = name
    for width in WIDTHS:
        await tech.page.set_viewport_size({"width": width, "height": 800})
        page = await tech.goes_to("/console/users?search=adele")
        await says(page, "adele@contoso.com", answer="Yes")
        for name in names:
            await expect(page.get_by_role("link", name=name)).to_be_visible()
        for found in await page.evaluate(_CELLS):
            for cell in found["cells"]:
                assert cell["over"] <= 1, (width, cell)
                assert cell["right"] <= found["right"] + 1, (width, cell)
                for other in found["cells"]:
                    apart = (
                        other is cell
                        or other["left"] >= cell["right"] - 1
                        or other["right"] <= cell["left"] + 1
                        or other["top"] >= cell["bottom"] - 1
                        or other["bottom"] <= cell["top"] + 1
                    )
                    assert apart, (width, cell, other)
        height = await page.locator("tbody tr").first.evaluate("row => row.getBoundingClientRect().height")
        assert height < 340, width


# What is cut in a field: its longest choice, with the room for the arrow, is wider than the field.
_FIELDS = """() => [...document.querySelectorAll('.selects select')].map((field) => {
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = getComputedStyle(field).font;
  const text = Math.max(...[...field.options].map((option) => pen.measureText(option.text).width));
  const style = getComputedStyle(field);
  const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 20;
  const place = field.getBoundingClientRect();
  return { name: field.name, cut: text > room, top: Math.round(place.top), left: place.left, right: place.right };
})"""


@pytest.mark.parametrize("path", ["users", "methods"])
async def test_filters_are_neither_cut_nor_alone_in_a_line(tech: Person, path: str) -> None:
    tech.spoilt = True
    for width in WIDTHS:
        await tech.page.set_viewport_size({"width": width, "height": 800})
        page = await tech.goes_to(f"/console/{path}?customer=contoso")
        fields = await page.evaluate(_FIELDS)
        assert len(fields) >= 4
        lines: dict[int, int] = {}
        for field in fields:
            assert not field["cut"], (width, field)
            assert field["left"] >= 0, (width, field)
            assert field["right"] <= width, (width, field)
            lines[field["top"]] = lines.get(field["top"], 0) + 1
        assert len(set(lines.values())) == 1, (width, lines)  # every line is full
        assert len(lines) == 1 or width < 1440, width
