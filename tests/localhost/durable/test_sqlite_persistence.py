"""The engine's file: what a crash leaves behind is all that was answered, and a start goes on from it."""

import asyncio
import queue
import random
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.policy.model import Retention
from localhost.clock import VirtualClock
from localhost.durable import group_commit, sqlite_persistence
from localhost.durable.engine import Engine
from localhost.durable.instances import Instance
from localhost.durable.provider_faults import NoFaults
from localhost.durable.sqlite_persistence import SqlitePersistence
from localhost.durable.sqlite_store import EngineStore
from localhost.durable.timers import Timers
from localhost.durable.vendor_adapter import pb
from localhost.errors import DamagedStateError, InstanceEndedError, NewerStateError, StateUnavailableError
from localhost.host.running_host import RunningHost
from localhost.testing import running
from tests.localhost.driving import APPS, Driver
from tests.localhost.durable.steps import activity, answer, child, ended, kinds, raise_event, start, turn

type Host = RunningHost[VirtualClock]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@asynccontextmanager
async def served(file: Path, clock: VirtualClock) -> AsyncIterator[tuple[Host, Driver]]:
    async with (
        running(APPS, script="durable_app.py", engine=file, clock=clock, faults=NoFaults()) as host,
        httpx.AsyncClient(base_url=host.base_url) as http,
    ):
        yield host, Driver(http)


class Kept(Engine):
    """An engine on a file, and what it keeps it with."""

    def __init__(self, file: Path, clock: VirtualClock) -> None:
        self.persistence = SqlitePersistence.open(file)
        super().__init__(clock, Timers(clock), self.persistence)


@contextmanager
def opened(file: Path, clock: VirtualClock) -> Iterator[Kept]:
    engine = Kept(file, clock)
    try:
        yield engine
    finally:
        engine.close()


def crashed(file: Path) -> Path:
    """The file as a crash at this moment would leave it."""
    folder = Path(f"{file}-{random.getrandbits(64):x}")
    folder.mkdir()
    for part in file.parent.glob(f"{file.name}*"):
        if part.is_file() and not part.name.endswith("-shm"):
            shutil.copy(part, folder)
    return folder / file.name


def settled(engine: Kept) -> None:
    assert engine.wait_until_kept(10)


async def test_a_parent_waits_on_for_its_sub_orchestration(tmp_path: Path, clock: VirtualClock) -> None:
    async with served(tmp_path / "e", clock) as (host, driver):
        instance = await driver.start("long_parent", [31, 5 * 24 * 3600])
        await host.advance(24 * 3600)
    async with served(tmp_path / "e", clock) as (host, driver):
        assert (await driver.state(instance))["status"] == "RUNNING"
        await host.advance(4 * 24 * 3600)
        assert await driver.output(instance) == [31, 5 * 24 * 3600]


async def test_a_timer_that_fell_due_while_nothing_ran_fires_at_the_start(tmp_path: Path, clock: VirtualClock) -> None:
    async with served(tmp_path / "e", clock) as (host, driver):
        instance = await driver.start("decision", 24)
        await host.idle()
    clock.advance(25 * 3600)
    async with served(tmp_path / "e", clock) as (host, driver):
        await host.idle()
        assert await driver.output(instance) == "expired"


async def test_an_event_that_was_answered_is_there_after_a_crash(tmp_path: Path, clock: VirtualClock) -> None:
    async with served(tmp_path / "e", clock) as (host, driver):
        instance = await driver.start("decision", 24)
        await host.idle()
        host.dispatcher.start_nothing_new()
        assert (await driver.post(f"events/{instance}/decided", "approved")).status_code == 202
        left = crashed(tmp_path / "e")
    async with served(left, clock) as (host, driver):
        await host.idle()
        assert await driver.output(instance) == "approved"


async def test_an_activity_under_way_at_a_crash_runs_again(tmp_path: Path, clock: VirtualClock) -> None:
    async with served(tmp_path / "e", clock) as (host, driver):
        app: Any = sys.modules["durable_app"]
        app.gate = app.Gate()
        instance = await driver.start("gated", ["gated_async", 3])
        for _ in range(3):
            await asyncio.to_thread(app.gate.entered.get, timeout=10)
        left = crashed(tmp_path / "e")
        app.gate.opened.set()
        await host.idle()
    async with served(left, clock) as (host, driver):
        await host.idle()
        assert await driver.output(instance) == [0, 1, 2]
    assert app.gate.entered.qsize() == 3


