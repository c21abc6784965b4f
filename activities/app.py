"""How activities are registered."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, cast

import durable
from contracts.workflow import Activity
from telemetry.spans import request_span

app = durable.Blueprint()

# What of an activity's input becomes attributes of its span.
_ATTRIBUTES = ("customer", "number", "start", "count", "kind", "reminder")


def activity[Input: Mapping[str, object], Answer](
    contract: Activity[Input, Answer],
) -> Callable[[Callable[[Input], Awaitable[Answer]]], Callable[[Input], Awaitable[Answer]]]:
    """Register a function as `contract`, whose name it bears."""

    def register(function: Callable[[Input], Awaitable[Answer]]) -> Callable[[Input], Awaitable[Answer]]:
        @wraps(function)
        async def traced(work: Input) -> Answer:
            attributes = {key: cast("Any", work[key]) for key in _ATTRIBUTES if key in work}
            with request_span(f"activity {contract.name}", str(work.get("id", "")), **attributes):
                return await function(work)

        # The Functions worker takes plain classes as annotations and refuses typed dictionaries.
        traced.__annotations__ = {"work": dict, "return": dict}
        durable.register_activity(app, traced)
        return traced

    return register
