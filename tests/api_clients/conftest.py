"""The tools that generate clients, and what every generated client has to do."""

import asyncio
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.system import ROOT, System
from tests.tools import missing_tool

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="session")
def api_tools() -> Path:
    """The folder of what scripts/api-tools installs."""
    installed = subprocess.run([ROOT / "scripts/api-tools"], capture_output=True, text=True, check=False)
    if installed.returncode:
        missing_tool(f"Generated clients were not tested: {' '.join(installed.stderr.split())[:300]}")
    return Path(installed.stdout.splitlines()[-1])


def generate(command: Sequence[str], folder: Path) -> None:
    """Run a generator; what it writes goes to `folder`."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


async def describe(it: System, folder: Path) -> Path:
    """Save the description that the service serves, which needs no key."""
    description = await it.http.get("/api/openapi.json", headers={"x-functions-key": ""})
    assert description.status_code == 200
    file = folder / "openapi.json"
    file.write_text(description.text, "utf-8")
    return file


async def reset_adele(it: System, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Let a generated client create a request, approve it, and let the client read how it ended and what else there is.

    The program prints the request's id, waits for a line, and prints what it read as JSON.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, it.host.base_url, it.host.key, stdin=pipe, stdout=pipe, stderr=pipe, env=environment
    )
    assert process.stdin is not None
    assert process.stdout is not None
    request_id = (await process.stdout.readline()).decode().strip()
    if request_id:
        await it.host.idle()
        await it.approve(request_id)
        await it.host.idle()
    rest, errors = await process.communicate(b"\n")
    assert process.returncode == 0, (request_id, rest, errors.decode())
    said: dict[str, Any] = json.loads(rest)
    customers = await it.call("GET", "/api/customers")
    assert said == {
        "status": "completed",
        "ended": True,
        "outcomes": ["reset"],
        "methods": ["deleted"],
        "customers": sorted(customer["customer"] for customer in customers["value"]),
        "users": 5,
        "unknown": "urn:mfareset:problem:notFound",
    }
