"""The local host inside a test: the real engine over HTTP, with time given by the test."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from localhost.clock import VirtualClock
from localhost.durable.provider_faults import Faults, ProviderFaults
from localhost.durable.task_hub_address import TaskHubAddress
from localhost.host.dispatcher import Limits
from localhost.host.http_server import bind
from localhost.host.http_trigger import MAX_BODY_BYTES
from localhost.host.running_host import RunningHost, serving

TEST_KEY = "a-function-key-of-the-tests"


@asynccontextmanager
async def running(
    root: Path,
    settings: Mapping[str, str] | None = None,
    *,
    clock: VirtualClock | None = None,
    script: str = "function_app.py",
    limits: Limits | None = None,
    max_body: int | None = None,
    sock_port: int = 0,
    engine: Path | None = None,
    faults: Faults | None = None,
    names: Sequence[str] = (),
    task_hub: TaskHubAddress | None = None,
) -> AsyncIterator[RunningHost[VirtualClock]]:
    """Serve `root`'s app on a free loopback port with `settings` in the environment while it lasts.

    `PUBLIC_BASE_URL` is set to the served address. The app is imported once per process, so what it keeps from
    its settings is for the caller to reset. Without `faults` the engine shows those of Azure's storage provider: timers that
    fire early, results that come twice. With `task_hub` there is no engine, and the clock is of timer triggers alone.
    """
    with bind("127.0.0.1", sock_port) as sock:
        base_url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        own = {"PUBLIC_BASE_URL": base_url, "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1"}
        with environment(own | dict(settings or {})):
            async with serving(
                root,
                sock=sock,
                key=TEST_KEY,
                clock=clock or VirtualClock(),
                script=script,
                limits=limits,
                engine=engine,
                task_hub=task_hub,
                faults=faults or ProviderFaults(seed=1),
                max_body=max_body or MAX_BODY_BYTES,
                names=names,
                proxies=("127.0.0.1",),  # a test may speak as the proxy does that signs people in
            ) as host:
                yield host


@contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[None]:
    """`settings` in the process's environment, and what was there before put back at the end."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
