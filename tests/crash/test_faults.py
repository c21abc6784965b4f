"""What else happens to a machine: a supervisor stops the host, the disk is full, or nothing may be written at all."""

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from localhost.data_dir import DataDir
from localhost.durable.sqlite_store import EngineStore
from records.sqlite import SqliteStore
from tests.crash.invariants import check, check_audit
from tests.crash.service import CUSTOMERS, ROOT, Shop, shop


@asynccontextmanager
async def resetting(folder: Path, users: int, latency: int) -> AsyncIterator[tuple[Shop, str]]:
    """A shop in the middle of a reset, its request approved."""
    async with shop(folder, users=users, latency=latency) as it:
        assert await it.start(), it.log()
        approver = asyncio.create_task(it.approve_all())
        try:
            request_id = await it.deliver({customer: it.upns(customer) for customer in CUSTOMERS}, "INC1")
            await it.until(request_id, "resetting")
            yield it, request_id
        finally:
            approver.cancel()
            await asyncio.gather(approver, return_exceptions=True)


async def _all_is_true(it: Shop, request_id: str) -> None:
    await it.ended(request_id)
    await it.called_back_in_full(request_id)
    outcomes = await check(it, [request_id])
    assert outcomes["reset"] > 0
    assert await it.stop() == 0
    await check_audit(it, [request_id])


async def test_a_stop_in_the_middle_lets_what_runs_end_and_the_next_start_goes_on(tmp_path: Path) -> None:
    async with resetting(tmp_path, users=9, latency=60) as (it, request_id):
        async with asyncio.timeout(30):
            assert await it.stop() == 0
        assert await it.start(), it.log()
        await _all_is_true(it, request_id)


async def test_on_a_full_disk_everything_waits_and_nothing_is_lost(tmp_path: Path) -> None:
    async with resetting(tmp_path, users=9, latency=60) as (it, request_id):
        assert it.host is not None
        # No file may be written beyond its first page: what a full disk does, for this process alone.
        resource.prlimit(it.host.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        assert "takes no writes" in await it.until_not_ready()
        resource.prlimit(it.host.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await _all_is_true(it, request_id)


def _serve(data: Path) -> subprocess.CompletedProcess[str]:
    """Without root's right to write anywhere."""
    powerless = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"] if os.geteuid() == 0 else []
    command = [sys.executable, "-m", "localhost", "serve", "--port", "0", "--data", str(data)]
    return subprocess.run(
        [*powerless, *command, "--graph", "http://127.0.0.1:9"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root writes everywhere")
def test_a_directory_that_may_not_be_written_is_one_clear_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o500)
    done = _serve(data)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"localhost: --data {data}: Permission denied\n"
    assert not list(data.iterdir())


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root writes everywhere")
@pytest.mark.parametrize("locked", ["*", "engine.sqlite*", "records.sqlite*"])
def test_a_state_that_became_read_only_is_one_clear_line_and_left_alone(tmp_path: Path, locked: str) -> None:
    data = tmp_path / "data"
    with DataDir(data) as made:
        made.function_key()
        made.approval_keys()
        made.webhook_secret("helpdesk")
        EngineStore.open(data / "engine.sqlite").close()
        asyncio.run(SqliteStore.open(data / "records.sqlite").close())
    before = {file.name: file.read_bytes() for file in data.iterdir()}
    for file in data.glob(locked):
        file.chmod(0o400)
    if locked == "*":
        data.chmod(0o500)
    done = _serve(data)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("localhost: ")
    assert done.stderr.count("\n") == 1
    assert any(words in done.stderr for words in ("Permission denied", "readonly database"))
    assert str(data) in done.stderr
    assert {name: (data / name).read_bytes() for name in before} == before


@pytest.mark.parametrize("damage", ["newer", "nonsense", "foreign"])
def test_records_that_cannot_be_gone_on_with_are_one_clear_line_and_left_alone(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "records.sqlite"
    match damage:
        case "nonsense":
            file.write_bytes(b"no database " * 500)
        case _:
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("CREATE TABLE rows (a)")
                if damage == "newer":
                    connection.execute("PRAGMA application_id = 0x4D464152")
                    connection.execute("PRAGMA user_version = 999")
    before = file.read_bytes()
    done = _serve(tmp_path)
    assert done.returncode == 1
    words = {"newer": "newer version", "nonsense": "is damaged", "foreign": "another program"}
    assert words[damage] in done.stderr
    assert done.stderr.count("\n") == 1
    assert file.read_bytes() == before
