"""The durable engine's state in one SQLite file: what it holds, how a unit of change is written, how it is read again.

An instance's row is written over; its history and its inbox only grow, and the row says up to where the inbox is
done with: so a turn costs what it added and not what it has behind it. Both belong to a run, a number that is never used
again, and what one transaction adds to a run is one row: each statement releases Python's
interpreter lock and has to acquire it again, so few statements matter more than few bytes.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from localhost.durable.instances import Instance, Parent
from localhost.durable.vendor_adapter import pb
from localhost.errors import DamagedStateError, LocalHostError, NewerStateError, StateUnavailableError

SCHEMA_VERSION = 2
# "MFAE" marks the file as ours, so that another program's database is never taken for an empty one.
APPLICATION_ID = 0x4D464145

_COLUMNS = (
    "id, run, execution, history_length, inbox_start, name, status, version, input, output, custom_status, failure, tags,"
    " parent, starts_at, created_at, completed_at, updated_at"
)
_SCHEMA = (
    """CREATE TABLE instances (
        id TEXT PRIMARY KEY, run INTEGER NOT NULL, execution TEXT NOT NULL,
        history_length INTEGER NOT NULL, inbox_start INTEGER NOT NULL, name TEXT NOT NULL, status INTEGER NOT NULL,
        version TEXT, input TEXT, output TEXT, custom_status TEXT, failure BLOB, tags TEXT,
        parent TEXT, starts_at TEXT, created_at TEXT NOT NULL, completed_at TEXT,
        updated_at TEXT NOT NULL
    ) WITHOUT ROWID""",
    # `events` is a protobuf HistoryChunk; `n` is the number of its last event.
    "CREATE TABLE history (run INTEGER, n INTEGER, events BLOB NOT NULL, PRIMARY KEY (run, n)) WITHOUT ROWID",
    "CREATE TABLE inbox (run INTEGER, n INTEGER, events BLOB NOT NULL, PRIMARY KEY (run, n)) WITHOUT ROWID",
)
# What brings a file from a version of the schema to the next.
_UPGRADES = {1: "ALTER TABLE instances DROP COLUMN told_parent"}
_UPSERT = f"INSERT OR REPLACE INTO instances ({_COLUMNS}) VALUES ({', '.join('?' * 18)})"  # noqa: S608 - our own names
_RUNNING = (pb.ORCHESTRATION_STATUS_PENDING, pb.ORCHESTRATION_STATUS_RUNNING, pb.ORCHESTRATION_STATUS_SUSPENDED)
# Up to here the whole file is checked at the start (well under a second); beyond, only what is read.
_CHECKED_BYTES = 64 * 1024 * 1024

type Event = pb.HistoryEvent
type Row = tuple[Any, ...]


@dataclass(slots=True)
class Unit:
    """What changed: written as a whole or not at all. Events are not changed once they are here."""

    forgotten: list[str] = field(default_factory=list)
    dropped_runs: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    happened: list[tuple[int, int, list[Event]]] = field(default_factory=list)  # run, number of the first, events
    arrived: list[tuple[int, int, list[Event]]] = field(default_factory=list)
    consumed: list[tuple[int, int]] = field(default_factory=list)  # run, number of the first that is not processed


@dataclass(frozen=True, slots=True)
class Stored:
    """An instance as the file has it; the history is empty where the instance has ended: it is read when asked for."""

    instance: Instance
    run: int
    history_length: int
    inbox_start: int
    row: Row


class EngineStore:
    """One connection writes, in the thread of the group commit; the other reads, in the caller's thread."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file or make it. Raises: DamagedStateError, NewerStateError, StateUnavailableError: one clear line."""
        opened: list[sqlite3.Connection] = []
        try:
            writer = _connect(path, opened)
            _prepare(writer, path)
            return cls(path, writer, _connect(path, opened))
        except (sqlite3.Error, LocalHostError) as error:
            for connection in opened:
                connection.close()
            if isinstance(error, sqlite3.Error):
                raise translate(error, path) from error
            raise

    def __init__(self, path: Path, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._reading = threading.Lock()

    def write(self, unit: Unit) -> None:
        """One transaction, flushed to disk. Raises sqlite3.Error, and then nothing was written."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            _write(self._writer, unit)
            self._writer.execute("COMMIT")
        except sqlite3.Error:
            if self._writer.in_transaction:  # a full disk may have ended it already
                self._writer.execute("ROLLBACK")
            raise

    def running(self) -> list[Stored]:
        """Every instance that has not ended, oldest first. Raises: DamagedStateError."""
        marks = ", ".join("?" * len(_RUNNING))
        return self._found(f"WHERE status IN ({marks}) ORDER BY run", _RUNNING)

    def find(self, instance_id: str) -> Stored | None:
        """Raises: DamagedStateError."""
        return next(iter(self._found("WHERE id = ?", (instance_id,))), None)

    def ids(self, *, created_before: datetime | None = None, completed_before: datetime | None = None) -> list[str]:
        """Of all instances, oldest first; or of those that were made, or had ended, before an instant."""
        where: str = ""
        values: list[str | None] = []
        for column, before in (("created_at", created_before), ("completed_at", completed_before)):
            if before is not None:
                where, values = f"{where}{' AND' if where else ' WHERE'} {column} < ?", [*values, _text(before)]
        return self._ids(f"{where} ORDER BY run", values)

    def _ids(self, where: str, values: Sequence[Any]) -> list[str]:
        with self._reading:
            return [found for (found,) in self._reader.execute(f"SELECT id FROM instances{where}", values)]  # noqa: S608

    def _found(self, where: str, values: Sequence[Any]) -> list[Stored]:
        with self._reading:
            try:
                rows = self._reader.execute(f"SELECT {_COLUMNS} FROM instances {where}", values).fetchall()  # noqa: S608
                return [self._stored(row) for row in rows]
            except sqlite3.Error as error:
                raise translate(error, self.path) from error
            except (ValueError, TypeError) as error:  # protobuf's DecodeError is a ValueError
                raise DamagedStateError(f"{self.path} is damaged ({error}); it was left as it is") from error

    def next_run(self) -> int:
        with self._reading:
            (highest,) = self._reader.execute("SELECT max(run) FROM instances").fetchone()
        return (highest or 0) + 1

    def history(self, run: int) -> list[Event]:
        with self._reading:
            return self._history(run)

    def close(self) -> None:
        with self._reading:
            self._reader.close()
        self._writer.close()

    def _history(self, run: int) -> list[Event]:
        found = self._reader.execute("SELECT events FROM history WHERE run = ? ORDER BY n", (run,))
        return [event for (data,) in found for event in _events(data)]

    def _stored(self, row: Row) -> Stored:
        instance, run = _instance(row), int(row[1])
        if instance.status in _RUNNING:
            instance.history = self._history(run)
        length, start = int(row[3]), int(row[4])
        inbox = self._reader.execute("SELECT n, events FROM inbox WHERE run = ? ORDER BY n", (run,)).fetchall()
        numbered = [(last + 1 - left, event) for last, data in inbox for left, event in _counted_down(data)]
        instance.pending = [event for number, event in numbered if number >= start]
        return Stored(instance, run, length, start, row[:-1])


def row_of(instance: Instance, run: int, history_length: int, inbox_start: int) -> Row:
    """An instance's row but for `updated_at`, which alone is no reason to write it."""
    parent, failure = instance.parent, instance.failure
    return (
        instance.instance_id,
        run,
        instance.execution,
        history_length,
        inbox_start,
        instance.name,
        int(instance.status),
        instance.version,
        instance.input,
        instance.output,
        instance.custom_status,
        failure.SerializeToString() if failure is not None else None,
        json.dumps(instance.tags) if instance.tags else None,
        json.dumps([parent.instance_id, parent.execution, parent.name, parent.task_id]) if parent else None,
        _text(instance.starts_at),
        _text(instance.created_at),
        _text(instance.completed_at),
    )


def updated_at(instance: Instance) -> str | None:
    return _text(instance.updated_at)


def _instance(row: Row) -> Instance:
    (id_, _, execution, _, _, name, status, version, data, output, custom, failure, tags, parent, starts) = row[:15]
    created, completed, updated = row[15:]
    return Instance(
        id_,
        name,
        status,
        datetime.fromisoformat(created),
        datetime.fromisoformat(updated),
        version=version,
        input=data,
        output=output,
        custom_status=custom,
        failure=pb.TaskFailureDetails.FromString(failure) if failure is not None else None,
        tags=json.loads(tags) if tags else None,
        completed_at=_instant(completed),
        starts_at=_instant(starts),
        execution=execution,
        parent=Parent(*json.loads(parent)) if parent else None,
    )


def _text(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant is not None else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _events(data: bytes) -> list[Event]:
    return list(pb.HistoryChunk.FromString(data).events)


def _counted_down(data: bytes) -> Iterator[tuple[int, Event]]:
    """Each event with how many are left, itself included."""
    events = _events(data)
    return zip(range(len(events), 0, -1), events, strict=True)


def _write(writer: sqlite3.Connection, unit: Unit) -> None:
    many: Callable[[str, Iterable[Row]], object] = writer.executemany
    many("DELETE FROM history WHERE run = ?", [(run,) for run in unit.dropped_runs])
    many("DELETE FROM inbox WHERE run = ?", [(run,) for run in unit.dropped_runs])
    many("DELETE FROM instances WHERE id = ?", [(instance_id,) for instance_id in unit.forgotten])
    many(_UPSERT, unit.rows)
    many("INSERT INTO history VALUES (?, ?, ?)", map(_chunk, unit.happened))
    many("DELETE FROM inbox WHERE run = ? AND n < ?", unit.consumed)
    many("INSERT INTO inbox VALUES (?, ?, ?)", map(_chunk, unit.arrived))


def _chunk(part: tuple[int, int, list[Event]]) -> Row:
    run, first, events = part
    return (run, first + len(events) - 1, pb.HistoryChunk(events=events).SerializeToString())


def _connect(path: Path, opened: list[sqlite3.Connection]) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    opened.append(connection)
    connection.execute("PRAGMA synchronous = FULL")  # in WAL mode: every commit is flushed to disk
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create or upgrade the schema. A file that is not ours, newer or damaged is left exactly as it is."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    empty = not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    if application != APPLICATION_ID and not (empty and application == 0 and version == 0):
        raise DamagedStateError(f"{path} is a database of another program; it was left as it is")
    if version > SCHEMA_VERSION:
        raise NewerStateError(
            f"{path} was written by a newer version (schema {version}, this one knows {SCHEMA_VERSION});"
            " it was left as it is: start the newer version, or give another --data"
        )
    if path.stat().st_size <= _CHECKED_BYTES:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise DamagedStateError(f"{path} is damaged ({verdict}); it was left as it is: restore a backup")
    connection.execute("PRAGMA journal_mode = WAL")
    # SQLite reports a read-only file only on the first write; so write now, before there is something to lose.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in _SCHEMA if empty else [_UPGRADES[older] for older in range(version, SCHEMA_VERSION)]:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")
    path.chmod(0o600)


def translate(error: sqlite3.Error, path: Path) -> LocalHostError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the low byte is the kind
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return DamagedStateError(f"{path} is damaged ({error}); it was left as it is: restore a backup")
    return StateUnavailableError(f"{path} cannot be used: {error}")
