"""The mails that `sendMail` accepted, in one mailbox for all recipients."""

import re
from collections import deque
from dataclasses import dataclass, field, fields
from datetime import datetime
from html import unescape
from typing import Any

from localhost.simulator.model.timestamps import stamp

LINK = re.compile(r"""<a\s[^>]*?href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
KEPT = 2_000  # a soak test must not fill the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail as `sendMail` got it."""

    to: tuple[str, ...]
    subject: str
    content_type: str  # "html" or "text"
    content: str
    text: str = ""  # the alternative to HTML, of a mail in MIME
    headers: dict[str, str] = field(default_factory=dict)
    saved: bool = True  # whether a copy stays in the sender's mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail(Letter):
    """A mail that arrived."""

    number: int
    at: datetime
    sender: str

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
            "text": self.text,
            "savedToSentItems": self.saved,
            "links": self.links,
            "headers": self.headers,
        }


class Mailbox:
    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=KEPT)
        self._last = 0

    def put(self, at: datetime, sender: str, letter: Letter, to: tuple[str, ...] = ()) -> Mail:
        """Keep a mail, for those of its recipients that are named or for all."""
        self._last += 1
        values = {each.name: getattr(letter, each.name) for each in fields(letter)}
        mail = Mail(**values | {"to": to or letter.to}, number=self._last, at=at, sender=sender)
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
