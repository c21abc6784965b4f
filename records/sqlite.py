"""The store in one SQLite file: for one machine, for tests, for small shops.

Writes go to one thread that commits in groups: whatever waits while a commit is under way shares the next one, so the
price of a durable commit (a flush to disk) is paid once for many. Reads run where they are asked: in WAL mode they
never wait for a writer, and a lookup takes less than handing it to a thread would.
"""

import asyncio
import queue
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from records import limits
from records.errors import DamagedStoreError, NewerStoreError, RecordsError, StoreUnavailableError
from records.store import Change, Delete, Insert, Put, Replace, Row, Value

SCHEMA_VERSION = 1

APPLICATION_ID = 0x4D464152
"""Marks the file as ours ("MFAR"), so that another program's database is never taken for an empty store."""

_SCHEMA = (
    """CREATE TABLE rows (
        partition TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL,
        PRIMARY KEY (partition, key)
    ) WITHOUT ROWID""",
    "CREATE TABLE counter (version INTEGER NOT NULL)",  # the last version given out: etags never come back
    "INSERT INTO counter VALUES (0)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)

_CHECKED_SIZE = 64 * 1024 * 1024
"""Bytes. Up to here the whole file is checked at open (well under a second); beyond, only what is read."""

_BUSY_SECONDS = 5.0
"""How long to wait for another process that writes to the same file."""

_GROUP = 512
"""Writes that share one commit. More would only make the first of them wait longer."""

_INSERT = "INSERT INTO rows VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_PUT = (
    "INSERT INTO rows VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, version = excluded.version"
)
_REPLACE = "UPDATE rows SET value = ?, version = ? WHERE partition = ? AND key = ? AND version = ?"
_DELETE = "DELETE FROM rows WHERE partition = ? AND key = ? AND version = ?"
_GET = "SELECT CASE version WHEN ? THEN NULL ELSE value END, version FROM rows WHERE partition = ? AND key = ?"
_SCAN = (
    "SELECT key, value, version FROM rows WHERE partition = ? AND key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"
)

_LAST = "\U0010ffff"  # above every character of a key: limits.py refuses it there


class _Write:
    """All changes or none; `done` gets the version of the last change, or None when a condition failed."""

    def __init__(self, partition: str, changes: list[tuple[Change, str, str]], loop: asyncio.AbstractEventLoop) -> None:
        self.partition = partition
        self.changes = changes
        self.loop = loop
        self.done: asyncio.Future[int | None] = loop.create_future()
        self.answer: int | None = None


