"""Run the client against the whole service: while it waits, the service's clock advances."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx
from typer.testing import CliRunner

from mfa_reset_client import Client
from mfa_reset_client.cli import app
from mfa_reset_client.clock import AsyncClock, Clock
from tests.system import System

# A pipeline may run these tests: its variables would change the idempotency keys.
NO_PIPELINE = dict.fromkeys(["GITHUB_RUN_ID", "BUILD_BUILDID", "CI_PIPELINE_ID", "BUILD_TAG"], None)


@dataclass
class Waits:
    """The client's clock. `meanwhile` runs once, during wait number `at`."""

    it: System
    meanwhile: Callable[[], Awaitable[object]] | None = None
    at: int = 1
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    @property
    def clock(self) -> Clock:
        def sleep(seconds: float) -> None:
            asyncio.run_coroutine_threadsafe(self.pass_(seconds), self._loop).result(120)

        return Clock(self.now, sleep)

    @property
    def async_clock(self) -> AsyncClock:
        return AsyncClock(self.now, self.pass_)

    def now(self) -> float:
        return self.it.host.clock.now().timestamp()

    async def pass_(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.it.advance(seconds=seconds)
        if self.meanwhile is not None and len(self.slept) == self.at:
            action, self.meanwhile = self.meanwhile, None
            await action()


class Faulty(httpx.BaseTransport):
    """Responds to the first calls from a script, instead of or (`after`) once the service got the call; then is a network."""

    def __init__(self, *script: httpx.Response | Exception, after: bool = False) -> None:
        self._script = list(script)
        self._after = after
        self._network = httpx.HTTPTransport()
        self.calls: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        if not self._script:
            return self._network.handle_request(request)
        next_one = self._script.pop(0)
        if self._after:
            self._network.handle_request(request).read()
        if isinstance(next_one, Exception):
            raise next_one
        return next_one

    def close(self) -> None:
        self._network.close()


def client_of(waits: Waits, transport: httpx.BaseTransport | None = None, key: str | None = None) -> Client:
    host = waits.it.host
    return Client(host.base_url, key or host.key, clock=waits.clock, transport=transport)


@dataclass
class Ran:
    code: int
    out: str
    err: str


async def command(waits: Waits, *arguments: str, env: dict[str, str] | None = None) -> Ran:
    """Run `mfa-reset` with these arguments, in this process."""
    host = waits.it.host
    environ: dict[str, str | None] = NO_PIPELINE | {"MFA_RESET_URL": host.base_url, "MFA_RESET_KEY": host.key}
    environ |= env or {}

    def run() -> Ran:
        result = CliRunner(env=environ).invoke(app, list(arguments), obj=waits.clock, catch_exceptions=False)
        return Ran(result.exit_code, result.stdout, result.stderr)

    ran = await asyncio.to_thread(run)
    assert host.key not in ran.out + ran.err
    return ran
