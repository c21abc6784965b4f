"""`POST /users/{from}/sendMail`: into the mailbox, or back as a non-delivery report."""

from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.world import World


def send_mail(world: World, request: Request) -> Response:
    """Serve `POST /users/{from}/sendMail`: 202 without a body [d]."""
    message = request.json().get("message")
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
            world.inbox.bounce(world.clock(), sender=request.path_user.upn, to=address, subject=subject)
    arrived = tuple(address for address in to if address.lower() not in world.inbox.bouncing)
    if not arrived:  # accepted all the same: a bounce shows later, and only in the sender's inbox
        return Response(202)
    world.mailbox.put(
        world.clock(),
        sender=request.path_user.upn,
        to=arrived,
        subject=subject,
        content_type=kind,
        content=str(body.get("content", "")),
        headers=headers,
    )
    return Response(202)
