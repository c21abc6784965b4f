"""`verify-audit`, in a process of its own on the data directory of a stopped host, and over HTTP on a running one."""

import asyncio
import json
import shutil
import sqlite3
import sys
from pathlib import Path

from tests.system import ROOT, System, system


async def _verify(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-W", "error", "-m", "localhost", "verify-audit", *arguments]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def _two_requests(it: System) -> tuple[str, str]:
    ended = await it.ask(contoso=["adele@contoso.com"])
    await it.approve(ended["id"])
    waiting = await it.ask(fabrikam=["alex@fabrikam.com"])
    return ended["id"], waiting["id"]


def _change(file: Path, request_id: str) -> None:
    where = (request_id, "audit:00000002")
    with sqlite3.connect(file) as records:
        (text,) = records.execute("SELECT value FROM rows WHERE partition = ? AND key = ?", where).fetchone()
        changed = json.dumps(json.loads(text) | {"actor": "nobody"})
        records.execute("UPDATE rows SET value = ? WHERE partition = ? AND key = ?", (changed, *where))
    records.close()


async def test_a_stopped_hosts_records_are_verified_and_a_change_is_named(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        ended, waiting = await _two_requests(it)
        code, said = await _verify("--url", it.host.base_url, "--key", it.host.key)
        assert (code, said.count("intact")) == (0, 2)
        code, said = await _verify("--url", it.host.base_url, "--key", "another")
        assert (code, "401" in said) == (1, True)
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(tmp_path / "records.sqlite", data / "records.sqlite")
    code, said = await _verify("--data", str(data))
    assert code == 0, said
    assert f"{ended}  intact" in said
    assert "2 request(s), 0 broken" in said
    _change(data / "records.sqlite", ended)
    code, said = await _verify("--data", str(data))
    assert code == 1, said
    assert f"{ended}  BROKEN: event 2 was changed" in said
    assert f"{waiting}  intact" in said
    assert (await _verify("--data", str(data), waiting))[0] == 0
    assert (await _verify("--data", str(data), ended))[0] == 1


async def test_what_cannot_be_asked_is_said_in_a_line(tmp_path: Path) -> None:
    code, said = await _verify("--data", str(tmp_path / "none"))
    assert (code, said.count("\n"), "no such directory" in said) == (1, 1, True)
