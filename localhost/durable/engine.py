"""The durable engine on one machine: gives out turns and activities, takes their results, and does what clients ask."""

from collections.abc import Callable, Iterable
from datetime import datetime

from localhost.clock import Clock
from localhost.durable import history_events
from localhost.durable.engine_state import EngineState, NoPersistence, Persistence
from localhost.durable.instances import ActivityWork, Instance, OrchestrationWork, is_instance_id, new_execution
from localhost.durable.provider_faults import Faults, NoFaults
from localhost.durable.timers import Timers
from localhost.durable.turns import Turns
from localhost.durable.vendor_adapter import pb
from localhost.durable.waiters import Waiter
from localhost.errors import (
    InstanceEndedError,
    InstanceExistsError,
    InstanceIdError,
    InstanceNotFoundError,
    InstanceRunsError,
)


class Engine:
    """Thread-safe. `on_work` is called, in whatever thread makes it, when there is more to take than before."""

    def __init__(
        self, clock: Clock, timers: Timers, persistence: Persistence | None = None, faults: Faults | None = None
    ) -> None:
        self._state = EngineState(clock, timers, persistence or NoPersistence(), faults or NoFaults())
        self._turns = Turns(self._state)
        with self._state.lock:
            for instance in self._state.persistence.attach(self._state):
                self._state.adopt(instance)
                self._turns.resume(instance)

    @property
    def trouble(self) -> str:
        """Why nothing can be kept at the moment; empty when all is well."""
        return self._state.persistence.trouble

    def listen(self, on_work: Callable[[], None]) -> None:
        self._state.on_work = on_work

    def wait_until_kept(self, seconds: float | None) -> bool:
        """Whether all that the engine knows by now came to disk in time."""
        return self._state.persistence.wait(seconds)

    def close(self) -> None:
        with self._state.lock:
            self._state.waiters.give_up()
        self._state.persistence.close()

    # --- work, taken by the functions host ---

    def has_work(self) -> bool:
        with self._state.lock:
            return self._state.has_work()

    def take_orchestration(self) -> OrchestrationWork | None:
        with self._state.lock:
            instance = self._state.take_ready()
            return None if instance is None else self._turns.begin(instance)

    def take_activity(self) -> ActivityWork | None:
        with self._state.lock:
            return self._state.take_activity()

    def complete_orchestration(self, work: OrchestrationWork, response: pb.OrchestratorResponse) -> None:
        with self._state.lock:
            self._turns.end(work, response)

    def complete_activity(self, work: ActivityWork, result: str | None) -> None:
        """`result` is JSON."""
        with self._state.lock:
            for _ in range(2 if self._state.faults.repeats() else 1):
                event = history_events.task_completed(work.task_id, result)
                self._state.deliver(work.instance_id, work.execution, event)

    def fail_activity(self, work: ActivityWork, failure: pb.TaskFailureDetails) -> None:
        event = history_events.task_failed(work.task_id, failure)
        self._state.deliver(work.instance_id, work.execution, event)

    def take_nothing_more(self) -> None:
        """Nothing to do: what was not taken stays where it is for the next start."""

    # --- what clients ask ---

    def start(
        self,
        name: str,
        instance_id: str = "",
        *,
        data: str | None = None,
        version: str | None = None,
        tags: dict[str, str] | None = None,
        starts_at: datetime | None = None,
        replaceable: Iterable[pb.OrchestrationStatus] = (),
    ) -> str:
        """Start an instance and return its id; without an id it gets a new one.

        An ended id may be used again, as on Azure Storage: an instance id is no guard against doing things twice.
        Raises: InstanceExistsError, InstanceIdError.
        """
        state, wanted = self._state, instance_id or new_execution()
        if not is_instance_id(wanted):
            raise InstanceIdError(wanted)
        with state.lock:
            existing, allowed = state.find(wanted), set(replaceable)
            if existing is not None:
                if not existing.ended or (allowed and existing.status not in allowed):
                    raise InstanceExistsError(wanted)
                state.forget(wanted)
            now = state.clock.now()
            instance = Instance(
                wanted, name, pb.ORCHESTRATION_STATUS_PENDING, now, now, version=version, input=data, tags=tags
            )
            instance.starts_at = starts_at if starts_at is not None and starts_at > now else None
            state.create(instance)
        return wanted

    def restart(self, instance_id: str, *, under_new_id: bool) -> str:
        """Start an ended instance again with its input. Raises: InstanceNotFoundError, InstanceRunsError."""
        with self._state.lock:
            old = self._known(instance_id)
            if not old.ended:
                raise InstanceRunsError(instance_id)
            wanted = "" if under_new_id else instance_id
            return self.start(old.name, wanted, data=old.input, version=old.version, tags=old.tags)

    def raise_event(self, instance_id: str, name: str, data: str | None) -> None:
        """`data` is JSON. Raises: InstanceNotFoundError, InstanceEndedError."""
        self._send(instance_id, history_events.event_raised(name, data))

    def suspend(self, instance_id: str, reason: str | None) -> None:
        """Raises: InstanceNotFoundError, InstanceEndedError."""
        self._send(instance_id, history_events.suspended(reason))

    def resume(self, instance_id: str, reason: str | None) -> None:
        """Raises: InstanceNotFoundError, InstanceEndedError."""
        self._send(instance_id, history_events.resumed(reason))

    def terminate(self, instance_id: str, output: str | None) -> None:
        """End this instance alone: its sub-orchestrations live on. `output` is JSON.

        Raises: InstanceNotFoundError, InstanceEndedError.
        """
        self._send(instance_id, history_events.terminated(output))

    def purge(self, instance_id: str) -> int:
        """Forget this instance alone; how many there were. Raises: InstanceRunsError."""
        with self._state.lock:
            instance = self._state.find(instance_id)
            if instance is None:
                return 0
            if not instance.ended:
                raise InstanceRunsError(instance_id)
            self._state.forget(instance_id)
            return 1

    def purge_where(self, wanted: Callable[[Instance], bool], created_before: datetime | None) -> int:
        """Forget the ended instances of which `wanted` is true; how many there were."""
        with self._state.lock:
            found = self._state.instances(created_before=created_before)
            ended = [each.instance_id for each in found if each.ended and wanted(each)]
            for instance_id in ended:
                self._state.forget(instance_id)
            return len(ended)

    def look[T](self, instance_id: str, view: Callable[[Instance], T]) -> T | None:
        """What `view` makes of the instance; None where there is none."""
        with self._state.lock:
            instance = self._state.find(instance_id)
            return None if instance is None else view(instance)

    def select[T](self, wanted: Callable[[Instance], bool], view: Callable[[Instance], T]) -> list[T]:
        """What `view` makes of the instances of which `wanted` is true, oldest first."""
        with self._state.lock:
            found = sorted(filter(wanted, self._state.instances()), key=lambda each: each.created_at)
            return [view(each) for each in found]

    def wait[T](self, instance_id: str, view: Callable[[Instance], T | None], seconds: float) -> T | None:
        """What `view` makes of the instance once that is something; None where it took longer."""
        waiter = Waiter(view)
        with self._state.lock:
            instance = self._state.find(instance_id)
            if instance is not None and waiter.look(instance):
                return waiter.result
            self._state.waiters.add(instance_id, waiter)
        result = waiter.wait(seconds)
        with self._state.lock:
            self._state.waiters.remove(instance_id, waiter)
        return result

    def instance_ids(self) -> list[str]:
        with self._state.lock:
            return [each.instance_id for each in self._state.instances()]

    def history(self, instance_id: str, *, unprocessed: bool = False) -> list[pb.HistoryEvent]:
        """The events of the instance's current run with all that they hold; empty if there is none.

        `unprocessed`: also those that wait for a turn.
        """
        with self._state.lock:
            if (instance := self._state.find(instance_id)) is None:
                return []
            events = self._state.history(instance)
            if unprocessed:
                events = [*events, *instance.in_turn, *instance.pending]
            return [pb.HistoryEvent.FromString(event.SerializeToString()) for event in events]

    def _send(self, instance_id: str, event: pb.HistoryEvent) -> None:
        with self._state.lock:
            if self._known(instance_id).ended:
                raise InstanceEndedError(instance_id)
            self._state.deliver(instance_id, None, event)

    def _known(self, instance_id: str) -> Instance:
        if (instance := self._state.find(instance_id)) is None:
            raise InstanceNotFoundError(instance_id)
        return instance
