"""The blueprint that every activity registers with."""

from collections.abc import Awaitable, Callable
from typing import Any

import azure.durable_functions as df

app = df.Blueprint()

type Work = dict[str, Any]
"""Plain JSON: only ids, customer keys, counts and codes, because it stays in the durable history."""


def activity(function: Callable[[Work], Awaitable[Work]]) -> Callable[[Work], Awaitable[Work]]:
    """Registers an activity under its own name, its input called `work`."""
    # The Functions worker takes plain classes as annotations and refuses dict[str, Any].
    function.__annotations__ = {"work": dict, "return": dict}
    app.activity_trigger(input_name="work")(function)
    return function
