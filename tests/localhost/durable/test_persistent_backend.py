"""The engine's file: what a crash leaves behind is all that was answered, and a start goes on from it."""

import asyncio
import random
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import durabletask.internal.orchestrator_service_pb2 as pb
import httpx
import pytest

from domain.policy.model import Retention
from localhost.clock import VirtualClock
from localhost.durable import group_commit, persistent_backend
from localhost.durable.persistent_backend import StoredBackend
from localhost.durable.sqlite_store import EngineFile
from localhost.durable.timers import Timers
from localhost.errors import DamagedStateError, NewerStateError, StateUnavailableError
from localhost.host.running_host import RunningHost
from localhost.testing import running
from tests.localhost.driving import APPS, Driver
from tests.localhost.durable.test_turns import activity, answer, ended, kinds, raise_event, start, turn

type Host = RunningHost[VirtualClock]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@asynccontextmanager
async def served(file: Path, clock: VirtualClock) -> AsyncIterator[tuple[Host, Driver]]:
    async with (
        running(APPS, script="durable_app.py", engine=file, clock=clock) as host,
        httpx.AsyncClient(base_url=host.base_url) as http,
    ):
        yield host, Driver(http)


@contextmanager
def opened(file: Path, clock: VirtualClock) -> Iterator[StoredBackend]:
    backend = StoredBackend.open(clock, Timers(clock), file)
    try:
        yield backend
    finally:
        backend.stop()


def crashed(file: Path) -> Path:
    """The file as a crash at this moment would leave it."""
    folder = Path(f"{file}-{random.getrandbits(64):x}")
    folder.mkdir()
    for part in file.parent.glob(f"{file.name}*"):
        if part.is_file() and not part.name.endswith("-shm"):
            shutil.copy(part, folder)
    return folder / file.name


def settled(backend: StoredBackend) -> None:
    assert backend._log.wait(backend._log.last, 10)


async def test_a_parent_waits_on_for_its_sub_orchestration(tmp_path: Path, clock: VirtualClock) -> None:
    async with served(tmp_path / "e", clock) as (host, driver):
        instance = await driver.start("patient_parent", [31, 5 * 24 * 3600])
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
        host.functions.start_nothing_new()
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


def in_memory(backend: StoredBackend) -> list[str]:
    settled(backend)
    backend._log.note()  # what was looked up is let go with the next commit
    backend._log.hurry()
    settled(backend)
    with backend._lock:  # the writer lets go under it, after it told that all is kept
        return list(dict.keys(backend._instances))


def test_what_has_ended_takes_no_memory_and_is_there_for_who_asks(tmp_path: Path, clock: VirtualClock) -> None:
    with opened(tmp_path / "e", clock) as backend:
        for number in range(5):
            start(backend, f"i{number}")
            clock.advance(60)
            answer(backend, turn(backend), ended())
        clock.advance(60)
        start(backend, "runs")
        assert any(in_memory(backend) == ["runs"] for _ in range(1000))
        assert backend._saved.keys() == {"runs"}
        assert backend._is_terminal_status(backend._found("i0").status)
        assert kinds(backend.history("i0"))[-1] == "executionCompleted"
        start(backend, "i1")  # anew, under the same id
        assert kinds(backend.history("i1")) == ["orchestratorStarted", "executionStarted"]
        again = cast("Any", backend).RestartInstance(pb.RestartInstanceRequest(instanceId="i2"), None)
        assert again.instanceId == "i2"
        then = backend._found("i3").completed_at
        assert then is not None
        assert backend.purge_ended(then) == 1
        ids = ["i1", "i2", "i3", "i4", "runs"]
        assert sorted(backend.instance_ids()) == ids
        settled(backend)
        with opened(crashed(tmp_path / "e"), clock) as other:
            assert sorted(other.instance_ids()) == ids
            assert _known(other) == _known(backend)
            made = backend._found("i4").created_at
            wanted = pb.PurgeInstanceFilter(runtimeStatus=[pb.ORCHESTRATION_STATUS_COMPLETED])
            wanted.createdTimeTo.FromDatetime(made)
            purged = other.PurgeInstances(pb.PurgeInstancesRequest(purgeInstanceFilter=wanted), None)
            assert purged.deletedInstanceCount == 1
            assert sorted(other.instance_ids()) == ["i1", "i2", "i4", "runs"]
        assert _orphans(tmp_path / "e") == [], "no history is left of what was replaced"


def test_what_was_forgotten_does_not_come_back_while_that_is_being_written(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path / "e", clock) as backend:
        start(backend, "old")
        answer(backend, turn(backend), ended())
        clock.advance(60)
        assert any(in_memory(backend) == [] for _ in range(1000))
        write, seen = backend._file.write, []

        def looking(unit: Any) -> None:
            if unit.forgotten:
                seen.append((backend._find("old"), backend._file.find("old") is not None))
            write(unit)

        monkeypatch.setattr(backend._log, "_write", looking)
        assert backend.purge_ended(clock.now()) == 1
        settled(backend)
        assert seen == [(None, True)]
        assert backend.instance_ids() == []


