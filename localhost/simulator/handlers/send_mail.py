"""`POST /users/{from}/sendMail`: into the mailbox, or back as a non-delivery report."""

import binascii
from base64 import b64decode
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.mailbox import Letter
from localhost.simulator.world.world import World


def send_mail(world: World, request: Request) -> Response:
    """Serve `POST /users/{from}/sendMail`: 202 without a body [d]. What the body is, the content type says [d]."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    letter = _of_mime(request.body) if kind == "text/plain" else _of_json(request.json())
    if not letter.to:
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is needed.")
    sender = request.path_user.upn
    for address in letter.to:
        if address.lower() in world.inbox.bouncing:
            world.inbox.bounce(world.clock(), sender=sender, to=address, subject=letter.subject)
    arrived = tuple(address for address in letter.to if address.lower() not in world.inbox.bouncing)
    if arrived:  # accepted all the same where not: a bounce shows later, and only in the sender's inbox
        world.mailbox.put(world.clock(), sender, letter, arrived)
    return Response(202)


def _of_json(body: dict[str, Any]) -> Letter:
    message = body.get("message")
    if not isinstance(message, dict):
        raise GraphError(400, "ErrorInvalidRequest", "The message is missing.")
    to = tuple(
        str(recipient["emailAddress"]["address"])
        for recipient in message.get("toRecipients") or []
        if recipient.get("emailAddress", {}).get("address")
    )
    headers = {
        str(header.get("name")): str(header.get("value")) for header in message.get("internetMessageHeaders") or []
    }
    if any(not name.lower().startswith("x-") for name in headers):
        # Custom headers only. [d]
        raise GraphError(400, "InvalidInternetMessageHeader", "The header's name must begin with 'x-' or 'X-'.")
    text = message.get("body") or {}
    return Letter(
        to=to,
        subject=str(message.get("subject", "")),
        content_type=str(text.get("contentType", "text")).lower(),
        content=str(text.get("content", "")),
        headers=headers,
        saved=body.get("saveToSentItems") is not False,  # [d] the default is true
    )


def _of_mime(body: bytes) -> Letter:
    """Read a mail in MIME, which is base64 in the body [d]. It is always saved: nothing can say otherwise [c]."""
    try:
        content = b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        # [d] user-post-messages: malformed MIME
        raise GraphError(
            400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content."
        ) from error
    message = message_from_bytes(content, EmailMessage, policy=default)
    if message.defects or message["From"] is None or message["To"] is None:
        raise GraphError(400, "ErrorMimeContentInvalid", "The MIME content cannot be read.")
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    shown = html or text
    return Letter(
        to=tuple(address.addr_spec for address in message["To"].addresses),
        subject=str(message["Subject"] or ""),
        content_type="html" if html else "text",
        content=shown.get_content() if shown else "",
        text=text.get_content() if html and text else "",
        headers={name: str(value) for name, value in message.items() if name == "Auto-Submitted"},
        saved=True,
    )
