"""How orchestrators are registered, and how they call activities and other orchestrations by their contracts."""

from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
from durabletask.task import OrchestrationContext, RetryPolicy, Task

from contracts.workflow import Activity, Orchestration

app = df.Blueprint()

# An activity raises only when the records do not answer: tried again for about four minutes, then the orchestration fails
# and the reconciling timer starts it anew.
RETRY = RetryPolicy(
    first_retry_interval=timedelta(seconds=2),
    max_number_of_attempts=9,
    backoff_coefficient=2,
    max_retry_interval=timedelta(seconds=60),
)

type Step[Answer] = Generator[Task[Any], Any, Answer]
# None: the orchestration starts anew with another input.
type Orchestrator[Input, Answer] = Callable[[OrchestrationContext, Input], Step[Answer] | Step[Answer | None]]


def orchestrator[Input, Answer](
    orchestration: Orchestration[Input, Answer],  # noqa: ARG001 - the function must have its types
) -> Callable[[Orchestrator[Input, Answer]], Orchestrator[Input, Answer]]:
    """Register a function as `orchestration`, whose name it bears."""

    def register(function: Orchestrator[Input, Answer]) -> Orchestrator[Input, Answer]:
        app.orchestration_trigger(context_name="context")(function)
        return function

    return register


def start_activity[Input, Answer](
    ctx: OrchestrationContext, activity: Activity[Input, Answer], work: Input
) -> Task[Answer]:
    return ctx.call_activity(activity.name, input=work, retry_policy=RETRY)


def call_activity[Input, Answer](
    ctx: OrchestrationContext, activity: Activity[Input, Answer], work: Input
) -> Step[Answer]:
    """Return the activity's answer. Raises TaskFailedError where it raised in every attempt."""
    answer: Answer = yield start_activity(ctx, activity, work)
    return answer


def start_child[Input, Answer](
    ctx: OrchestrationContext, orchestration: Orchestration[Input, Answer], work: Input, instance_id: str
) -> Task[Answer]:
    """Start a sub-orchestration.

    Its id must tell this run of the parent from every other one: where the storage provider finds an instance of that id
    still running, it replaces it silently (measured on Microsoft.Azure.DurableTask.AzureStorage 2.11.2).
    """
    return ctx.call_sub_orchestrator(orchestration.name, input=work, instance_id=instance_id)
