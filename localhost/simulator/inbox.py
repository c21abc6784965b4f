"""What lies in people's inboxes: the non-delivery reports of mails that bounced, and whatever a test puts beside them."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from localhost.simulator.errors import GraphError
from localhost.simulator.methods import stamp
from localhost.simulator.odata import page, selected
from localhost.simulator.wire import Answer, Call

if TYPE_CHECKING:
    from localhost.simulator.world import World

NDR = "REPORT.IPM.Note.NDR"  # the item class of a non-delivery report [d]
KEPT = 2_000  # a soak test must not fill the memory
PAGE, LARGEST = 10, 1000  # of messages [d]
PREVIEW = 255  # characters of bodyPreview [d]

# Of the filters that Exchange knows, the two that whoever looks for reports needs.
SINCE = re.compile(r"receivedDateTime ge (\S+)")
CLASS = re.compile(
    r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id eq 'String 0x001A' and \1/value eq '([^']*)'\s*\)"
)


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    at: datetime
    to: str  # whose inbox
    subject: str
    body: str  # text
    item_class: str = "IPM.Note"


FIELDS: dict[str, Callable[[Message], Any]] = {
    "id": lambda message: message.id,
    "subject": lambda message: message.subject,
    "receivedDateTime": lambda message: stamp(message.at),
    "bodyPreview": lambda message: message.body[:PREVIEW],
    "body": lambda message: {"contentType": "text", "content": message.body},
}


class Inbox:
    """All inboxes in one. `bouncing` are addresses that take no mail, each with the status code of the report."""

    def __init__(self) -> None:
        self.bouncing: dict[str, str] = {}
        self._messages: deque[Message] = deque(maxlen=KEPT)

    def put(self, at: datetime, *, to: str, subject: str, body: str, item_class: str = "IPM.Note") -> Message:
        message = Message(uuid4().hex, at, to, subject, body, item_class)
        self._messages.append(message)
        return message

    def bounce(self, at: datetime, *, sender: str, to: str, subject: str) -> None:
        """The report that Exchange sends: its subject is the mail's behind a word, the reason is in the text. [c]"""
        code = self.bouncing[to.lower()]
        body = (
            f"Delivery has failed to these recipients or groups:\n\n{to}\n\n"
            "Your message couldn't be delivered.\n\n"
            "Diagnostic information for administrators:\n\n"
            f"{to}\nRemote server returned '550 {code} The mail was not taken'\n\n"
            f"Original message headers:\n\nReceived: from AB1PR01MB2345.example (10.1.2.3) id 15.20.4.1\n"
            f"From: {sender}\nTo: {to}\nSubject: {subject}\n"
        )
        self.put(at, to=sender, subject=f"Undeliverable: {subject}", body=body, item_class=NDR)

    def of(self, address: str) -> list[Message]:
        """Newest first."""
        return [message for message in reversed(self._messages) if message.to.lower() == address.lower()]


def list_inbox(world: "World", call: Call) -> Answer:
    """`GET /users/{id}/mailFolders/inbox/messages` with $filter, $select and $top; bodies only as text. [d]"""
    messages = world.inbox.of(call.target.upn)
    for test in _tests(call.params.get("$filter", "")):
        messages = [message for message in messages if test(message)]
    names = selected(call, frozenset(FIELDS), tuple(FIELDS))
    if "body" in names and 'outlook.body-content-type="text"' not in call.headers.get("prefer", ""):
        raise GraphError(400, "BadRequest", "The simulator has bodies as text only: Prefer must ask for it.")
    where = f"users('{call.target.id}')/mailFolders('inbox')/messages"
    return page(
        call,
        messages,
        lambda message: {"id": message.id} | {name: FIELDS[name](message) for name in names},  # the id always comes [d]
        where,
        size=PAGE,
        largest=LARGEST,
    )


def _tests(text: str) -> list[Callable[[Message], bool]]:
    """Both conditions or one of them, joined by `and`."""
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
