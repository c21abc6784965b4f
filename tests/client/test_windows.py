"""What differs on Windows: modules that are not there, and the encodings of its pipes."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.harness import NO_PIPELINE
from tests.system import ROOT, System, system

# Modules of the standard library that Windows lacks. [Python documentation, availability notes]
POSIX_ONLY = ("curses", "fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")
# Names in `signal` that Windows lacks; the client must not depend on any.
HIDE = (
    f"import sys, signal; sys.modules.update(dict.fromkeys({POSIX_ONLY!r}, None)); del signal.SIGALRM, signal.SIGHUP; "
)


def run(code: str, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    environ = {name: value for name, value in os.environ.items() if name not in NO_PIPELINE}
    environ |= {"PYTHONPATH": str(ROOT / "client")} | (env or {})
    return subprocess.run([sys.executable, "-c", code, *arguments], check=False, capture_output=True, env=environ)


def test_the_command_needs_no_posix_module() -> None:
    code = HIDE + "sys.argv = ['mfa-reset', 'exit-codes']; from mfa_reset_client.cli import run; run()"
    result = run(code)
    assert result.returncode == 0, result.stderr.decode()
    assert b"completed" in result.stdout


async def show(it: System, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command with a pipe in a code page of Western Windows."""
    env = {
        "MFA_RESET_URL": it.host.base_url,
        "MFA_RESET_KEY": it.host.key,
        "PYTHONIOENCODING": "cp1252",
        "PYTHONUTF8": "0",
    }
    code = "from mfa_reset_client.cli import run; run()"
    return await asyncio.to_thread(run, code, *arguments, env=env)


def test_text_beyond_the_code_page_is_replaced() -> None:
    code = "from mfa_reset_client.output import allow_any_text; allow_any_text(); print('Løst 電話')"
    result = run(code, env={"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"})
    assert result.stdout.decode("cp1252").strip() == "Løst ??", result.stderr.decode()


@pytest.mark.parametrize("text", ["Løst phone", "電話を失くした"])
async def test_json_is_independent_of_the_code_page(tmp_path: Path, text: str) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], more={"reason": text})
        as_json = await show(it, "status", request["id"], "--json")
        assert json.loads(as_json.stdout)["reason"] == text
