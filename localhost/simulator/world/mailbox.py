"""The mails that `sendMail` accepted, in one mailbox for all recipients."""

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from typing import Any

from localhost.simulator.model.timestamps import stamp

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
