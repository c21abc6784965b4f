"""Sends mail through Graph, from the provider's own mailbox."""

from graph.client import Graph, segment
from messaging.mail_text import Mail


async def send_mail(graph: Graph, home_tenant: str, mail_from: str, mail: Mail) -> None:
    """Send one mail through Graph.

    Graph has no idempotency key for sendMail: a call that got no answer may have sent the mail, so a repeat may send it twice.

    Raises: GraphError when Graph does not take it.
    """
    body = {
        "message": {
            "subject": mail.subject,
            "body": {"contentType": "HTML", "content": mail.html},
            "toRecipients": [{"emailAddress": {"address": mail.to}}],
        },
        # The link in an approval mail is a secret of the approver's: no copy stays in the sender's mailbox.
        "saveToSentItems": False,
    }
    answer = await graph.of(home_tenant).send("POST", f"users/{segment(mail_from)}/sendMail", body=body)
    if not answer.ok:
        raise answer.error()
