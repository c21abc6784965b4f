"""The stores that the contract is tested against: a SQLite file, and Table Storage as Azurite plays it."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from records.sqlite import SqliteStore
from records.store import Store
from records.tables import TableStore


@pytest.fixture(params=["sqlite", "tables"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    opened: Store
    if request.param == "sqlite":
        opened = SqliteStore.open(tmp_path / "records.db")
    else:
        opened = TableStore.connect(connection_string=request.getfixturevalue("azurite"), table=f"t{uuid.uuid4().hex}")
    yield opened
    await opened.close()