async def test_an_instance_for_later_starts_then_and_rounds_go_on(tmp_path: Path, clock: VirtualClock) -> None:
    async with served(tmp_path / "e", clock) as (host, driver):
        at = (clock.now() + timedelta(hours=1)).isoformat().replace("+", "%2B")
        await driver.post(f"do/later/one?at={at}")
        rounds = await driver.start("rounds", 3)
        await host.idle()
    async with served(tmp_path / "e", clock) as (host, driver):
        assert (await driver.state("one"))["status"] == "PENDING"
        await host.advance(3601)
        assert [await driver.output("one"), await driver.output(rounds)] == [1, 3600]


async def test_the_history_of_what_ended_is_read_from_the_file(tmp_path: Path, clock: VirtualClock) -> None:
    async with served(tmp_path / "e", clock) as (host, driver):
        instance = await driver.start("window", [0, 2])
        await host.idle()
        before = kinds(host.history(instance))
    assert before[-1] == "executionCompleted"
    async with served(tmp_path / "e", clock) as (host, driver):
        assert kinds(host.history(instance)) == before
        assert await driver.output(instance) == 2


def in_memory(engine: Kept) -> list[str]:
    settled(engine)
    engine.persistence._commits.note()  # what was looked up is let go with the next commit
    engine.persistence._commits.hurry()
    settled(engine)
    with engine._state.lock:  # the writer lets go under it, after it reported that all is kept
        return list(engine._state.resident)


def found(engine: Kept, instance_id: str) -> Instance:
    instance = engine.look(instance_id, lambda each: each)
    assert instance is not None
    return instance


def test_what_has_ended_takes_no_memory_and_can_still_be_read(tmp_path: Path, clock: VirtualClock) -> None:
    with opened(tmp_path / "e", clock) as engine:
        for number in range(5):
            start(engine, f"i{number}")
            clock.advance(60)
            answer(engine, turn(engine), ended())
        clock.advance(60)
        start(engine, "runs")
        assert any(in_memory(engine) == ["runs"] for _ in range(1000))
        assert engine.persistence._saved.keys() == {"runs"}
        assert found(engine, "i0").ended
        assert kinds(engine.history("i0"))[-1] == "executionCompleted"
        start(engine, "i1")  # anew, under the same id
        assert kinds(engine.history("i1", unprocessed=True)) == ["orchestratorStarted", "executionStarted"]
        assert engine.restart("i2", under_new_id=False) == "i2"
        then = found(engine, "i3").completed_at
        assert then is not None
        assert engine.persistence.purge_ended(then) == 1
        ids = ["i1", "i2", "i3", "i4", "runs"]
        assert sorted(engine.instance_ids()) == ids
        settled(engine)
        with opened(crashed(tmp_path / "e"), clock) as other:
            assert sorted(other.instance_ids()) == ids
            assert _known(other) == _known(engine)
            made = found(engine, "i4").created_at
            assert other.purge_where(lambda each: each.ended and each.created_at < made, made) == 1
            assert sorted(other.instance_ids()) == ["i1", "i2", "i4", "runs"]
        assert _orphans(tmp_path / "e") == [], "no history is left of what was replaced"


def test_what_was_forgotten_does_not_come_back_while_that_is_being_written(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path / "e", clock) as engine:
        start(engine, "old")
        answer(engine, turn(engine), ended())
        clock.advance(60)
        assert any(in_memory(engine) == [] for _ in range(1000))
        store, seen = engine.persistence._store, []
        write = store.write

        def looking(unit: Any) -> None:
            if unit.forgotten:
                seen.append((engine._state.find("old"), store.find("old") is not None))
            write(unit)

        monkeypatch.setattr(engine.persistence._commits, "_write", looking)
        assert engine.persistence.purge_ended(clock.now()) == 1
        settled(engine)
        assert seen == [(None, True)]
        assert engine.instance_ids() == []


def _orphans(file: Path) -> list[Any]:
    with sqlite3.connect(file) as connection:
        found = connection.execute("SELECT run FROM history WHERE run NOT IN (SELECT run FROM instances)").fetchall()
    connection.close()
    return found


def test_the_engine_keeps_histories_longer_than_any_policy_may() -> None:
    longest = next(each.le for each in Retention.model_fields["history_days"].metadata if hasattr(each, "le"))
    assert timedelta(days=longest) < sqlite_persistence.KEEP_ENDED


async def test_what_ended_long_ago_is_forgotten_but_not_what_runs(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_persistence, "KEEP_ENDED", timedelta(days=7))
    async with served(tmp_path / "e", clock) as (host, driver):
        old, long = await driver.start("sleeper", 1), await driver.start("long_parent", [60, 30 * 24 * 3600])
        await host.advance(8 * 24 * 3600)
        recent = await driver.start("sleeper", 1)
        await host.advance(60)
        left = set(host.instance_ids())
    assert old not in left
    assert {long, recent} < left
    assert len(left) == 4, "a sub-orchestration goes with the one that started it"
    async with served(tmp_path / "e", clock) as (host, driver):
        assert set(host.instance_ids()) == left


