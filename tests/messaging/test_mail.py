from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from messaging.mail import as_mime
from messaging.mail_text import Mail

SENDER = "mfa-reset@msp.example"
MAIL = Mail("tech@msp.example", "MFA reset of Zoë completed", "<p>Zoë: reset</p>", "Zoë: reset\n")


def test_a_mail_in_mime_has_text_first_and_html_last() -> None:
    mime = as_mime(MAIL, SENDER)
    assert mime is not None
    assert mime.isascii()
    assert max(len(line) for line in mime.split(b"\r\n")) <= 998  # RFC 5322, 2.1.1
    message = message_from_bytes(mime, EmailMessage, policy=default)
    assert message.get_content_type() == "multipart/alternative"
    parts = [(part.get_content_type(), part.get_content().strip()) for part in message.iter_parts()]
    assert parts == [("text/plain", "Zoë: reset"), ("text/html", "<p>Zoë: reset</p>")]
    assert (message["To"], message["From"], message["Subject"]) == (MAIL.to, SENDER, MAIL.subject)
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("address", ["zoë@msp.example", "not an address", "a@b.example\r\nBcc: evil@x.example"])
def test_an_address_that_has_no_form_in_a_header_makes_no_mime(address: str) -> None:
    assert as_mime(MAIL._replace(to=address), SENDER) is None
