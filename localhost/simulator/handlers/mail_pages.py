"""The mailbox in a browser: `/mailbox`, `/mailbox/{n}`, and as data `/mailbox.json`."""

import hashlib
from base64 import b64encode
from html import escape

from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.mailbox import Mail
from localhost.simulator.world.world import World

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 46rem; padding: 1rem; }
h1 { font-size: 1.4rem; }
ul { list-style: none; margin: 0; padding: 0; }
li { border-top: 1px solid #8886; padding: .7rem 0; overflow-wrap: anywhere; }
li a { font-weight: 600; }
small, dt { color: GrayText; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 .8rem; overflow-wrap: anywhere; }
dd { margin: 0; }
iframe { background: Canvas; border: 1px solid #8886; border-radius: .4rem; height: 70vh; width: 100%; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""
_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
BASIC = "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
PAGE_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-src 'self'; {BASIC}"
# A mail brings its own styles and no scripts; its links replace the whole page, as a mail program would open them.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; form-action 'none';"
    " frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    " allow-top-navigation-by-user-activation"
)
SANDBOX = "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"


def _html(status: int, text: str, policy: str = PAGE_POLICY) -> Response:
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    return Response(status, text.encode(), headers)


def _page(title: str, content: str, status: int = 200) -> Response:
    return _html(
        status,
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{content}</main></body></html>",
    )


def _when(mail: Mail) -> str:
    return f'<time datetime="{mail.at.isoformat()}">{mail.at:%Y-%m-%d %H:%M:%S} UTC</time>'


def list_mails(world: World, request: Request) -> Response:
    address = request.params.get("to")
    mails = world.mailbox.to(address)
    rows = "".join(
        f'<li><a href="/mailbox/{mail.number}">{escape(mail.subject) or "(no subject)"}</a><br>'
        f"<small>to {escape(', '.join(mail.to))} · {_when(mail)}</small></li>"
        for mail in mails
    )
    heading = f"Mails to {escape(address)}" if address else "All mails"
    content = f'<ul aria-label="Mails, newest first">{rows}</ul>' if mails else "<p>No mail yet.</p>"
    return _page("Mailbox", f'<h1>{heading}</h1>{content}<p><a href="/mailbox">Reload</a></p>')


def get_json(world: World, request: Request) -> Response:
    return Response(200, {"value": [mail.as_json() for mail in world.mailbox.to(request.params.get("to"))]})


def _find(world: World, request: Request) -> Mail | None:
    number = request.ids["number"]
    return world.mailbox.get(int(number)) if number.isdecimal() else None


def get_mail(world: World, request: Request) -> Response:
    mail = _find(world, request)
    if mail is None:
        return _page("No such mail", '<h1>No such mail</h1><p><a href="/mailbox">All mails</a></p>', 404)
    if mail.content_type == "html":
        body = f'<iframe sandbox="{SANDBOX}" title="The mail" src="/mailbox/{mail.number}/body"></iframe>'
    else:
        body = f"<pre>{escape(mail.content)}</pre>"
    return _page(
        mail.subject or "Mail",
        f'<p><a href="/mailbox">All mails</a></p><h1>{escape(mail.subject)}</h1>'
        f"<dl><dt>From</dt><dd>{escape(mail.sender)}</dd><dt>To</dt><dd>{escape(', '.join(mail.to))}</dd>"
        f"<dt>Sent</dt><dd>{_when(mail)}</dd></dl>{body}",
    )


def get_body(world: World, request: Request) -> Response:
    """Return what the frame shows: the mail's own HTML, in a sandbox."""
    mail = _find(world, request)
    if mail is None:
        return _html(404, "no such mail", MAIL_POLICY)
    return _html(200, f'<!doctype html><base target="_top">{mail.content}', MAIL_POLICY)
