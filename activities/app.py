"""The blueprint that every activity registers with."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import azure.durable_functions as df

from telemetry.spans import request_span

app = df.Blueprint()

# What of an activity's input its span tells.
_TOLD = ("customer", "number", "start", "count", "kind", "reminder")

type Work = dict[str, Any]
"""Plain JSON: only ids, customer keys, counts and codes, because it stays in the durable history."""


def activity(function: Callable[[Work], Awaitable[Work]]) -> Callable[[Work], Awaitable[Work]]:
    """Registers an activity under its own name, its input called `work`."""

    @wraps(function)
    async def traced(work: Work) -> Work:
        named = {key: work[key] for key in _TOLD if key in work}
        with request_span(f"activity {function.__name__}", str(work.get("id", "")), **named):
            return await function(work)

    # The Functions worker takes plain classes as annotations and refuses dict[str, Any].
    traced.__annotations__ = {"work": dict, "return": dict}
    app.activity_trigger(input_name="work")(traced)
    return traced
