"""`python -m localhost backup` and `restore`: all state of one data directory in one file, taken while the host runs.

The engine's file is copied first and the records after it: an engine that is behind its records does things again that
look before they act; records that are behind their engine would miss what it believes done.
"""

import contextlib
import io
import os
import sqlite3
import tarfile
import tempfile
from pathlib import Path

from localhost.data_dir import DataDir
from localhost.errors import BackupError

_ENGINE = "engine.sqlite"
# The lock is no state; the others belong to a database and are in its copy.
_LEFT_OUT = ("lock",)
_LEFT_OUT_ENDINGS = ("-wal", "-shm", "-journal", ".new")


def backup(data: Path, to: Path) -> list[str]:
    """Write the file, readable by its owner alone; the names in it. Raises: BackupError, and then there is no file."""
    if not (data / _ENGINE).is_file():
        raise BackupError(f"--data {data}: there is no state of a local host")
    if to.exists():
        raise BackupError(f"--to {to}: it exists already")
    fresh = to.with_name(f"{to.name}.new")
    try:
        with (
            tempfile.TemporaryDirectory(dir=to.parent) as folder,
            os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
            tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive,
        ):
            names = _names(data)
            for name in names:
                _add(archive, name, _content(data / name, Path(folder)))
            archive.close()
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(to)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise BackupError(f"the backup could not be made: {error}") from error
    return names


def restore(file: Path, data: Path) -> list[str]:
    """Fill an empty or new directory; the names. Raises: BackupError, and then the directory is as it was."""
    if data.exists() and any(data.iterdir()):
        raise BackupError(f"--data {data}: it is not empty; a restore writes over nothing")
    try:
        with tarfile.open(file, "r:gz") as archive:
            members = {member.name: member for member in archive.getmembers()}
            if _ENGINE not in members or not all(_is_plain(member) for member in members.values()):
                raise BackupError(f"--from {file}: it is no backup of a local host")
            data.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=data.parent, prefix=".restoring-") as folder:
                for name, member in members.items():
                    _extract(archive, member, Path(folder) / name)
                _check(Path(folder))
                data.mkdir(mode=0o700, exist_ok=True)
                with DataDir(data):  # no host starts on it meanwhile
                    for name in members:
                        (Path(folder) / name).replace(data / name)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise BackupError(f"the backup could not be restored: {error}") from error
    return sorted(members)


def _names(data: Path) -> list[str]:
    names = [entry.name for entry in data.iterdir() if entry.is_file() and not entry.name.endswith(_LEFT_OUT_ENDINGS)]
    return sorted((name for name in names if name not in _LEFT_OUT), key=lambda name: (name != _ENGINE, name))


def _content(path: Path, folder: Path) -> bytes:
    if path.suffix != ".sqlite":
        return path.read_bytes()
    copy = folder / path.name
    with (
        contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    content = copy.read_bytes()
    copy.unlink()
    return content


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, io.BytesIO(content))


def _is_plain(member: tarfile.TarInfo) -> bool:
    return member.isfile() and "/" not in member.name and member.name not in {"..", "."}


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = archive.extractfile(member)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(source.read() if source else b"")
        file.flush()
        os.fsync(file.fileno())


def _check(folder: Path) -> None:
    for path in folder.glob("*.sqlite"):
        try:
            with contextlib.closing(sqlite3.connect(path)) as connection:
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            verdict = str(error)
        if verdict != "ok":
            raise BackupError(f"the backup is damaged: {path.name}: {verdict}")
