"""Read what a row holds as a value of its shape. A row that holds something else is noted in the log, and breaks no other's reader.

What it then stands for is up to the record: what guards something goes on guarding it, what can be made again is made again.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from domain.model import Instant, Model
from records.limits import instant_in
from records.store import Row, Store

_log = logging.getLogger("mfareset.records")


def _only_text(value: object) -> object:
    if value is not None and not isinstance(value, str | datetime):
        raise ValueError("not the text of an instant")
    return value


WrittenInstant = Annotated[Instant, BeforeValidator(_only_text)]
"""An instant as records hold it. A number, which the parser would take for seconds since 1970, is none."""


def read_row[Shape: Model](shape: type[Shape], row: Row) -> Shape | None:
    """Return the value of a row, None where it holds none of this shape."""
    return _parsed(shape.__name__, shape.from_json, row)


def read_fields[Field](field: TypeAdapter[Field], row: Row, kind: str) -> dict[str, Field] | None:
    """Return the value of a row whose fields have names of their own and one type; None where one has another."""
    return _parsed(kind, lambda value: {name: field.validate_python(each) for name, each in value.items()}, row)


def read_known[Shape: Model](shape: type[Shape], row: Row) -> Shape:
    """Return the value of a row whose fields all have defaults, with those that cannot be read left at them."""
    try:
        return shape.from_json(row.value)
    except ValidationError as error:
        note_unreadable(row, shape.__name__)
        wrong = {each["loc"][0] for each in error.errors(include_input=False)}
        return shape.from_json({name: value for name, value in row.value.items() if name not in wrong})


async def written_at(store: Store, row: Row, now: datetime) -> datetime:
    """Return the instant `at` of a row. Where it cannot be read it is `now`, which is written: so the row ends some day, too."""
    at = instant_in(row.value, "at")
    if at is not None:
        return at
    note_unreadable(row, "at")
    await store.replace(row, row.value | {"at": now.isoformat()})
    return now


def note_unreadable(row: Row, kind: str) -> None:
    """Write a line to the log. `place` tells rows apart without identifying a person: keys hold the ids of users."""
    place = hashlib.sha256(f"{row.partition}\n{row.key}".encode()).hexdigest()[:16]
    _log.warning("a record cannot be read: kind=%s place=%s", kind.strip("_"), place)


def _parsed[Value](kind: str, parse: Callable[[dict[str, Any]], Value], row: Row) -> Value | None:
    try:
        return parse(row.value)
    except ValidationError:
        note_unreadable(row, kind)
        return None
