"""The engine turn by turn, without functions: what must hold whatever the order of things is."""

from datetime import UTC, timedelta
from typing import Any, cast

import durabletask.internal.orchestrator_service_pb2 as pb
import pytest
from google.protobuf import timestamp_pb2

from localhost.clock import VirtualClock
from localhost.durable.grpc_backend import DurableBackend
from localhost.durable.instances import Instance, OrchestrationWork
from localhost.durable.timers import Timers


class Recording(DurableBackend):
    """Keeps what would be written to disk, as a subclass with a disk does."""

    def __init__(self, clock: VirtualClock, timers: Timers) -> None:
        super().__init__(clock, timers)
        self.units: list[tuple[set[str], set[str]]] = []

    def _commit(self, changed: list[Instance], forgotten: set[str]) -> None:
        self.units.append(({instance.instance_id for instance in changed}, set(forgotten)))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def timers(clock: VirtualClock) -> Timers:
    return Timers(clock)


@pytest.fixture
def backend(clock: VirtualClock, timers: Timers) -> Recording:
    return Recording(clock, timers)


def start(backend: DurableBackend, instance_id: str = "one", **more: Any) -> None:
    backend.StartInstance(pb.CreateInstanceRequest(instanceId=instance_id, name="orchestrator", **more), None)


def turn(backend: DurableBackend) -> OrchestrationWork:
    work = backend.take_orchestration()
    assert work is not None
    return work


def answer(backend: DurableBackend, work: OrchestrationWork, *actions: pb.OrchestratorAction) -> None:
    backend.complete_orchestration(work, pb.OrchestratorResponse(actions=actions))


def activity(number: int = 1) -> pb.OrchestratorAction:
    return pb.OrchestratorAction(id=number, scheduleTask=pb.ScheduleTaskAction(name="activity"))


def ended(status: int = pb.ORCHESTRATION_STATUS_COMPLETED) -> pb.OrchestratorAction:
    end = pb.CompleteOrchestrationAction(orchestrationStatus=status)  # type: ignore[arg-type]
    return pb.OrchestratorAction(id=99, completeOrchestration=end)


def kinds(events: Any) -> list[str | None]:
    return [event.WhichOneof("eventType") for event in events]


def raise_event(backend: DurableBackend, name: str, instance_id: str = "one") -> None:
    backend.RaiseEvent(pb.RaiseEventRequest(instanceId=instance_id, name=name), None)


def test_a_result_that_comes_during_the_last_turn_of_a_run_stays_out_of_the_next(backend: Recording) -> None:
    start(backend)
    answer(backend, turn(backend), activity())
    raise_event(backend, "go on")
    last = turn(backend)
    late = backend.take_activity()
    assert late is not None
    backend.complete_activity(late, "1")
    raise_event(backend, "kept")
    answer(backend, last, ended(pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW))
    events = turn(backend).request.newEvents
    assert kinds(events) == ["orchestratorStarted", "executionStarted", "eventRaised"]


def test_a_result_that_comes_after_the_end_is_dropped(backend: Recording) -> None:
    start(backend)
    answer(backend, turn(backend), activity(), ended())
    before = backend.history("one")
    late = backend.take_activity()
    assert late is not None
    backend.complete_activity(late, "1")
    assert backend.history("one") == before
    assert not backend.has_work()


def test_an_event_does_not_start_an_instance_before_its_time(
    backend: Recording, clock: VirtualClock, timers: Timers
) -> None:
    start(backend, scheduledStartTimestamp=clock.now() + timedelta(hours=1))
    raise_event(backend, "early")
    assert backend.take_orchestration() is None
    clock.advance(3600)
    timers.fire_due()
    assert kinds(turn(backend).request.newEvents) == ["orchestratorStarted", "executionStarted", "eventRaised"]


def test_an_instance_has_one_turn_at_a_time_and_loses_nothing(backend: Recording) -> None:
    start(backend)
    first = turn(backend)
    raise_event(backend, "meanwhile")
    assert backend.take_orchestration() is None
    answer(backend, first)
    assert kinds(turn(backend).request.newEvents) == ["orchestratorStarted", "eventRaised"]


def test_a_second_answer_to_the_same_turn_changes_nothing(backend: Recording) -> None:
    start(backend)
    first = turn(backend)
    answer(backend, first, activity())
    answer(backend, first, activity(2))
    assert backend.take_activity() is not None
    assert backend.take_activity() is None


def test_time_in_the_history_is_the_clocks(backend: Recording, clock: VirtualClock) -> None:
    start(backend)
    answer(backend, turn(backend))
    clock.advance(86400)
    raise_event(backend, "next day")
    work = turn(backend)
    answer(backend, work, ended())
    state = backend.GetInstance(pb.GetInstanceRequest(instanceId="one"), cast("Any", None)).orchestrationState
    for stamp in (work.request.newEvents[0].timestamp, state.lastUpdatedTimestamp, state.completedTimestamp):
        assert stamp.ToDatetime(tzinfo=UTC) == clock.now()


def test_a_turn_with_all_it_starts_is_one_unit_for_the_disk(backend: Recording) -> None:
    start(backend)
    sub = pb.CreateSubOrchestrationAction(name="sub", instanceId="two")
    work = turn(backend)
    backend.units.clear()
    answer(backend, work, pb.OrchestratorAction(id=1, createSubOrchestration=sub))
    assert backend.units == [({"one", "two"}, set())]
    answer(backend, turn(backend), ended())
    assert backend.units[-1] == ({"one", "two"}, set())
    backend.PurgeInstances(pb.PurgeInstancesRequest(instanceId="two"), None)
    assert backend.units[-1] == (set(), {"two"})


def test_purging_by_state_and_age_takes_only_what_ended(backend: Recording, clock: VirtualClock) -> None:
    for instance_id in ("old", "running"):
        start(backend, instance_id)
    answer(backend, turn(backend), ended())
    clock.advance(60)
    border = clock.now()
    start(backend, "new")
    answer(backend, turn(backend))
    answer(backend, turn(backend), ended())
    before = timestamp_pb2.Timestamp()
    before.FromDatetime(border)
    wanted = pb.PurgeInstanceFilter(createdTimeTo=before, runtimeStatus=[pb.ORCHESTRATION_STATUS_COMPLETED])
    purged = backend.PurgeInstances(pb.PurgeInstancesRequest(purgeInstanceFilter=wanted), None)
    assert purged.deletedInstanceCount == 1
    assert backend.instance_ids() == ["running", "new"]


def test_purging_a_parent_takes_its_sub_orchestrations_along(backend: Recording) -> None:
    start(backend)
    sub = pb.CreateSubOrchestrationAction(name="sub", instanceId="two")
    answer(backend, turn(backend), pb.OrchestratorAction(id=1, createSubOrchestration=sub))
    answer(backend, turn(backend), ended())
    answer(backend, turn(backend), ended())
    backend.PurgeInstances(pb.PurgeInstancesRequest(instanceId="one", recursive=True), None)
    assert backend.instance_ids() == []
