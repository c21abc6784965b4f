"""All that the service calls of Durable Functions: the only module of it that imports the SDK, which is a release candidate.

docs/operations.md ("Versions") says what rests on it and what the way back takes. Two parts: what orchestrators do, by their
context and by tasks, and what everything else does, by the client of a binding.
"""

from collections.abc import Callable, Collection, Generator
from datetime import datetime, timedelta
from typing import Any, Literal

import grpc
from azure.durable_functions import Blueprint, DFApp, DurableFunctionsClient
from durabletask.client import OrchestrationQuery, OrchestrationStatus
from durabletask.task import OrchestrationContext, RetryPolicy, Task, TaskFailedError, TimerTask, when_all, when_any

from contracts.workflow import Activity, Orchestration

__all__ = [
    "Blueprint",
    "DFApp",
    "Task",
    "TaskFailedError",
    "TimerTask",
    "when_all",
    "when_any",
]

type Step[Answer] = Generator[Task[Any], Any, Answer]

# Not `type` statements: the Functions host reads the annotations of what is registered.
Context = OrchestrationContext
Client = DurableFunctionsClient
# The engine does not answer.
EngineError = grpc.RpcError

# An activity raises only when the records do not answer: tried again for about four minutes, then the orchestration fails
# and the reconciling timer starts it anew.
RETRY = RetryPolicy(
    first_retry_interval=timedelta(seconds=2),
    max_number_of_attempts=9,
    backoff_coefficient=2,
    max_retry_interval=timedelta(seconds=60),
)
# It ended before its work did.
_BROKEN = {OrchestrationStatus.FAILED, OrchestrationStatus.TERMINATED}
_LIVING = [OrchestrationStatus.PENDING, OrchestrationStatus.RUNNING, OrchestrationStatus.SUSPENDED]
_ENDED = [OrchestrationStatus.COMPLETED, OrchestrationStatus.FAILED, OrchestrationStatus.TERMINATED]


def register_orchestrator(app: Blueprint, function: Callable[..., object]) -> None:
    """Register a generator function of a context and an input under its own name."""
    app.orchestration_trigger(context_name="context")(function)


def register_activity(app: Blueprint, function: Callable[..., object]) -> None:
    """Register a coroutine function of one parameter, `work`, under its own name."""
    app.activity_trigger(input_name="work")(function)


# In an orchestrator.


def now(ctx: Context) -> datetime:
    """Return the orchestrator's time, naive and in UTC: a replay reads the same."""
    return ctx.current_utc_datetime


def instance_id(ctx: Context) -> str:
    return ctx.instance_id


def start_activity[Input, Answer](ctx: Context, activity: Activity[Input, Answer], work: Input) -> Task[Answer]:
    return ctx.call_activity(activity.name, input=work, retry_policy=RETRY)


def start_child[Input, Answer](
    ctx: Context, orchestration: Orchestration[Input, Answer], work: Input, instance_id: str
) -> Task[Answer]:
    """Start a sub-orchestration.

    Its id must tell this run of the parent from every other one: where the storage provider finds an instance of that id
    still running, it replaces it silently (measured on Microsoft.Azure.DurableTask.AzureStorage 2.11.2).
    """
    return ctx.call_sub_orchestrator(orchestration.name, input=work, instance_id=instance_id)


def create_timer(ctx: Context, instant: datetime) -> TimerTask:
    return ctx.create_timer(instant)


def wait_for_event(ctx: Context, name: str) -> Task[Any]:
    return ctx.wait_for_external_event(name)


def start_anew(ctx: Context, work: object) -> None:
    """Begin this orchestration again with another input and an empty history, once its function has returned."""
    ctx.continue_as_new(work)


def has_ended(task: Task[Any]) -> bool:
    return task.is_complete


def has_failed(task: Task[Any]) -> bool:
    return task.is_failed


def result_of[Answer](task: Task[Answer]) -> Answer:
    """Return what a task that has ended gave. Raises TaskFailedError where it failed."""
    return task.get_result()


def cancel_timer(timer: TimerTask) -> None:
    timer.cancel()


# With the client of a binding.


async def start_instance[Input](
    client: Client, orchestration: Orchestration[Input, Any], work: Input, instance_id: str | None = None
) -> None:
    """Start an orchestration, of a new id without `instance_id`. One that exists already is not changed. Raises EngineError."""
    try:
        await client.schedule_new_orchestration(orchestration.name, input=work, instance_id=instance_id)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
            raise


async def find_instance(client: Client, instance_id: str) -> Literal["broken", "sound"] | None:
    """Return whether an instance failed or was terminated; None where there is none. Raises EngineError."""
    state = await client.get_orchestration_state(instance_id, fetch_payloads=False)
    if state is None:
        return None
    return "broken" if state.runtime_status in _BROKEN else "sound"


async def forget_instance(client: Client, instance_id: str) -> None:
    """Remove the history of an instance that ended. Raises EngineError."""
    await client.purge_orchestration(instance_id, recursive=False)


async def terminate_children(client: Client, instance_id: str, names: Collection[str]) -> None:
    """Terminate the living sub-orchestrations of an instance that are called one of `names`, one by one and parents first.

    On Azure Storage neither a terminated nor a failed orchestration ends its sub-orchestrations, whatever `recursive` says.
    Raises EngineError.
    """
    query = OrchestrationQuery(instance_id_prefix=f"{instance_id}:", runtime_status=_LIVING)
    for state in sorted(await client.get_all_orchestration_states(query), key=lambda state: state.instance_id):
        if state.name in names:
            try:
                await client.terminate_orchestration(state.instance_id, recursive=False)
            except grpc.aio.AioRpcError as error:
                # Ended meanwhile.
                if error.code() not in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION}:
                    raise


async def raise_event(client: Client, instance_id: str, name: str) -> str:
    """Send an event without content to an instance; return why it could not be sent, "" where it was."""
    try:
        await client.raise_orchestration_event(instance_id, name, data={})
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return ""


async def forget_ended_before(client: Client, instant: datetime) -> None:
    """Remove the histories of all instances begun before `instant` that have ended. Raises EngineError."""
    await client.purge_orchestrations_by(created_time_to=instant, runtime_status=_ENDED)
