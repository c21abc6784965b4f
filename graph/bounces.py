"""Which mails did not arrive: the non-delivery reports in the inbox of the sender.

`sendMail` answers before a mail is delivered. When it is not, Exchange puts a message of the class `REPORT.IPM.Note.NDR` into the
sender's inbox (the class is the extended property 0x001A, PidTagMessageClass). Nothing documented names the address that failed,
so a report is known by the reference of the mail that it repeats, and why is read from the enhanced status code in it (RFC 3463).
"""

import re
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from domain.model import iso
from domain.request.mail_references import references_in
from graph.client import GraphClient, segment
from graph.errors import Fault, GraphError
from graph.responses import items_in

_REPORTS = "singleValueExtendedProperties/any(ep: ep/id eq 'String 0x001A' and ep/value eq 'REPORT.IPM.Note.NDR')"
# Reports are rare; a mailbox flooded with them costs this many calls and no more.
_PAGES, _PAGE = 10, 50
_TEXT = {"Prefer": 'outlook.body-content-type="text"'}

# "550 5.1.10 ..." and "#5.1.1"; addresses and version numbers have more or longer parts, and more digits around.
_AFTER_REPLY = re.compile(r"(?<!\d)[45]\d\d[ -]#?([45]\.\d{1,3}\.\d{1,3})(?![.\d])", re.ASCII)
_ALONE = re.compile(r"(?<![.\d])([45]\.\d{1,3}\.\d{1,3})(?![.\d])", re.ASCII)

# By the longest beginning of the code. RFC 3463, and for 5.4.1 and 5.7 what Exchange Online means by them.
_WORDS = {
    "1": "The address does not exist or cannot be used",
    "2": "The mailbox takes no mail",
    "2.2": "The mailbox is full",
    "3": "The mail system there does not take the mail",
    "4": "The mail did not find its way there",
    "4.1": "The address was refused; it may not exist",
    "5": "The mail system there does not take the mail",
    "6": "The content of the mail is not taken there",
    "7": "A rule there or here does not let the mail through",
}


class Bounce(NamedTuple):
    """One report: the references of mails found in it, and the status code ("" where it names none)."""

    references: frozenset[str]
    code: str

    @property
    def detail(self) -> str:
        """Why in plain words. Never the report's own: anybody can write one."""
        if not self.code:
            return "The mail came back, and the report does not say why"
        _, subject, number = self.code.split(".")
        words = _WORDS.get(f"{subject}.{number}") or _WORDS.get(subject) or "The mail came back"
        return f"{words} ({self.code})"


async def read_bounces(client: GraphClient, mailbox: str, since: datetime) -> list[Bounce]:
    """Return the reports received since then that have a reference in them.

    Raises: GraphError; FORBIDDEN without Mail.Read.
    """
    query = {
        "$filter": f"receivedDateTime ge {iso(since)} and {_REPORTS}",
        "$select": "id,subject,receivedDateTime,body",
        "$top": str(_PAGE),
    }
    inbox = f"users/{segment(mailbox)}/mailFolders/inbox/messages"
    page: str | None = f"{inbox}?" + "&".join(f"{name}={quote(text, safe='')}" for name, text in query.items())
    found: list[Bounce] = []
    for _ in range(_PAGES):
        if page is None:
            break
        body = await client.get(page, headers=_TEXT)
        found += [_bounce(item) for item in items_in(body, last=False)]
        page = _following(client, body.get("@odata.nextLink"))
    return [bounce for bounce in found if bounce.references]


async def can_read(client: GraphClient, mailbox: str) -> bool:
    """Return whether the inbox may be read at all.

    Raises: GraphError for every other trouble.
    """
    try:
        await client.get(f"users/{segment(mailbox)}/mailFolders/inbox/messages?$top=1&$select=id")
    except GraphError as error:
        if error.fault is Fault.FORBIDDEN:
            return False
        raise
    return True


def _bounce(item: dict[str, Any]) -> Bounce:
    body = item.get("body")
    content = str(body.get("content") or "") if isinstance(body, dict) else ""
    text = f"{item.get('subject') or ''}\n{content}"
    code = _AFTER_REPLY.search(text) or _ALONE.search(text)
    return Bounce(references_in(text), code[1] if code else "")


def _following(client: GraphClient, link: object) -> str | None:
    if not isinstance(link, str) or not link:
        return None
    # The link repeats the mailbox in Graph's own spelling, so only its end and its host can be compared.
    if not client.serves(link) or not urlsplit(link).path.lower().endswith("/messages"):
        raise GraphError(Fault.REFUSED, "Graph's next page is not a page of the same list")
    return link
