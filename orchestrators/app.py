"""How orchestrators are registered, and how they call an activity by its contract."""

from collections.abc import Callable

from contracts.workflow import Activity, Orchestration
from durable import Blueprint, Context, Step, register_orchestrator, start_activity

app = Blueprint()

# None: the orchestration starts anew with another input.
type Orchestrator[Input, Answer] = Callable[[Context, Input], Step[Answer] | Step[Answer | None]]


def orchestrator[Input, Answer](
    orchestration: Orchestration[Input, Answer],  # noqa: ARG001 - the function must have its types
) -> Callable[[Orchestrator[Input, Answer]], Orchestrator[Input, Answer]]:
    """Register a function as `orchestration`, whose name it bears."""

    def register(function: Orchestrator[Input, Answer]) -> Orchestrator[Input, Answer]:
        register_orchestrator(app, function)
        return function

    return register


def call_activity[Input, Answer](ctx: Context, activity: Activity[Input, Answer], work: Input) -> Step[Answer]:
    """Return the activity's answer. Raises TaskFailedError where it raised in every attempt."""
    answer: Answer = yield start_activity(ctx, activity, work)
    return answer
