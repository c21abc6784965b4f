"""Every page that the app has: no violation that axe finds, no sideways scrolling, no word in two, in light and dark and on paper.

The pages are those of `every_page.py`; one that is not there fails the first tests of this file.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from jinja2 import Environment
from playwright.async_api import Page

from localhost.host.app_index import load_app
from localhost.testing import environment
from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.console.every_page import NO_PAGES, PAGES, POLICY, Stage, staged
from tests.receiver import policy_with
from tests.system import ROOT, System, system
from tests.system import environment as settings
from tests.web.test_style import contrast
from web import pages

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]

TEMPLATES = Path(pages.__file__).parent / "templates"
WIDTHS = (320, 390, 1024, 1440)
# Where axe looks: on a phone and at a desk.
LOOKED_AT = (390, 1440)
# What a scheme changes; the rest of a page is the same in both.
_OF_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}


@pytest.fixture
def size() -> str:
    """One window, whose width the tests set."""
    return "desktop"


@pytest_asyncio.fixture(loop_scope="session")
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path, policy=policy_with(tmp_path, POLICY)) as made:
        yield made


async def test_every_route_is_a_page_here_or_is_none(tmp_path: Path) -> None:
    with environment({"PUBLIC_BASE_URL": "http://127.0.0.1"} | settings(tmp_path)):
        functions = load_app(ROOT).triggered_by("httpTrigger")
    routes = {
        str(function.trigger["route"])
        for function in functions
        if "GET" in {str(method).upper() for method in function.trigger["methods"]}
    }
    for_people = {route for route in routes if not route.startswith("api/")} | {
        route for route in routes if route.startswith(("api/approvals", "api/attestations"))
    }
    assert for_people == PAGES.keys() | NO_PAGES.keys()
    assert PAGES.keys().isdisjoint(NO_PAGES)


@contextmanager
def shown_templates(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Collect the names of the templates that are made into pages."""
    shown: set[str] = set()
    real = Environment.get_template

    def get_template(self: Environment, name: str, *more: object, **how: object) -> object:
        shown.add(name)
        return real(self, name, *more, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Environment, "get_template", get_template)
    yield shown


async def visits(stage: Stage, page: Page) -> AsyncIterator[str]:
    """Go to every page, and yield what it is called."""
    for route, all_of_route in PAGES.items():
        for visit in all_of_route:
            address, step = (visit, None) if isinstance(visit, str) else visit
            await page.goto(stage.address(address))
            if step is not None:
                await step(page, stage)
            await page.wait_for_load_state("networkidle")
            yield f"{route}: {address}{f', {step.__name__}' if step else ''}"


_PLACEHOLDERS = """() => [...document.querySelectorAll("[placeholder]")].filter((field) => field.checkVisibility()).map((field) => {
  const style = getComputedStyle(field, "::placeholder");
  return [style.color, getComputedStyle(field).backgroundColor, style.opacity];
})"""


async def problems_of(page: Page, scheme: str) -> list[str]:
    """Return what is wrong with the page at hand."""
    problems: list[str] = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        problems += [f"{wide} px wide at {width}"] if wide > width else []
        if width not in LOOKED_AT:
            continue
        found = await Axe().run(page, options=_OF_COLOURS if scheme == "dark" else None)
        told = [(v["id"], [node["html"][:160] for node in v["nodes"][:2]]) for v in found.response["violations"]]
        problems += [f"at {width}: {json.dumps(one)}" for one in told]
    for ink, ground, opacity in await page.evaluate(_PLACEHOLDERS):
        problems += [f"placeholder {ink} on {ground}"] if opacity != "1" or contrast(ink, ground) < 4.5 else []
    return problems


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_and_has_no_violation(
    it: System, tech: Person, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    tech.spoilt = True
    for name, text in (
        ("adele", "W" * 200),
        ("alex", "أديل عبد الرحمن بن عبد العزيز"),
        ("megan", "Megan 👩‍👩‍👧‍👦🏳️‍🌈 Bowen"),
    ):
        for customer in ("contoso", "tailspin"):
            it.world.user(customer, f"{name}@{customer}.com").name = text
    page = tech.page
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    with shown_templates(monkeypatch) as shown:
        stage = await staged(it, tech)
        async for name in visits(stage, page):
            found[name] = await problems_of(page, scheme)
    assert {name: problems for name, problems in found.items() if problems} == {}
    whole = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if path.read_text("utf-8").startswith("{% extends")
    }
    assert whole - {"console/plain.html"} - shown == set()  # a frame without a page
    assert tech.elsewhere == []
    assert [text for text in tech.complaints if not text.startswith("Failed to load resource")] == []


# Words that stand in more than one line. Addresses and ids may: they are longer than a phone is wide.
BROKEN = """() => {
  const broken = [];
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!node.parentElement.checkVisibility()) continue;  // in a panel that is closed
    for (const word of node.data.matchAll(/(?<![^\\s(])\\p{L}{2,20}(?=[\\s,.;:)?]|$)/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((place) => Math.round(place.top))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""
# What is on paper of what is for a screen, and what is not of what is folded.
_ON_PAPER = """() => ({
  screen: [...document.querySelectorAll(".bar, .side, .act, .filters, .skip")].filter((part) => part.checkVisibility()).length,
  folded: [...document.querySelectorAll(".fold .person")].filter((part) => !part.checkVisibility({contentVisibilityAuto: true})).length,
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
})"""


async def test_no_word_is_broken_in_two_and_paper_has_the_content_alone(it: System, tech: Person) -> None:
    tech.spoilt = True
    page = tech.page
    stage = await staged(it, tech)
    found: dict[str, list[object]] = {}
    async for name in visits(stage, page):
        for width in (390, 1280, 1360):
            await page.set_viewport_size({"width": width, "height": 800})
            found[f"{name} at {width}"] = await page.evaluate(BROKEN)
        await page.set_viewport_size({"width": 720, "height": 1000})  # a sheet of A4
        await page.emulate_media(media="print")
        paper = await page.evaluate(_ON_PAPER)
        found[f"{name} on paper"] = [paper] if any(paper.values()) else []
        await page.emulate_media(media="null")
    assert {name: problems for name, problems in found.items() if problems} == {}
