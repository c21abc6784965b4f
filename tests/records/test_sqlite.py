"""What only the SQLite adapter can get wrong: its file, its writer thread, its event loops."""

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from records import sqlite
from records.errors import DamagedStoreError, NewerStoreError, StoreUnavailableError
from records.sqlite import SqliteStore
from records.store import Insert, Put
from tests.records.noise import noise


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore.open(path)
    yield opened
    await opened.close()


@contextmanager
def _another_writer(path: Path) -> Iterator[None]:
    """Another process in the middle of a write: ours has to wait until the block ends."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def _damage(path: Path, start: int) -> bytes:
    """Overwrites the file from byte `start` on; what it holds now."""
    content = bytearray(path.read_bytes())
    content[start:] = b"\xaa" * (len(content) - start)
    path.write_bytes(content)
    return bytes(content)


async def _filled(path: Path) -> None:
    store = SqliteStore.open(path)
    await store.apply("p", [Put(f"{n:03}", {"text": "x" * 1000}) for n in range(100)])
    await store.close()


async def test_rows_and_etags_outlive_the_store(path: Path) -> None:
    first = SqliteStore.open(path)
    await first.insert("p", "k", {"n": 1})
    row = await first.get("p", "k")
    await first.close()
    second = SqliteStore.open(path)
    assert row is not None
    assert await second.get("p", "k") == row
    assert await second.replace(row, {"n": 2}) is not None
    await second.close()


async def test_an_etag_does_not_come_back_after_a_restart(path: Path) -> None:
    first = SqliteStore.open(path)
    await first.insert("p", "k", {})
    old = await first.get("p", "k")
    assert old is not None
    await first.delete(old)
    await first.close()
    second = SqliteStore.open(path)
    await second.insert("p", "k", {})
    assert not await second.delete(old)
    await second.close()


async def test_two_processes_on_one_file_never_give_out_the_same_etag(path: Path, store: SqliteStore) -> None:
    other = SqliteStore.open(path)
    for n in range(5):
        await store.put("p", f"mine{n}", {})
        await other.put("p", f"theirs{n}", {})
    rows = await store.scan("p")
    assert len({row.etag for row in rows}) == 10
    await other.close()


async def test_it_makes_missing_folders(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "deep" / "down" / "records.db")
    assert await store.insert("p", "k", {})
    await store.close()


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match=r"file/records\.db cannot be made"):
        SqliteStore.open(tmp_path / "file" / "records.db")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreUnavailableError, match="does not answer: unable to open"):
        SqliteStore.open(tmp_path / "folder")


def test_a_newer_store_is_refused_and_left_as_it_is(path: Path) -> None:
    asyncio.run(_filled(path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {sqlite.SCHEMA_VERSION + 1}")
        connection.execute("PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    with pytest.raises(NewerStoreError, match=f"{re.escape(str(path))} was written by a newer version"):
        SqliteStore.open(path)
    assert path.read_bytes() == before


def test_a_damaged_store_is_refused_and_left_as_it_is(path: Path) -> None:
    asyncio.run(_filled(path))
    content = _damage(path, 4096)
    with pytest.raises(DamagedStoreError, match=re.escape(str(path))):
        SqliteStore.open(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4080])
def test_what_is_no_database_is_refused_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DamagedStoreError, match=re.escape(str(path))):
        SqliteStore.open(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused_and_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(DamagedStoreError, match="another program"):
        SqliteStore.open(path)
    assert path.read_bytes() == before


async def test_damage_found_later_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await _filled(path)
    _damage(path, 8192)
    monkeypatch.setattr(sqlite, "_CHECKED_SIZE", 0)  # as if the file were too large to be checked at open
    store = SqliteStore.open(path)
    with pytest.raises(DamagedStoreError):
        await store.scan("p", limit=1000)
    with pytest.raises(DamagedStoreError):
        await store.put("p", "050", {})
    await store.close()


async def test_a_full_disk_is_unavailable_and_passes(store: SqliteStore) -> None:
    await store.put("p", "before", {})
    (pages,) = store._writer.execute("PRAGMA page_count").fetchone()
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
    large = {"text": noise(200_000)}
    answers = await asyncio.gather(
        *(store.apply("p", [Put(f"{n}", {}), Insert(f"large{n}", large)]) for n in range(3)), return_exceptions=True
    )
    assert all(isinstance(answer, StoreUnavailableError) for answer in answers)
    assert [row.key for row in await store.scan("p")] == ["before"]
    store._writer.execute("PRAGMA max_page_count = 1000000")
    assert await store.insert("p", "after", large)


async def test_a_group_that_fails_half_way_leaves_nothing_behind(store: SqliteStore) -> None:
    def refuse_updates(action: int, *_: object) -> int:
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_UPDATE else sqlite3.SQLITE_OK

    store._writer.set_authorizer(refuse_updates)  # any failure after the first change is made will do
    with pytest.raises(StoreUnavailableError):
        await store.insert("p", "k", {"n": 1})
    store._writer.set_authorizer(None)
    assert await store.get("p", "k") is None
    assert await store.insert("p", "k", {"n": 2})


async def test_a_read_only_file_is_unavailable(store: SqliteStore) -> None:
    await store.put("p", "k", {"n": 1})
    store._writer.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailableError, match="readonly"):
        await store.put("p", "k", {"n": 2})
    row = await store.get("p", "k")
    assert row is not None
    assert row.value == {"n": 1}
    store._writer.execute("PRAGMA query_only = OFF")
    assert await store.replace(row, {"n": 3}) is not None


async def test_a_file_that_another_process_holds_is_unavailable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0)
    store = SqliteStore.open(path)
    with _another_writer(path):
        with pytest.raises(StoreUnavailableError, match="locked"):
            await store.put("p", "k", {})
        assert await store.get("p", "k") is None  # readers never wait for a writer
    await store.put("p", "k", {})
    await store.close()


async def test_writes_that_wait_share_a_commit(path: Path, store: SqliteStore) -> None:
    statements: list[str] = []
    store._writer.set_trace_callback(statements.append)
    with _another_writer(path):
        writes = [asyncio.create_task(store.put("p", f"{n}", {})) for n in range(100)]
        await asyncio.sleep(0)  # lets each of them reach the queue
    assert await asyncio.gather(*writes) == [None] * 100
    assert statements.count("COMMIT") <= 2  # the one that was waited for, and one for all that came meanwhile
    assert len(await store.scan("p")) == 100


async def test_a_failed_condition_leaves_the_rest_of_its_group_alone(path: Path, store: SqliteStore) -> None:
    await store.insert("p", "taken", {})
    with _another_writer(path):
        first = asyncio.create_task(store.apply("p", [Put("a", {}), Put("b", {})]))
        fails = asyncio.create_task(store.apply("p", [Put("c", {}), Insert("taken", {})]))
        last = asyncio.create_task(store.apply("p", [Put("d", {}), Put("e", {})]))
        await asyncio.sleep(0)
    assert [await first, await fails, await last] == [True, False, True]
    assert [row.key for row in await store.scan("p")] == ["a", "b", "d", "e", "taken"]


async def test_a_write_cancelled_while_it_waits_blocks_no_other_write(path: Path, store: SqliteStore) -> None:
    with _another_writer(path):
        cancelled = asyncio.create_task(store.put("p", "cancelled", {}))
        other = asyncio.create_task(store.insert("p", "other", {}))
        await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
    assert await other
    assert await store.insert("p", "next", {})


def test_every_event_loop_of_the_process_may_use_it(path: Path) -> None:
    store = SqliteStore.open(path)

    async def insert(name: str) -> int:
        answers = await asyncio.gather(*(store.insert("p", f"{n}", {"by": name}) for n in range(50)))
        assert len(await store.scan("p")) == 50
        return answers.count(True)

    won: list[int] = []
    threads = [threading.Thread(target=lambda n=n: won.append(asyncio.run(insert(f"{n}")))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(won) == 50
    assert asyncio.run(insert("later")) == 0
    asyncio.run(store.close())


def test_a_loop_closed_while_its_write_waits_blocks_no_other_write(path: Path) -> None:
    store = SqliteStore.open(path)
    loop = asyncio.new_event_loop()
    with _another_writer(path):
        task = loop.create_task(store.put("p", "orphan", {}))
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    async def later() -> None:
        assert await store.insert("p", "later", {})
        assert [row.key for row in await store.scan("p")] == ["later", "orphan"]
        await store.close()

    asyncio.run(later())
    assert not task.done()
    task._log_destroy_pending = False  # type: ignore[attr-defined] # what it would warn of is what is tested here


async def test_closing_twice_is_closing(store: SqliteStore) -> None:
    await store.close()
    await store.close()
    assert not store._thread.is_alive()


_WRITES_UNTIL_KILLED = """
import asyncio, sys
from records.sqlite import SqliteStore
from records.store import Insert