def _orphans(file: Path) -> list[Any]:
    with sqlite3.connect(file) as connection:
        found = connection.execute("SELECT run FROM history WHERE run NOT IN (SELECT run FROM instances)").fetchall()
    connection.close()
    return found


def test_the_policy_says_how_long_histories_are_kept_not_the_engine() -> None:
    longest = next(each.le for each in Retention.model_fields["history_days"].metadata if hasattr(each, "le"))
    assert timedelta(days=longest) < persistent_backend.KEEP_ENDED


async def test_what_ended_long_ago_is_forgotten_but_not_what_runs(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persistent_backend, "KEEP_ENDED", timedelta(days=7))
    async with served(tmp_path / "e", clock) as (host, driver):
        old, patient = await driver.start("sleeper", 1), await driver.start("patient_parent", [60, 30 * 24 * 3600])
        await host.advance(8 * 24 * 3600)
        recent = await driver.start("sleeper", 1)
        await host.advance(60)
        left = set(host.instance_ids())
    assert old not in left
    assert {patient, recent} < left
    assert len(left) == 4, "a sub-orchestration goes with the one that started it"
    async with served(tmp_path / "e", clock) as (host, driver):
        assert set(host.instance_ids()) == left


def test_an_activity_starts_only_when_its_turn_is_on_disk(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk everything waits, and goes on when there is room: nothing is lost and nothing done unknown."""
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", 0.01)
    full = True
    write = EngineFile.write

    def fails_while_full(file: EngineFile, unit: Any) -> None:
        if full:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        write(file, unit)

    monkeypatch.setattr(EngineFile, "write", fails_while_full)
    with opened(tmp_path / "e", clock) as backend:
        start(backend)
        answer(backend, turn(backend), activity())
        assert not backend._log.wait(1, 0.05)
        assert backend.take_activity() is None
        assert backend.has_work()
        assert "full" in backend.trouble
        full = False
        settled(backend)
        assert backend.take_activity() is not None
        assert backend.trouble == ""


@pytest.mark.parametrize("seed", range(5))
def test_what_is_on_disk_is_what_the_engine_knows(tmp_path: Path, clock: VirtualClock, seed: int) -> None:
    """A walk of random steps; after each a crash, and the engine that starts from it knows the same."""
    dice = random.Random(seed)  # noqa: S311 - a walk that repeats
    file = tmp_path / "e"
    with opened(file, clock) as backend:
        in_turn: list[Any] = []
        for step in range(60):
            match dice.randrange(6):
                case 0:
                    start(backend, f"i{step}")
                case 1 if backend.instance_ids():
                    raise_event(backend, "go", dice.choice(backend.instance_ids()))
                case 2 if (work := backend.take_orchestration()) is not None:
                    in_turn.append(work)
                case 3 | 4 if in_turn:
                    work = in_turn.pop(dice.randrange(len(in_turn)))
                    sub = pb.CreateSubOrchestrationAction(name="sub", instanceId=f"s{step}")
                    again = ended(pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW)
                    actions = [activity(), pb.OrchestratorAction(id=2, createSubOrchestration=sub)]
                    actions += dice.choice([[], [], [ended()], [again]])
                    answer(backend, work, *actions)
                case 5 if (done := backend.take_activity()) is not None:
                    backend.complete_activity(done, "1")
            settled(backend)
            if step % 5 == 0:
                with opened(crashed(file), clock) as other:
                    assert _known(other) == _known(backend)
        known = set(backend.instance_ids())
    with opened(file, clock) as other:
        assert set(other.instance_ids()) == known


def _known(backend: StoredBackend) -> dict[str, Any]:
    known = {}
    for instance_id in backend.instance_ids():
        instance = backend._found(instance_id)
        past = instance.history or backend._file_history(instance_id)
        parent = (instance.parent, instance.told_parent)
        known[instance_id] = (instance.status, instance.execution, parent, past, instance.inbox())
    return known


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "e"
    EngineFile.open(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(NewerStateError, match="newer version"):
        EngineFile.open(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all, " * 400, b"SQLite format 3\0" + b"\xff" * 8192])
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "e"
    file.write_bytes(content)
    with pytest.raises(DamagedStateError, match="left as it is"):
        EngineFile.open(file)
    assert file.read_bytes() == content


def test_a_page_that_was_written_over_is_found(tmp_path: Path, clock: VirtualClock) -> None:
    file = tmp_path / "e"
    with opened(file, clock) as backend:
        for number in range(200):
            start(backend, f"i{number}")
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 4] = b"\xaa" * 4096
    file.write_bytes(content)
    with pytest.raises(DamagedStateError, match="damaged"):
        EngineFile.open(file)
    assert file.read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "e") as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(DamagedStateError, match="another program"):
        EngineFile.open(tmp_path / "e")


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StateUnavailableError, match="cannot be used"):
        EngineFile.open(tmp_path / "nowhere" / "e")
