"""What a broker must not forget: messages and the ids it has seen, in one SQLite file (or in memory, for tests).

A lock is not kept: after a restart every message that was given out and not settled is there to be received again.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Self

_SCHEMA = """
create table if not exists messages (
    queue text not null, sequence integer not null, raw blob not null, enqueued real not null, expires real,
    state integer not null, scheduled real, deliveries integer not null, reason text, description text,
    primary key (queue, sequence)
) without rowid;
create table if not exists sequences (queue text primary key, latest integer not null);
create table if not exists seen (entity text not null, id text not null, at real not null, primary key (entity, id));
create index if not exists seen_at on seen (entity, at);
create table if not exists session_states (queue text not null, id text not null, state blob, primary key (queue, id));
"""


class State(IntEnum):
    """The values of `x-opt-message-state`."""

    ACTIVE = 0
    DEFERRED = 1
    SCHEDULED = 2


@dataclass(slots=True)
class Kept:
    """One message of one queue."""

    sequence: int
    raw: bytes
    enqueued: datetime
    expires: datetime | None = None
    state: State = State.ACTIVE
    scheduled: datetime | None = None
    deliveries: int = 0
    dead_letter: tuple[str, str] | None = None  # reason, description


class Journal:
    """For one thread. What a method has written is on disk when it returns."""

    def __init__(self, path: Path | None) -> None:
        self._db = sqlite3.connect(path or ":memory:", autocommit=True, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def next_sequence(self, queue: str) -> int:
        row = self._db.execute(
            "insert into sequences values (?, 1) on conflict do update set latest = latest + 1 returning latest",
            (queue,),
        ).fetchone()
        return int(row[0])

    def save(self, queue: str, kept: Kept) -> None:
        reason, description = kept.dead_letter or (None, None)
        self._db.execute(
            "insert or replace into messages values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                queue,
                kept.sequence,
                kept.raw,
                kept.enqueued.timestamp(),
                _number(kept.expires),
                kept.state,
                _number(kept.scheduled),
                kept.deliveries,
                reason,
                description,
            ),
        )

    def remove(self, queue: str, sequence: int) -> None:
        self._db.execute("delete from messages where queue = ? and sequence = ?", (queue, sequence))

    def load(self, queue: str) -> list[Kept]:
        """In order of their sequence numbers."""
        rows = self._db.execute("select * from messages where queue = ? order by sequence", (queue,)).fetchall()
        return [
            Kept(
                sequence=sequence,
                raw=raw,
                enqueued=_instant(enqueued),
                expires=None if expires is None else _instant(expires),
                state=State(state),
                scheduled=None if scheduled is None else _instant(scheduled),
                deliveries=deliveries,
                dead_letter=None if reason is None else (reason, description),
            )
            for _, sequence, raw, enqueued, expires, state, scheduled, deliveries, reason, description in rows
        ]

    def first_sight(self, entity: str, message_id: str, now: datetime, since: datetime) -> bool:
        """Whether this id was not seen `since` then; it is from now on."""
        self._db.execute("delete from seen where entity = ? and at <= ?", (entity, since.timestamp()))
        return (
            self._db.execute(
                "insert into seen values (?, ?, ?) on conflict do nothing", (entity, message_id, now.timestamp())
            ).rowcount
            == 1
        )

    def session_state(self, queue: str, session_id: str) -> bytes | None:
        row = self._db.execute(
            "select state from session_states where queue = ? and id = ?", (queue, session_id)
        ).fetchone()
        return row[0] if row else None

    def set_session_state(self, queue: str, session_id: str, state: bytes | None) -> None:
        self._db.execute("insert or replace into session_states values (?, ?, ?)", (queue, session_id, state))


def _number(when: datetime | None) -> float | None:
    return None if when is None else when.timestamp()


def _instant(number: float) -> datetime:
    return datetime.fromtimestamp(number, UTC)
