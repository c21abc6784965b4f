"""People at the console: the whole service with a simulated Graph, and a real Chromium that clicks as they would."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright

from tests.browsing import ARGUMENTS, CHROMIUM
from tests.system import System, system

SIZES = {"phone": (390, 780), "desktop": (1360, 860)}


@dataclass
class Person:
    """One person with a browser of their own. `complaints` are the console's errors, `elsewhere` requests to other sites."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    async def goes_to(self, path: str) -> Page:
        await self.page.goto(self.base + path)
        return self.page


Hire = Callable[[str], Awaitable[Person]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path) as made:
        yield made


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture(loop_scope="session")
async def hire(it: System, chromium: Browser, size: str) -> AsyncIterator[Hire]:
    """Signs somebody in, on a phone and at a desk."""
    contexts: list[BrowserContext] = []

    async def hired(mail: str) -> Person:
        width, height = SIZES[size]
        context = await chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(6_000)
        person = Person(page, it.host.base_url)

        def complained(message: ConsoleMessage) -> None:
            if message.type == "error":
                person.complaints.append(message.text)

        def asked(request: Request) -> None:
            if not request.url.startswith(person.base):
                person.elsewhere.append(request.url)

        page.on("console", complained)
        page.on("pageerror", lambda error: person.complaints.append(str(error)))
        page.on("request", asked)
        await person.goes_to("/console")
        await page.get_by_role("button", name=mail).click()
        await page.wait_for_url(re.compile("/console/(users|audit|approvals)$"))
        return person

    yield hired
    for context in contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def tech(hire: Hire) -> Person:
    return await hire("tech@msp.example")
