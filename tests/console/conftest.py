"""People at the console: the whole service with a simulated Graph, and a real Chromium that clicks as they would.

What costs time here is Chromium's: a window of its own for each test is three times the work of the test. So windows are kept
from test to test, emptied in between, and people come signed in. The service is new for each test (30 ms), on another port:
nothing that one test stored is another's.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from domain.access.console_session import session_for
from tests.browsing import ARGUMENTS, CHROMIUM
from tests.system import System, system
from triggers.console.operators import COOKIE

SIZES = {"phone": (390, 780), "desktop": (1360, 860)}


@dataclass
class Person:
    """One person with a browser window. `complaints` are the console's errors, `elsewhere` requests to other sites.

    `spoilt`: the test changed the window for good (its clock, its scripts), so nobody gets it afterwards.
    """

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    spoilt: bool = False

    async def goes_to(self, path: str) -> Page:
        await self.page.goto(self.base + path)
        return self.page

    def hears(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def breaks(self, error: Exception) -> None:
        self.complaints.append(str(error))

    def asks(self, request: Request) -> None:
        if not request.url.startswith((self.base, "about:")):
            self.elsewhere.append(request.url)


class Windows:
    """Chromium's windows, by size; taken and given back."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[Page]] = {size: [] for size in SIZES}

    async def take(self, size: str) -> Page:
        if self._free[size]:
            return self._free[size].pop()
        width, height = SIZES[size]
        context = await self._browser.new_context(viewport={"width": width, "height": height})
        page = await context.new_page()
        page.set_default_timeout(6_000)
        return page

    async def give_back(self, size: str, page: Page) -> None:
        await page.goto("about:blank")
        await page.context.clear_cookies()
        await page.emulate_media(color_scheme="null", reduced_motion="null")
        self._free[size].append(page)


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def windows(chromium: Browser) -> Windows:
    return Windows(chromium)


@pytest_asyncio.fixture(loop_scope="session")
async def hire(it: System, windows: Windows, size: str) -> AsyncIterator[Hire]:
    """Somebody who is signed in, on a phone and at a desk."""
    people: list[Person] = []

    async def hired(mail: str) -> Person:
        page = await windows.take(size)
        person = Person(page, it.host.base_url)
        people.append(person)
        session = session_for(it.services.settings.approval_keys, mail, it.services.now())
        await page.context.add_cookies([{"name": COOKIE, "value": session, "url": f"{person.base}/console"}])
        page.on("console", person.hears)
        page.on("pageerror", person.breaks)
        page.on("request", person.asks)
        return person

    yield hired
    for person in people:
        page = person.page
        page.remove_listener("console", person.hears)
        page.remove_listener("pageerror", person.breaks)
        page.remove_listener("request", person.asks)
        if person.spoilt:
            await page.context.close()
        else:
            await windows.give_back(size, page)


@pytest_asyncio.fixture(loop_scope="session")
async def tech(hire: Hire) -> Person:
    return await hire("tech@msp.example")
