"""Cut what is too much for one row into values that each fit into one."""

import json
from collections.abc import Iterable, Iterator


def cut[Value](values: Iterable[Value], most: int, most_bytes: int) -> Iterator[tuple[int, list[Value]]]:
    """Yield the place of the first value of each part, and the part: at most `most` values of at most `most_bytes` of JSON.

    A value that is larger by itself is a part of its own. The same values make the same parts.
    """
    first, size, part = 0, 0, list[Value]()
    for place, value in enumerate(values):
        length = len(json.dumps(value))
        if part and (len(part) == most or size + length > most_bytes):
            yield first, part
            first, size, part = place, 0, []
        part.append(value)
        size += length
    if part:
        yield first, part
