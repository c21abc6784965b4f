"""Messages in inboxes: the non-delivery reports of mails that bounced, and what a test adds."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

NDR = "REPORT.IPM.Note.NDR"  # the item class of a non-delivery report [d]
KEPT = 2_000  # a soak test must not fill the memory


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    at: datetime
    to: str  # whose inbox
    subject: str
    body: str  # text
    item_class: str = "IPM.Note"


class Inbox:
    """All inboxes in one. `bouncing` are addresses that accept no mail, each with the status code of the report."""

    def __init__(self) -> None:
        self.bouncing: dict[str, str] = {}
        self._messages: deque[Message] = deque(maxlen=KEPT)

    def put(self, at: datetime, *, to: str, subject: str, body: str, item_class: str = "IPM.Note") -> Message:
        message = Message(uuid4().hex, at, to, subject, body, item_class)
        self._messages.append(message)
        return message

    def bounce(self, at: datetime, *, sender: str, to: str, subject: str) -> None:
        """Add the report that Exchange sends: a word before the mail's subject, the reason in the text [c]."""
        code = self.bouncing[to.lower()]
        body = (
            f"Delivery has failed to these recipients or groups:\n\n{to}\n\n"
            "Your message couldn't be delivered.\n\n"
            "Diagnostic information for administrators:\n\n"
            f"{to}\nRemote server returned '550 {code} The mail was not accepted'\n\n"
            f"Original message headers:\n\nReceived: from AB1PR01MB2345.example (10.1.2.3) id 15.20.4.1\n"
            f"From: {sender}\nTo: {to}\nSubject: {subject}\n"
        )
        self.put(at, to=sender, subject=f"Undeliverable: {subject}", body=body, item_class=NDR)

    def of(self, address: str) -> list[Message]:
        """Newest first."""
        return [message for message in reversed(self._messages) if message.to.lower() == address.lower()]
