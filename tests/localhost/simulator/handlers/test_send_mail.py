from base64 import b64encode
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.testing import client_for

HTML = '<p>Please <a href="http://127.0.0.1:7071/api/approvals/t?a=1&amp;b=2">decide</a>.</p><script>alert(1)</script>'


def mail(to: str = "lead@msp.example", subject: str = "Approve <b>3</b> resets", **more: Any) -> dict[str, Any]:
    message = {
        "subject": subject,
        "body": {"contentType": "HTML", "content": HTML},
        "toRecipients": [{"emailAddress": {"address": to}}],
    }
    return {"message": message | more, "saveToSentItems": False}


@pytest.fixture
def home(world: World) -> httpx.AsyncClient:
    return client_for(world, "home")


async def post(home: httpx.AsyncClient, body: dict[str, Any]) -> httpx.Response:
    return await home.post("/v1.0/users/mfa-reset@msp.example/sendMail", json=body)


async def test_a_mail_arrives(world: World, home: httpx.AsyncClient) -> None:
    reply = await post(home, mail(internetMessageHeaders=[{"name": "x-request", "value": "7"}]))
    assert (reply.status_code, reply.content) == (202, b"")
    await post(home, mail(to="owner@contoso.com"))
    first, second = reversed((await home.get("/mailbox.json")).json()["value"])
    assert (first["from"], first["to"]) == ("mfa-reset@msp.example", ["lead@msp.example"])
    assert first["links"] == ["http://127.0.0.1:7071/api/approvals/t?a=1&b=2"]
    assert (first["body"], first["headers"]) == (HTML, {"x-request": "7"})
    only = (await home.get("/mailbox.json?to=Owner@contoso.com")).json()["value"]
    assert only == [second]
    assert world.mailbox.to("lead@msp.example")[0].number == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"message": {"subject": "x"}}, mail(internetMessageHeaders=[{"name": "Reply-To", "value": "a@b.example"}])],
)
async def test_mails_that_are_refused(home: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await post(home, body)).status_code == 400


def mime(to: str = "lead@msp.example") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "mfa-reset@msp.example", to, "Reset"
    message.set_content("In words")
    message.add_alternative("<p>In HTML</p>", subtype="html")
    return b64encode(message.as_bytes())


async def post_mime(home: httpx.AsyncClient, body: bytes) -> httpx.Response:
    path = "/v1.0/users/mfa-reset@msp.example/sendMail"
    return await home.post(path, content=body, headers={"content-type": "text/plain"})


async def test_a_mail_in_mime_arrives_with_both_texts_and_is_saved(world: World, home: httpx.AsyncClient) -> None:
    assert (await post_mime(home, mime())).status_code == 202
    (arrived,) = world.mailbox.to("lead@msp.example")
    assert (arrived.content.strip(), arrived.text.strip()) == ("<p>In HTML</p>", "In words")
    assert (arrived.subject, arrived.sender, arrived.saved) == ("Reset", "mfa-reset@msp.example", True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"From: a@b.example", "ErrorMimeContentInvalidBase64String"),
        (b64encode(b"no headers"), "ErrorMimeContentInvalid"),
    ],
)
async def test_mime_that_is_refused(home: httpx.AsyncClient, body: bytes, code: str) -> None:
    reply = await post_mime(home, body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)


async def test_an_unknown_sender(home: httpx.AsyncClient) -> None:
    assert (await home.post("/v1.0/users/x@msp.example/sendMail", json=mail())).status_code == 404


async def test_the_pages(home: httpx.AsyncClient) -> None:
    empty = await home.get("/mailbox")
    assert "No mail yet" in empty.text
    await post(home, mail())
    page = await home.get("/mailbox")
    assert 'href="/mailbox/1"' in page.text
    assert "Approve &lt;b&gt;3&lt;/b&gt; resets" in page.text
    assert 'name="viewport"' in page.text
    one = await home.get("/mailbox/1")
    assert 'src="/mailbox/1/body"' in one.text
    assert "<script>" not in one.text
    for reply in (page, one):
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["x-content-type-options"] == "nosniff"


async def test_the_body_of_a_mail_is_in_a_sandbox(home: httpx.AsyncClient) -> None:
    await post(home, mail())
    body = await home.get("/mailbox/1/body")
    assert HTML in body.text
    policy = body.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "script-src" not in policy


async def test_a_text_mail_is_shown_as_text(home: httpx.AsyncClient) -> None:
    await post(home, mail(body={"contentType": "Text", "content": "a < b"}))
    assert "<pre>a &lt; b</pre>" in (await home.get("/mailbox/1")).text


@pytest.mark.parametrize("path", ["/mailbox/9", "/mailbox/x", "/mailbox/9/body"])
async def test_no_such_mail(home: httpx.AsyncClient, path: str) -> None:
    assert (await home.get(path)).status_code == 404
