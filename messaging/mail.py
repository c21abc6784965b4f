"""Sends mail through Graph, from the provider's own mailbox."""

from base64 import b64encode
from email.errors import HeaderParseError, NonASCIILocalPartDefect
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from graph.client import Graph, segment
from messaging.mail_text import Mail


async def send_mail(graph: Graph, home_tenant: str, mail_from: str, mail: Mail) -> None:
    """Send the HTML of a mail, of which no copy stays in the sender's mailbox: for links that are secrets of their readers.

    Exchange makes the text for clients without HTML of it. Graph has no idempotency key for sendMail: a call that got no answer
    may have sent the mail, so a repeat may send it twice.

    Raises: GraphError when Graph does not take it.
    """
    body = {
        "message": {
            "subject": mail.subject,
            "body": {"contentType": "HTML", "content": mail.html},
            "toRecipients": [{"emailAddress": {"address": mail.to}}],
        },
        "saveToSentItems": False,
    }
    await _send(graph, home_tenant, mail_from, body)


async def send_multipart_mail(graph: Graph, home_tenant: str, mail_from: str, mail: Mail) -> None:
    """Send a mail as text and HTML, of which a copy stays in the sender's mailbox: Graph has no way to leave it out.

    The body is the mail in MIME, in base64, as `text/plain`: https://learn.microsoft.com/graph/outlook-send-mime-message. That
    `saveToSentItems` cannot be said with it: https://github.com/microsoftgraph/microsoft-graph-docs/issues/18698.

    Raises: GraphError when Graph does not take it.
    """
    mime = as_mime(mail, mail_from)
    if mime is None:
        await send_mail(graph, home_tenant, mail_from, mail)
    else:
        await _send(graph, home_tenant, mail_from, b64encode(mime).decode())


def as_mime(mail: Mail, mail_from: str) -> bytes | None:
    """Return the mail as `multipart/alternative` (RFC 2046, 5.1.4), or None for an address that has no form in ASCII."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(addr_spec=mail_from)
        message["To"] = Address(addr_spec=mail.to)
    except (HeaderParseError, NonASCIILocalPartDefect, ValueError):
        return None
    message["Subject"] = mail.subject
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notice comes back
    # Base64, because lines of any length survive it.
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    return message.as_bytes()


async def _send(graph: Graph, home_tenant: str, mail_from: str, body: dict[str, object] | str) -> None:
    answer = await graph.of(home_tenant).send("POST", f"users/{segment(mail_from)}/sendMail", body=body)
    if not answer.ok:
        raise answer.error()
