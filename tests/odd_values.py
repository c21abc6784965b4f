"""Values that no field of an answer should have, and how they are put there."""

import copy
import random
from collections.abc import Iterator, Sequence
from typing import Any

MISSING = "(missing)"
HUGE = random.Random(1).randbytes(300_000).hex()  # noqa: S311 - a text that compression does not make smaller
DEEP: Any = "deep"
for _ in range(900):
    DEEP = [DEEP]
ODD: Sequence[Any] = (
    *(MISSING, None, "", " ", 0, -1, 1.5, True, False, 10**400, HUGE, DEEP),
    *([], {}, [None], [1], [[]], {"a": {"b": None}}),
    *("a/b?c#d%2F'\"\\\r\n\x00\u202e\ud83d", "..", "$x", "(1)", "junk"),
    *("0001-01-01T00:00:00Z", "2022-06-06T16:43:04.6438213Z", "9999-12-31T23:59:59.9999999-14:00", "2024-02-30"),
    *("http://127.0.0.1:9/v1.0/users", "http://[::1", "https://elsewhere.example/x"),
)

type Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Yield every place in a JSON value, the whole of it included; of lists the first two items."""
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
        if "value" in value:
            yield (*at, "@odata.nextLink")
    elif isinstance(value, list):
        for number, inner in enumerate(value[:2]):
            yield from places(inner, (*at, number))


def put(value: Any, at: Place, odd: Any) -> Any:
    """Return `value` with `odd` at a place, where it has that place."""
    if not at:
        return odd
    made, key = copy.copy(value), at[0]
    if isinstance(made, dict) and odd == MISSING and len(at) == 1:
        made.pop(key, None)
    elif isinstance(made, dict):
        made[key] = put(made.get(key), at[1:], odd)
    elif isinstance(made, list) and isinstance(key, int) and key < len(made):
        made[key] = put(made[key], at[1:], odd)
    return made
