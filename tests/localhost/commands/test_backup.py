import io
import sqlite3
import stat
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from localhost.clock import VirtualClock
from localhost.commands.backup import backup, restore
from localhost.data_dir import DataDir
from localhost.durable.engine import Engine
from localhost.durable.sqlite_persistence import SqlitePersistence
from localhost.durable.timers import Timers
from localhost.errors import BackupError
from tests.localhost.durable.steps import start


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """A data directory whose host has just done something and still runs."""
    data = tmp_path / "data"
    with DataDir(data) as held:
        held.function_key()
        held.approval_keys()
        clock = VirtualClock()
        engine = Engine(clock, Timers(clock), SqlitePersistence.open(data / "engine.sqlite"))
        start(engine, "one")
        assert engine.wait_until_kept(10)
        with closing(sqlite3.connect(data / "records.sqlite", isolation_level=None)) as records:
            records.execute("PRAGMA journal_mode = WAL")
            records.execute("CREATE TABLE rows (a)")
            records.execute("INSERT INTO rows VALUES (42)")
            yield data
        engine.close()


def test_what_is_restored_is_what_was_there(running: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "backup.tgz", tmp_path / "new"
    names = backup(running, file)
    assert names == ["engine.sqlite", "approval-keys", "function-key", "records.sqlite"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert restore(file, new) == sorted(names)
    assert {stat.S_IMODE((new / name).stat().st_mode) for name in names} == {0o600}
    for secret in ("function-key", "approval-keys"):
        assert (new / secret).read_bytes() == (running / secret).read_bytes()
    with closing(sqlite3.connect(new / "records.sqlite")) as records:
        assert records.execute("SELECT a FROM rows").fetchall() == [(42,)]
    clock = VirtualClock()
    again = Engine(clock, Timers(clock), SqlitePersistence.open(new / "engine.sqlite"))
    assert again.instance_ids() == ["one"]
    again.close()


def test_a_restore_writes_over_nothing(running: Path, tmp_path: Path) -> None:
    backup(running, tmp_path / "backup.tgz")
    before = {path.name for path in running.iterdir()}
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "backup.tgz", running)
    assert {path.name for path in running.iterdir()} == before


def test_a_backup_writes_over_nothing(running: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tgz"
    file.write_text("mine")
    with pytest.raises(BackupError, match="exists already"):
        backup(running, file)
    assert file.read_text() == "mine"


def test_a_damaged_database_is_neither_backed_up_nor_restored(running: Path, tmp_path: Path) -> None:
    (running / "broken.sqlite").write_bytes(b"nonsense " * 1000)
    with pytest.raises(BackupError, match="could not be made"):
        backup(running, tmp_path / "backup.tgz")
    assert not list(tmp_path.glob("backup.tgz*"))


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "folder/engine.sqlite"])
def test_an_archive_with_paths_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "bad.tgz"
    with tarfile.open(file, "w:gz") as archive:
        for each in ("engine.sqlite", name):
            archive.addfile(tarfile.TarInfo(each), io.BytesIO())
    with pytest.raises(BackupError, match="no backup"):
        restore(file, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_half_a_file_restores_nothing(running: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tgz"
    backup(running, file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(BackupError, match="could not be restored"):
        restore(file, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_where_nothing_is_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no state"):
        backup(tmp_path, tmp_path / "backup.tgz")