class SqliteStore:
    """`Store` on a SQLite file. Any event loop of the process may use it, and several at once."""

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the store, or create it where there is no file.

        Raises: NewerStoreError, DamagedStoreError or StoreUnavailableError with one line that says which file and why.
        """
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailableError(f"the store {path} cannot be made: {error}") from error
        opened: list[sqlite3.Connection] = []
        try:
            writer = _connect(path, opened)
            _prepare(writer, path)
            return cls(path, writer, _connect(path, opened))
        except (sqlite3.Error, RecordsError) as error:
            for connection in opened:
                connection.close()
            if isinstance(error, sqlite3.Error):
                raise _translate(error, path) from error
            raise

    @classmethod
    def check(cls, path: str | Path) -> None:
        """Check that the file can be opened, without changing it; a missing file is fine. Raises: as `open`."""
        path = Path(path)
        if not path.exists():
            return
        try:
            path.open("r+b").close()
        except OSError as error:
            raise StoreUnavailableError(f"the store {path} cannot be written: {error.strerror}") from error
        opened: list[sqlite3.Connection] = []
        try:
            _inspect(_connect(path, opened), path)
        except sqlite3.Error as error:
            raise _translate(error, path) from error
        finally:
            for connection in opened:
                connection.close()

    def __init__(self, path: Path, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        self._path = path
        self._writer = writer
        self._reader = reader
        self._reading = threading.Lock()
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closing = threading.Lock()  # nothing enters the queue after the None that ends it
        self._closed = False
        self._thread = threading.Thread(target=self._write_all, name="records-writer", daemon=True)
        self._thread.start()

    async def get(self, partition: str, key: str, *, known: Row | None = None) -> Row | None:
        version = int(known.etag) if known else None
        found = self._read(_GET, (version, limits.check_name(partition), limits.check_name(key)))
        if not found:
            return None
        text, version = found[0]
        return known if text is None else Row(partition, key, limits.unpack(text), str(version))

    async def insert(self, partition: str, key: str, value: Value) -> bool:
        return await self._write(partition, [Insert(key, value)]) is not None

    async def replace(self, row: Row, value: Value) -> Row | None:
        version = await self._write(row.partition, [Replace(row, value)])
        return None if version is None else Row(row.partition, row.key, value, str(version))

    async def put(self, partition: str, key: str, value: Value) -> None:
        await self._write(partition, [Put(key, value)])

    async def delete(self, row: Row) -> bool:
        return await self._write(row.partition, [Delete(row)]) is not None

    async def apply(self, partition: str, changes: Sequence[Change]) -> bool:
        return await self._write(partition, changes) is not None

    async def scan(self, partition: str, *, prefix: str = "", after: str = "", limit: int = 100) -> list[Row]:
        limits.check_name(partition)
        limits.check_part(prefix)
        found = self._read(
            _SCAN, (partition, limits.check_part(after), prefix, prefix + _LAST, limits.check_limit(limit))
        )
        return [Row(partition, key, limits.unpack(text), str(version)) for key, text, version in found]

    async def close(self) -> None:
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        with self._reading:
            self._reader.close()

    def _read(self, statement: str, parameters: tuple[str | int | None, ...]) -> list[tuple[Any, ...]]:
        # The lock is for other event loops in other threads; it is never held over more than one statement.
        with self._reading:
            if self._closed:
                raise self._is_closed()
            try:
                return self._reader.execute(statement, parameters).fetchall()
            except sqlite3.Error as error:
                raise _translate(error, self._path) from error

    async def _write(self, partition: str, changes: Sequence[Change]) -> int | None:
        packed = limits.pack_changes(partition, changes)
        loop = asyncio.get_running_loop()
        write = _Write(partition, packed, loop)
        with self._closing:
            if self._closed:
                raise self._is_closed()
            self._queue.put(write)
        return await write.done

    def _is_closed(self) -> StoreUnavailableError:
        return StoreUnavailableError(f"the store {self._path} is closed")

    # From here on: the writer thread.

    def _write_all(self) -> None:
        going = True
        while going:
            group: list[_Write] = []
            waiting = self._queue.get()
            while waiting is not None:
                group.append(waiting)
                if len(group) == _GROUP or self._queue.empty():
                    break
                waiting = self._queue.get()
            going = waiting is not None
            if group:
                self._commit(group)
        self._writer.close()

    def _commit(self, group: list[_Write]) -> None:
        """Commit the whole group as one transaction. An error here is about the file, so every write of the group gets it."""
        failure: RecordsError | None = None
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            (version,) = self._writer.execute("SELECT version FROM counter").fetchone()
            for write in group:
                version = self._perform(write, version)
            self._writer.execute("UPDATE counter SET version = ?", (version,))
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            failure = _translate(error, self._path)
            self._roll_back()
        by_loop: dict[asyncio.AbstractEventLoop, list[_Write]] = defaultdict(list)
        for write in group:
            by_loop[write.loop].append(write)
        for loop, writes in by_loop.items():
            try:
                loop.call_soon_threadsafe(_answer, writes, failure)
            except RuntimeError:  # the loop was closed while it waited
                continue

    def _perform(self, write: _Write, version: int) -> int:
        """Make the changes of one write; return the highest version assigned so far."""
        several = len(write.changes) > 1  # one statement is all or nothing by itself
        if several:
            self._writer.execute("SAVEPOINT change")
        for change, key, text in write.changes:
            version += 1
            if not self._change(write.partition, change, key, text, version):
                if several:
                    self._writer.execute("ROLLBACK TO change")
                    self._writer.execute("RELEASE change")
                return version
        if several:
            self._writer.execute("RELEASE change")
        write.answer = version
        return version

    def _change(self, partition: str, change: Change, key: str, text: str, version: int) -> bool:
        match change:
            case Insert():
                cursor = self._writer.execute(_INSERT, (partition, key, text, version))
            case Put():
                cursor = self._writer.execute(_PUT, (partition, key, text, version))
            case Replace():
                cursor = self._writer.execute(_REPLACE, (text, version, partition, key, change.row.etag))
            case Delete():
                cursor = self._writer.execute(_DELETE, (partition, key, change.row.etag))
        return cursor.rowcount == 1

    def _roll_back(self) -> None:
        if self._writer.in_transaction:  # a full disk ends the transaction by itself
            try:
                self._writer.execute("ROLLBACK")
            except sqlite3.Error:
                return  # the file is gone or broken; the next BEGIN says so again


def _answer(writes: list[_Write], failure: RecordsError | None) -> None:
    for write in writes:
        if write.done.done():  # cancelled while it waited
            continue
        if failure is None:
            write.done.set_result(write.answer)
        else:
            write.done.set_exception(type(failure)(*failure.args))


def _connect(path: Path, opened: list[sqlite3.Connection]) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    opened.append(connection)
    connection.execute("PRAGMA synchronous = FULL")  # in WAL mode: every commit is flushed to disk
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    empty = _inspect(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    # A read-only file says so now, not when the first thing is lost: SQLite reports it only when there is something to write.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    if empty:
        for statement in _SCHEMA:
            connection.execute(statement)
    connection.execute("COMMIT")


def _inspect(connection: sqlite3.Connection, path: Path) -> bool:
    """Return whether the file is empty. One that is not ours, newer or damaged is refused and left exactly as it is."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    empty = not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    if application != APPLICATION_ID and not (empty and application == 0 and version == 0):
        raise DamagedStoreError(f"{path} is a database of another program; it was left as it is")
    if version > SCHEMA_VERSION:
        raise NewerStoreError(
            f"the store {path} was written by a newer version (schema {version}, this one knows {SCHEMA_VERSION});"
            " it was left as it is"
        )
    if path.stat().st_size <= _CHECKED_SIZE:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise DamagedStoreError(f"the store {path} is damaged ({verdict}); it was left as it is")
    return empty


def _translate(error: sqlite3.Error, path: Path) -> RecordsError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the low byte is the kind
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return DamagedStoreError(f"the store {path} is damaged ({error}); it was left as it is")
    return StoreUnavailableError(f"the store {path} does not answer: {error}")
