"""`GET /users/{id}/mailFolders/inbox/messages`, with the filters that a search for non-delivery reports needs."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from localhost.simulator.model.timestamps import stamp
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.protocol.paging import page
from localhost.simulator.world.inbox import Message
from localhost.simulator.world.world import World

PAGE, LARGEST = 10, 1000  # of messages [d]
PREVIEW = 255  # characters of bodyPreview [d]

# Of the filters that Exchange knows, the two that a search for reports needs.
SINCE = re.compile(r"receivedDateTime ge (\S+)")
CLASS = re.compile(
    r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id eq 'String 0x001A' and \1/value eq '([^']*)'\s*\)"
)

FIELDS: dict[str, Callable[[Message], Any]] = {
    "id": lambda message: message.id,
    "subject": lambda message: message.subject,
    "receivedDateTime": lambda message: stamp(message.at),
    "bodyPreview": lambda message: message.body[:PREVIEW],
    "body": lambda message: {"contentType": "text", "content": message.body},
}


def list_inbox(world: World, request: Request) -> Response:
    """Serve `GET /users/{id}/mailFolders/inbox/messages` with $filter, $select and $top; bodies only as text [d]."""
    messages = world.inbox.of(request.path_user.upn)
    for test in _tests(request.params.get("$filter", "")):
        messages = [message for message in messages if test(message)]
    names = request.options.select or tuple(FIELDS)
    if "body" in names and 'outlook.body-content-type="text"' not in request.headers.get("prefer", ""):
        raise GraphError(400, "BadRequest", "The simulator has bodies as text only: Prefer must ask for it.")
    where = f"users('{request.path_user.id}')/mailFolders('inbox')/messages"
    return page(
        request,
        messages,
        lambda message: {"id": message.id} | {name: _value(message, name) for name in names},  # the id always comes [d]
        where,
        size=PAGE,
        largest=LARGEST,
    )


def _value(message: Message, name: str) -> Any:
    return FIELDS[name](message) if name in FIELDS else None


def _tests(text: str) -> list[Callable[[Message], bool]]:
    """Parse one of the two conditions, or both joined by `and`."""
    tests: list[Callable[[Message], bool]] = []
    rest = text.strip()
    while rest:
        if since := SINCE.match(rest):
            at = datetime.fromisoformat(since[1])
            tests.append(lambda message, at=at: message.at >= at)  # type: ignore[misc]
        elif of_class := CLASS.match(rest):
            item_class = of_class[2]
            tests.append(lambda message, item_class=item_class: message.item_class == item_class)  # type: ignore[misc]
        else:
            raise GraphError(400, "ErrorInvalidUrlQueryFilter", f"The query filter is not understood at: {rest}")
        rest = rest[(since or of_class).end() :].strip()  # type: ignore[union-attr]
        if rest and not rest.startswith("and "):
            raise GraphError(400, "ErrorInvalidUrlQueryFilter", f"The query filter is not understood at: {rest}")
        rest = rest.removeprefix("and ").strip()
    return tests
