"""The mails that `sendMail` took: one mailbox for all, as nobody has a real one here."""

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING, Any

from localhost.simulator.errors import GraphError
from localhost.simulator.methods import stamp
from localhost.simulator.wire import Answer, Call

if TYPE_CHECKING:
    from localhost.simulator.world import World

LINK = re.compile(r"""<a\s[^>]*?href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
KEPT = 2_000  # a soak test must not fill the memory


@dataclass(frozen=True, slots=True)
class Mail:
    number: int
    at: datetime
    sender: str
    to: tuple[str, ...]
    subject: str
    content_type: str  # "html" or "text"
    content: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def links(self) -> list[str]:
        return [unescape(link) for link in LINK.findall(self.content)]

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "at": stamp(self.at),
            "from": self.sender,
            "to": list(self.to),
            "subject": self.subject,
            "contentType": self.content_type,
            "body": self.content,
            "links": self.links,
            "headers": self.headers,
        }


class Mailbox:
    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=KEPT)
        self._last = 0

    def put(
        self,
        at: datetime,
        *,
        sender: str,
        to: tuple[str, ...],
        subject: str,
        content_type: str,
        content: str,
        headers: dict[str, str] | None = None,
    ) -> Mail:
        self._last += 1
        mail = Mail(self._last, at, sender, to, subject, content_type, content, headers or {})
        self._mails.append(mail)
        return mail

    def get(self, number: int) -> Mail | None:
        return next((mail for mail in self._mails if mail.number == number), None)

    def to(self, address: str | None = None) -> list[Mail]:
        """Newest first; of one recipient, or all."""
        wanted = address.lower() if address else None
        return [mail for mail in reversed(self._mails) if wanted is None or wanted in {to.lower() for to in mail.to}]

    def clear(self) -> None:
        self._mails.clear()

    def __len__(self) -> int:
        return len(self._mails)


def send_mail(world: "World", call: Call) -> Answer:
    """`POST /users/{from}/sendMail`: 202 without a body. [d]"""
    message = call.json().get("message")
    if not isinstance(message, dict):
        raise GraphError(400, "ErrorInvalidRequest", "The message is missing.")
    to = tuple(
        str(recipient["emailAddress"]["address"])
        for recipient in message.get("toRecipients") or []
        if recipient.get("emailAddress", {}).get("address")
    )
    if not to:
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is needed.")
    body = message.get("body") or {}
    headers = {
        str(header.get("name")): str(header.get("value")) for header in message.get("internetMessageHeaders") or []
    }
    if any(not name.lower().startswith("x-") for name in headers):
        # Custom headers only. [d]
        raise GraphError(400, "InvalidInternetMessageHeader", "The header's name must begin with 'x-' or 'X-'.")
    kind = str(body.get("contentType", "text")).lower()
    subject = str(message.get("subject", ""))
    for address in to:
        if address.lower() in world.inbox.bouncing:
            world.inbox.bounce(world.clock(), sender=call.target.upn, to=address, subject=subject)
    arrived = tuple(address for address in to if address.lower() not in world.inbox.bouncing)
    if not arrived:  # taken all the same: that a mail bounces shows later, and only in the sender's inbox
        return Answer(202)
    world.mailbox.put(
        world.clock(),
        sender=call.target.upn,
        to=arrived,
        subject=subject,
        content_type=kind,
        content=str(body.get("content", "")),
        headers=headers,
    )
    return Answer(202)
