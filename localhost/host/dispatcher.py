"""Run the app's functions: invoke them through Microsoft's worker library and give them the durable work."""

import asyncio
import base64
import logging
import os
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from azure_functions_runtime import start_threadpool_executor, stop_threadpool_executor
from azure_functions_runtime.bindings.datumdef import Datum

from localhost.clock import Clock
from localhost.durable.durable_work import DurableWork
from localhost.durable.instances import ActivityWork, OrchestrationWork
from localhost.durable.timers import Timers
from localhost.durable.vendor_adapter import pb
from localhost.errors import FunctionFailedError
from localhost.host.app_index import App, Function
from localhost.host.invocation import invoke

logger = logging.getLogger("localhost.functions")

# A clock that is set, or a machine that slept, is noticed within this many seconds.
_LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How many functions run at once. Orchestrators have their own number, so that activities cannot starve them.

    A turn of an orchestrator waits for nothing: more of them at once only compete for the interpreter lock, and turns that wait
    take all that has come in together, which is fewer replays.
    """

    activities: int = 128
    orchestrations: int = 1


class Dispatcher:
    """Everything here happens on one event loop; only `_wake` is called from other threads."""

    def __init__(
        self, app: App, engine: DurableWork, engine_address: str, clock: Clock, timers: Timers, limits: Limits
    ) -> None:
        self._engine = engine
        self._engine_address = engine_address
        self._clock = clock
        self._timers = timers
        self._limits = limits
        self._orchestrators = {f.durable_name: f for f in app.triggered_by("orchestrationTrigger")}
        self._activities = {f.durable_name: f for f in app.triggered_by("activityTrigger")}
        self._turns: set[asyncio.Task[None]] = set()
        self._works: set[asyncio.Task[None]] = set()
        self._others: set[asyncio.Task[None]] = set()
        self._busy = 0
        self._draining = False
        self._pump_due = False
        self._idle_waiters: list[asyncio.Future[None]] = []
        self._time_moved = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._timekeeper: asyncio.Task[None] | None = None

    @property
    def draining(self) -> bool:
        return self._draining

    # --- life ---

    def start(self) -> None:
        # One pool serves sync functions and the replays of orchestrators: with fewer threads than functions that
        # may run at once, sleeping sync activities would hold up every orchestrator.
        threads = self._limits.activities + self._limits.orchestrations + 32
        os.environ.setdefault("PYTHON_THREADPOOL_THREAD_COUNT", str(threads))
        start_threadpool_executor()
        self._engine.listen(self._wake)
        self._timers.on_earlier = self._wake_timekeeper
        self._clock.on_move(self._wake_timekeeper)
        self._timekeeper = self._loop.create_task(self._keep_time())
        self._wake()

    def start_nothing_new(self) -> None:
        """Leave queued work and timers alone from now on; requests are still answered."""
        self._draining = True
        self._engine.listen(lambda: None)
        self._engine.take_nothing_more()
        if self._timekeeper is not None:
            self._timekeeper.cancel()

    async def drain(self, seconds: float) -> int:
        """Start nothing new and wait for what runs; returns how many functions had to be cut off."""
        self.start_nothing_new()
        running = self._turns | self._works | self._others
        cut: set[asyncio.Task[None]] = set()
        if running:
            _, cut = await asyncio.wait(running, timeout=seconds)
        for task in cut:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if not cut:  # a thread that does not end would be waited for here
            stop_threadpool_executor()
        return len(cut)

    # --- one function ---

    async def invoke(
        self, function: Function, data: Datum, metadata: Mapping[str, Datum] | None = None
    ) -> Datum | None:
        """Run one function on its trigger's data; returns what it returned. Raises: FunctionFailedError."""
        with self._running():
            return await invoke(function, data, metadata or {}, self._engine_address)

    async def _invoke_named(self, function: Function | None, name: str, data: Datum) -> Datum | None:
        if function is None:
            raise FunctionFailedError("", "UnknownFunction", f"the app has no function for '{name}'", "")
        return await self.invoke(function, data)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the durable work (a timer trigger); the shutdown waits for it."""
        if self._draining:
            work.close()
            return
        self._follow(work, self._others)

    # --- durable work ---

    def _wake(self) -> None:
        if self._pump_due:
            return
        self._pump_due = True
        if threading.get_ident() == self._thread:
            self._loop.call_soon(self._pump)
        else:  # this costs a write to the loop's own pipe and a round of the loop, so only where it must
            self._loop.call_soon_threadsafe(self._pump)

    def _pump(self) -> None:
        self._pump_due = False
        if self._draining:
            return
        while len(self._turns) < self._limits.orchestrations:
            if (turn := self._engine.take_orchestration()) is None:
                break
            self._follow(self._take_turn(turn), self._turns)
        while len(self._works) < self._limits.activities:
            if (work := self._engine.take_activity()) is None:
                break
            self._follow(self._run_activity(work), self._works)
        self._note_idle()

    async def _take_turn(self, work: OrchestrationWork) -> None:
        function = self._orchestrators.get(work.name)
        try:
            payload = base64.b64encode(work.request.SerializeToString()).decode("ascii")
            answer = await self._invoke_named(function, work.name, Datum(payload, "string"))
            response = pb.OrchestratorResponse.FromString(base64.b64decode(answer.value if answer else ""))
        except FunctionFailedError as error:
            _log_failure(f"orchestrator {work.name}", error)
            response = _failed_turn(_failure(error))
        self._engine.complete_orchestration(work, response)

    async def _run_activity(self, work: ActivityWork) -> None:
        function = self._activities.get(work.name)
        try:
            answer = await self._invoke_named(function, work.name, Datum(work.input or "null", "string"))
        except FunctionFailedError as error:
            _log_failure(f"activity {work.name}", error)
            self._engine.fail_activity(work, _failure(error))
        else:
            self._engine.complete_activity(work, answer.value if answer else None)

    def _follow(self, work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]) -> None:
        task = self._loop.create_task(work)
        among.add(task)
        task.add_done_callback(lambda done: self._ended(done, among))

    def _ended(self, task: asyncio.Task[None], among: set[asyncio.Task[None]]) -> None:
        among.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("the local host failed", exc_info=error)
        self._wake()

    # --- time ---

    def _wake_timekeeper(self) -> None:
        if not self._loop.is_closed():  # a test's clock may live longer than the host
            self._loop.call_soon_threadsafe(self._time_moved.set)

    async def _keep_time(self) -> None:
        while True:
            self._time_moved.clear()
            self._timers.fire_due()
            self._note_idle()
            due = self._timers.next_at()
            seconds = None if due is None else self._clock.seconds_until(due)
            try:
                async with asyncio.timeout(None if seconds is None else min(seconds, _LONGEST_WAIT)):
                    await self._time_moved.wait()
            except TimeoutError:
                continue

    # --- rest ---

    @contextmanager
    def _running(self) -> Iterator[None]:
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self._note_idle()

    def _is_idle(self) -> bool:
        tasks = self._turns or self._works or self._others
        return not (tasks or self._busy or self._engine.has_work() or self._timers.any_due())

    def _note_idle(self) -> None:
        if self._idle_waiters and self._is_idle():
            for waiter in self._idle_waiters:
                if not waiter.done():
                    waiter.set_result(None)
            self._idle_waiters.clear()

    async def idle(self) -> None:
        """Return when nothing runs or is queued: all that is left waits for time, an event or a request."""
        while not self._is_idle():
            waiter = self._loop.create_future()
            self._idle_waiters.append(waiter)
            await waiter


def _failure(error: FunctionFailedError) -> pb.TaskFailureDetails:
    return pb.TaskFailureDetails(errorType=error.error_type, errorMessage=error.error)


def _failed_turn(failure: pb.TaskFailureDetails) -> pb.OrchestratorResponse:
    """An orchestrator that could not run at all fails, instead of being tried for ever."""
    end = pb.CompleteOrchestrationAction(orchestrationStatus=pb.ORCHESTRATION_STATUS_FAILED, failureDetails=failure)
    return pb.OrchestratorResponse(actions=[pb.OrchestratorAction(id=-1, completeOrchestration=end)])


def _log_failure(what: str, error: FunctionFailedError) -> None:
    logger.error("%s failed, invocation %s: %s\n%s", what, error.invocation_id, error, error.trace)
