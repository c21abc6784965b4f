"""A host that a reader started as the docs say, and a shell that runs the commands of a page."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.system import ROOT


@asynccontextmanager
async def serve(data: Path) -> AsyncIterator[Mapping[str, str]]:
    """Start `python -m localhost serve` on a free port; yield what its first lines say is where, by name."""
    host = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "localhost", "serve", "--port", "0", "--data", str(data)),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert host.stdout is not None
        places: dict[str, str] = {}
        async for line in host.stdout:
            name, _, where = line.decode().partition(" ")
            places[name] = where.strip()
            if name == "ready":
                break
        yield places
    finally:
        host.terminate()
        await host.wait()


async def run_shell(text: str, folder: Path) -> str:
    """Return what these commands print. A command that fails, fails the test."""
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        text,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, errors = await process.communicate()
    assert process.returncode == 0, (said, errors)
    return said.decode()