async def main():
    store = SqliteStore.open(sys.argv[1])
    async def write(worker):
        for n in range(1_000_000):
            key = f"{worker}-{n}"
            assert await store.apply("p", [Insert(key, {"n": n}), Insert(key + "-too", {"n": n})])
            print(key, flush=True)
    await asyncio.gather(*(write(worker) for worker in range(4)))

asyncio.run(main())
"""


def test_every_commit_is_flushed_to_disk(store: SqliteStore) -> None:
    """No test can cut the power; this is what SQLite promises durability for."""
    assert store._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._writer.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


@pytest.mark.parametrize("answered", [1, 10, 100, 500])
async def test_every_answered_write_outlives_a_kill(path: Path, answered: int) -> None:
    command = [sys.executable, "-c", _WRITES_UNTIL_KILLED, str(path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:  # noqa: ASYNC220
        assert process.stdout is not None
        keys = [process.stdout.readline().strip() for _ in range(answered)]
        os.kill(process.pid, signal.SIGKILL)
        keys += process.stdout.read().split("\n")[:-1]
    assert process.returncode == -signal.SIGKILL
    store = SqliteStore.open(path)
    for key in keys:
        assert await store.get("p", key) is not None, key
        assert await store.get("p", f"{key}-too") is not None, key
    written = await store.scan("p", limit=1000)
    assert len(written) % 2 == 0 or len(written) == 1000  # no apply was half made
    await store.close()
