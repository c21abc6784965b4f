"""Damages rows as another program would: cut, emptied, of another schema, or with an odd value in one field."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

ODD: list[Any] = [None, "", "x", 0, -1, True, 10**20, [], [1], {}, {"a": 1}]


class Place(NamedTuple):
    partition: str
    key: str


def rows_in(file: Path) -> dict[Place, str]:
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        return {Place(p, k): v for p, k, v in db.execute("SELECT partition, key, value FROM rows")}


def write_rows(file: Path, rows: dict[Place, str]) -> None:
    """Let the file hold exactly these rows."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("BEGIN")
        version = db.execute("SELECT ifnull(max(version), 0) FROM rows").fetchone()[0] + 10**6
        db.execute("DELETE FROM rows")
        for number, (place, text) in enumerate(rows.items()):
            db.execute(
                "INSERT INTO rows (partition, key, value, version) VALUES (?, ?, ?, ?)",
                (*place, text, version + number),
            )
        db.execute("COMMIT")


def variants(text: str, but: Collection[tuple[str, str]] = ()) -> Iterator[str]:
    """Yield what may stand in place of a row's text; `but`: fields and JSON that would be right, too."""
    yield from unreadable(text)
    value = json.loads(text)
    for name in value:
        yield json.dumps({key: inner for key, inner in value.items() if key != name})
        for odd in ODD:
            if (name, json.dumps(odd)) not in but:
                yield json.dumps(value | {name: odd})


def unreadable(text: str) -> Iterator[str]:
    """Yield what nothing can be read of."""
    yield from (text[: len(text) // 2], "", "[]", "{}", '{"schema": 99}', "zlib:AAAA", "[" * 100_000)
