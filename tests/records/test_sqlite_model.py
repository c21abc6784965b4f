"""Any sequence of calls, compared with a dict that does the same."""

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from records.sqlite import SqliteStore
from records.store import Change, Delete, Insert, Put, Replace, Row, Value

_partitions = st.sampled_from(["p", "p/", "q"])
_keys = st.sampled_from(["a", "a/", "a/b", "a.b", "b", "B", "é", "😀", "#"])
_values = st.fixed_dictionaries({"n": st.integers(0, 9)})


class _Machine(RuleBasedStateMachine):
    rows: Bundle[Row] = Bundle("rows")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "records.db"
        self._runner = asyncio.Runner()
        self._store = SqliteStore.open(self._path)
        self._model: dict[tuple[str, str], Value] = {}
        self._etags: dict[tuple[str, str], str] = {}
        self._seen: set[str] = set()

    def _run[T](self, call: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(call)

    def _wrote(self, partition: str, key: str, value: Value) -> None:
        self._model[partition, key] = value
        row = self._run(self._store.get(partition, key))
        assert row is not None
        assert row.etag not in self._seen  # never given out before
        self._seen.add(row.etag)
        self._etags[partition, key] = row.etag

    def _removed(self, row: Row) -> None:
        del self._model[row.partition, row.key], self._etags[row.partition, row.key]

    def _is_current(self, row: Row) -> bool:
        return self._etags.get((row.partition, row.key)) == row.etag

    @rule(target=rows, partition=_partitions, key=_keys)
    def get(self, partition: str, key: str) -> Any:
        row = self._run(self._store.get(partition, key))
        value = self._model.get((partition, key))
        if row is None or value is None:
            assert row is None
            assert value is None
            return multiple()
        assert row == Row(partition, key, value, self._etags[partition, key])
        return row

    @rule(partition=_partitions, key=_keys, value=_values)
    def insert(self, partition: str, key: str, value: Value) -> None:
        done = self._run(self._store.insert(partition, key, value))
        assert done == ((partition, key) not in self._model)
        if done:
            self._wrote(partition, key, value)

    @rule(partition=_partitions, key=_keys, value=_values)
    def put(self, partition: str, key: str, value: Value) -> None:
        self._run(self._store.put(partition, key, value))
        self._wrote(partition, key, value)

    @rule(target=rows, row=rows, value=_values)
    def replace(self, row: Row, value: Value) -> Any:
        done = self._run(self._store.replace(row, value))
        assert (done is not None) == self._is_current(row)
        if done is None:
            return multiple()
        self._wrote(row.partition, row.key, value)
        assert done.etag == self._etags[row.partition, row.key]
        return done

    @rule(row=rows)
    def delete(self, row: Row) -> None:
        current = self._is_current(row)
        assert self._run(self._store.delete(row)) == current
        if current:
            self._removed(row)

    @rule(partition=_partitions, inserts=st.sets(_keys), puts=st.sets(_keys), row=consumes(rows), removes=st.booleans())
    def apply(self, partition: str, inserts: set[str], puts: set[str], row: Row, removes: bool) -> None:
        changes: list[Change] = [Insert(key, {"by": "insert"}) for key in sorted(inserts - {row.key})]
        changes += [Put(key, {"by": "put"}) for key in sorted(puts - inserts - {row.key})]
        holds = not any((partition, key) in self._model for key in inserts - {row.key})
        if row.partition == partition:
            changes.insert(len(changes) // 2, Delete(row) if removes else Replace(row, {"by": "replace"}))
            holds = holds and self._is_current(row)
        assert self._run(self._store.apply(partition, changes)) == holds
        for change in changes if holds else []:
            match change:
                case Insert(key, value) | Put(key, value):
                    self._wrote(partition, key, value)
                case Replace(row, value):
                    self._wrote(partition, row.key, value)
                case Delete(row):
                    self._removed(row)

    @rule(partition=_partitions, prefix=st.just("") | _keys, after=st.just("") | _keys, limit=st.integers(1, 5))
    def scan(self, partition: str, prefix: str, after: str, limit: int) -> None:
        keys = sorted(k for p, k in self._model if p == partition and k.startswith(prefix) and k > after)
        rows = self._run(self._store.scan(partition, prefix=prefix, after=after, limit=limit))
        assert [row.key for row in rows] == keys[:limit]

    @rule()
    def open_again(self) -> None:
        self._run(self._store.close())
        self._store = SqliteStore.open(self._path)

    @invariant()
    def holds_the_same(self) -> None:
        for partition in ("p", "p/", "q"):
            rows = self._run(self._store.scan(partition))
            assert {row.key: row.value for row in rows} == {k: v for (p, k), v in self._model.items() if p == partition}

    def teardown(self) -> None:
        self._run(self._store.close())
        self._runner.close()
        self._folder.cleanup()


TestModel = _Machine.TestCase
TestModel.settings = settings(max_examples=25, stateful_step_count=40, deadline=None, database=None)
