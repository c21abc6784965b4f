"""Every page in German: nothing of it is left in English, and it is as accessible and fits as well as in English."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe

from scripts import catalogue
from tests.browsing import needs_chromium
from tests.console.conftest import Person
from tests.console.every_page import POLICY, staged
from tests.console.test_every_page import BROKEN, visits
from tests.receiver import policy_with
from tests.system import System, system
from triggers.http.language import LANGUAGE_COOKIE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]

WIDTHS = (320, 390, 1440)
# All that people read of a page, and hear of it: not what is data, what is code, and languages named in themselves.
_TEXTS = """() => {
  const texts = [document.title];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!node.parentElement.closest("bdi, code, pre, time, textarea, script, style, noscript, option[lang]")) texts.push(node.data);
  }
  for (const name of ["aria-label", "placeholder", "alt"])
    for (const element of document.querySelectorAll(`[${name}]`)) texts.push(element.getAttribute(name));
  return texts.map((text) => text.replace(/\\s+/g, " ").trim()).filter((text) => /[A-Za-z]{2}/.test(text));
}"""
# Words that are no German ones, and that hardly a sentence in English is without.
_ENGLISH = re.compile(r"\b(the|of|and|this|with|is|are|by|not|from|to|user|users|requests?|you|your)\b", re.IGNORECASE)


@pytest.fixture
def size() -> str:
    """One window, whose width the test sets."""
    return "desktop"


@pytest_asyncio.fixture(loop_scope="session")
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path, policy=policy_with(tmp_path, POLICY)) as made:
        yield made


def english_texts() -> set[str]:
    """Every text of the catalogue whose translation is another text."""
    german = catalogue.read(catalogue.FOLDER / "de.po")
    plain = [
        (message.id, message.string) for message in german if isinstance(message.id, str) and "%(" not in message.id
    ]
    return {text for text, translated in plain if text and translated != text}


async def test_every_page_is_german_accessible_and_fits(it: System, tech: Person) -> None:
    tech.spoilt = True
    page = tech.page
    stage = await staged(it, tech)
    await page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": "de", "url": tech.base}])
    english = english_texts()
    wrong: list[str] = []
    seen = 0
    async for name in visits(stage, page):
        seen += 1
        if name.startswith("console/evidence"):  # a record: English for every reader
            assert await page.get_attribute("html", "lang") == "en"
            continue
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 800})
            shown = await page.evaluate("document.documentElement.scrollWidth")
            wrong += [f"{name} is {shown} px wide at {width}"] if shown > width else []
            if width == WIDTHS[0]:
                continue
            wrong += [f"{name} breaks the word {word} at {width}" for word in await page.evaluate(BROKEN)]
            found = await Axe().run(page)
            wrong += [f"{name}: {v['id']} {v['nodes'][0]['html'][:160]}" for v in found.response["violations"]]
        wrong += [] if await page.get_attribute("html", "lang") == "de" else [f"{name} is not German"]
        texts = await page.evaluate(_TEXTS)
        wrong += [f"{name}: {text}" for text in texts if text in english or _ENGLISH.search(text)]
    assert wrong == [], "\n".join(wrong)
    assert seen > 30
