"""What must hold whatever the order of turns, results, events and time is."""

import pytest

from localhost.clock import VirtualClock
from localhost.durable.engine import Engine
from localhost.durable.engine_state import NoPersistence
from localhost.durable.history_events import instant
from localhost.durable.instances import Instance
from localhost.durable.timers import Timers
from localhost.durable.vendor_adapter import pb
from tests.localhost.durable.steps import activity, answer, child, ended, kinds, raise_event, start, turn


class Recording(NoPersistence):
    """Notes what would be written to disk."""

    def __init__(self) -> None:
        self.units: list[tuple[set[str], set[str]]] = []

    def commit(self, changed: list[Instance], forgotten: set[str]) -> None:
        self.units.append(({instance.instance_id for instance in changed}, set(forgotten)))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def timers(clock: VirtualClock) -> Timers:
    return Timers(clock)


@pytest.fixture
def recording() -> Recording:
    return Recording()


@pytest.fixture
def engine(clock: VirtualClock, timers: Timers, recording: Recording) -> Engine:
    return Engine(clock, timers, recording)


def test_a_result_that_comes_during_the_last_turn_of_a_run_stays_out_of_the_next(engine: Engine) -> None:
    start(engine)
    answer(engine, turn(engine), activity())
    raise_event(engine, "go on")
    last = turn(engine)
    late = engine.take_activity()
    assert late is not None
    engine.complete_activity(late, "1")
    raise_event(engine, "kept")
    answer(engine, last, ended(pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW))
    events = turn(engine).request.newEvents
    assert kinds(events) == ["orchestratorStarted", "executionStarted", "eventRaised"]


def test_a_result_that_comes_after_the_end_is_dropped(engine: Engine) -> None:
    start(engine)
    answer(engine, turn(engine), activity(), ended())
    before = engine.history("one", unprocessed=True)
    late = engine.take_activity()
    assert late is not None
    engine.complete_activity(late, "1")
    assert engine.history("one", unprocessed=True) == before
    assert not engine.has_work()


def test_an_instance_has_one_turn_at_a_time_and_loses_nothing(engine: Engine) -> None:
    start(engine)
    first = turn(engine)
    raise_event(engine, "meanwhile")
    assert engine.take_orchestration() is None
    answer(engine, first)
    assert kinds(turn(engine).request.newEvents) == ["orchestratorStarted", "eventRaised"]


def test_a_second_answer_to_the_same_turn_changes_nothing(engine: Engine) -> None:
    start(engine)
    first = turn(engine)
    answer(engine, first, activity())
    answer(engine, first, activity(2))
    assert engine.take_activity() is not None
    assert engine.take_activity() is None


def test_only_new_work_calls_the_host(engine: Engine) -> None:
    calls: list[str] = []
    start(engine)
    answer(engine, turn(engine), activity(1), activity(2))
    assert engine.take_activity() is not None
    engine.listen(lambda: calls.append("work"))
    # A host whose places are taken looks for turns, finds none, and leaves the second activity where it is.
    assert engine.take_orchestration() is None
    assert engine.has_work()
    assert not calls
    raise_event(engine, "anything")
    assert calls == ["work"]


def test_time_in_the_history_is_the_clocks(engine: Engine, clock: VirtualClock) -> None:
    start(engine)
    answer(engine, turn(engine))
    clock.advance(86400)
    raise_event(engine, "next day")
    work = turn(engine)
    answer(engine, work, ended())
    assert instant(work.request.newEvents[0].timestamp) == clock.now()
    assert engine.look("one", lambda each: (each.updated_at, each.completed_at)) == (clock.now(), clock.now())


def test_a_turn_with_all_it_starts_is_one_unit_for_the_disk(engine: Engine, recording: Recording) -> None:
    start(engine)
    work = turn(engine)
    recording.units.clear()
    answer(engine, work, child("two"))
    assert recording.units == [({"one", "two"}, set())]
    answer(engine, turn(engine), ended())
    assert recording.units[-1] == ({"one", "two"}, set())
    engine.purge("two")
    assert recording.units[-1] == (set(), {"two"})


def test_an_action_that_the_engine_has_not_fails_its_orchestration(engine: Engine) -> None:
    start(engine)
    answer(engine, turn(engine), pb.OrchestratorAction(id=1, sendEntityMessage=pb.SendEntityMessageAction()))
    failure = engine.look("one", lambda each: each.failure)
    assert failure is not None
    assert "sendEntityMessage" in failure.errorMessage


def test_an_orchestration_sends_an_event_to_another(engine: Engine) -> None:
    start(engine, "receiver")
    answer(engine, turn(engine))
    start(engine, "sender")
    to = pb.OrchestrationInstance(instanceId="receiver")
    answer(engine, turn(engine), pb.OrchestratorAction(id=1, sendEvent=pb.SendEventAction(instance=to, name="go")))
    assert kinds(turn(engine).request.newEvents) == ["orchestratorStarted", "eventRaised"]
    assert "eventSent" in kinds(engine.history("sender"))