def test_an_activity_starts_only_when_its_turn_is_on_disk(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk everything waits, and goes on when there is room: nothing is lost and nothing done unknown."""
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", 0.01)
    full = True
    write = EngineStore.write
    refused: queue.SimpleQueue[None] = queue.SimpleQueue()

    def fails_while_full(file: EngineStore, unit: Any) -> None:
        if full:
            refused.put(None)
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        write(file, unit)

    monkeypatch.setattr(EngineStore, "write", fails_while_full)
    with opened(tmp_path / "e", clock) as engine:
        start(engine)
        answer(engine, turn(engine), activity())
        for _ in range(2):  # the second attempt begins when the first is known to have failed
            refused.get(timeout=10)
        assert engine.take_activity() is None
        assert engine.has_work()
        assert "full" in engine.trouble
        full = False
        settled(engine)
        assert engine.take_activity() is not None
        assert engine.trouble == ""


@pytest.mark.parametrize("seed", range(5))
def test_what_is_on_disk_is_what_the_engine_knows(tmp_path: Path, clock: VirtualClock, seed: int) -> None:
    """A walk of random steps; after each a crash, and the engine that starts from it knows the same."""
    dice = random.Random(seed)  # noqa: S311 - a walk that repeats
    file = tmp_path / "e"
    with opened(file, clock) as engine:
        in_turn: list[Any] = []
        for step in range(60):
            match dice.randrange(6):
                case 0:
                    start(engine, f"i{step}")
                case 1 if engine.instance_ids():
                    with suppress(InstanceEndedError):
                        raise_event(engine, "go", dice.choice(engine.instance_ids()))
                case 2 if (work := engine.take_orchestration()) is not None:
                    in_turn.append(work)
                case 3 | 4 if in_turn:
                    work = in_turn.pop(dice.randrange(len(in_turn)))
                    again = ended(pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW)
                    actions = [activity(), child(f"s{step}", 2)]
                    actions += dice.choice([[], [], [ended()], [again]])
                    answer(engine, work, *actions)
                case 5 if (done := engine.take_activity()) is not None:
                    engine.complete_activity(done, "1")
            settled(engine)
            if step % 5 == 0:
                with opened(crashed(file), clock) as other:
                    assert _known(other) == _known(engine)
        known = set(engine.instance_ids())
    with opened(file, clock) as other:
        assert set(other.instance_ids()) == known


def _known(engine: Kept) -> dict[str, Any]:
    known = {}
    for instance_id in engine.instance_ids():
        instance = found(engine, instance_id)
        past = engine.history(instance_id)
        known[instance_id] = (instance.status, instance.execution, instance.parent, past, instance.inbox())
    return known


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "e"
    EngineStore.open(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 3")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(NewerStateError, match="newer version"):
        EngineStore.open(file)
    assert file.read_bytes() == before


def test_a_file_of_an_older_version_is_read_on(tmp_path: Path, clock: VirtualClock) -> None:
    file = tmp_path / "e"
    with opened(file, clock) as engine:
        start(engine)
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE instances ADD COLUMN told_parent INTEGER NOT NULL DEFAULT 0")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with opened(file, clock) as engine:
        assert kinds(turn(engine).request.newEvents) == ["orchestratorStarted", "executionStarted"]
    EngineStore.open(tmp_path / "new").close()
    assert _columns(file) == _columns(tmp_path / "new")


def _columns(file: Path) -> list[Any]:
    with sqlite3.connect(file) as connection:
        found = connection.execute("PRAGMA table_info(instances)").fetchall()
    connection.close()
    return found


@pytest.mark.parametrize("content", [b"no database at all, " * 400, b"SQLite format 3\0" + b"\xff" * 8192])
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "e"
    file.write_bytes(content)
    with pytest.raises(DamagedStateError, match="left as it is"):
        EngineStore.open(file)
    assert file.read_bytes() == content


def test_a_page_that_was_written_over_is_found(tmp_path: Path, clock: VirtualClock) -> None:
    file = tmp_path / "e"
    with opened(file, clock) as engine:
        for number in range(200):
            start(engine, f"i{number}")
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 4] = b"\xaa" * 4096
    file.write_bytes(content)
    with pytest.raises(DamagedStateError, match="damaged"):
        EngineStore.open(file)
    assert file.read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "e") as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(DamagedStateError, match="another program"):
        EngineStore.open(tmp_path / "e")


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StateUnavailableError, match="cannot be used"):
        EngineStore.open(tmp_path / "nowhere" / "e")
