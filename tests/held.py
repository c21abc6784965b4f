"""A service whose customers answer when the test lets them, so that a page is seen while some are still being read."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.system import System, system

# Names the calls that wait for the test. No clock is involved.
_LATENCY = 1.0
# Steps of the event loop, after which what did not happen is not going to.
_STEPS = 50_000


@dataclass
class Held:
    it: System
    _open: asyncio.Event

    @property
    def reads(self) -> Counter[str]:
        """How many lists of users were read, by customer."""
        calls = self.it.world.calls.matching(verb="GET", ending="/users")
        return Counter(self.it.world.tenant(call.tenant).key for call in calls if call.tenant)

    def hold(self, *customers: str) -> None:
        """Let the lists of users of these customers wait."""
        self._open.clear()
        for customer in customers:
            self.it.world.faults.add(tenant=customer, path="*/users", latency=_LATENCY)

    def release(self) -> None:
        """Let everything go on that waits, and do not hold what comes later."""
        self.it.world.faults.clear()
        self._open.set()

    async def until_read(self, *customers: str) -> None:
        """Wait until no list of these customers is being read."""
        for _ in range(_STEPS):
            if not self.it.services.user_pages.under_way & set(customers):
                return
            await asyncio.sleep(0)
        raise AssertionError(f"{customers} are still being read")


@asynccontextmanager
async def held_system(tmp_path: Path, *customers: str) -> AsyncIterator[Held]:
    """The service, of which these customers are held. A page of users waits for nothing that is not read yet."""
    opened = asyncio.Event()

    async def sleep(seconds: float) -> None:
        if seconds == _LATENCY:
            await opened.wait()

    async with system(tmp_path, sleep=sleep) as it:
        it.services.list_patience = 0.0
        held = Held(it, opened)
        held.hold(*customers)
        try:
            yield held
        finally:
            held.release()
