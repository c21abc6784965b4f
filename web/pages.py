"""Pages as text, and the headers that every page goes out with."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from web.icons import ICONS, STATUS_ICONS
from web.templating import environment

_FOLDER = Path(__file__).parent
# Inlined, so that a page is one request, and allowed by its hash, so that no other style is.
_STYLE = (_FOLDER / "static" / "style.css").read_text(encoding="utf-8").strip()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# Likewise the one script of an approval: a module of the console that counts anew when somebody is excluded.
_SCRIPT = (_FOLDER / "static/console/review.js").read_text(encoding="utf-8").strip() + (
    '\nreview(document.querySelector("[data-review]"));'
)
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
# It asks this service alone.
_SCRIPTED = f"script-src 'sha256-{_SCRIPT_HASH}'; connect-src 'self'; "

_PAGES = environment(_FOLDER / "templates")
_PAGES.globals["style"] = Markup(_STYLE)  # noqa: S704 - our own file
_PAGES.globals["script"] = Markup(_SCRIPT)  # noqa: S704 - our own file
_PAGES.globals["icon"] = ICONS
_PAGES.globals["status_icon"] = STATUS_ICONS

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{_STYLE_HASH}'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


def pages() -> Environment:
    """Return the templates of all pages."""
    return _PAGES


def render(template: str, **view: Any) -> str:
    """Return the page of `web/templates/<template>` for these views."""
    return _PAGES.get_template(template).render(**view)


def page_headers(*, scripted: bool = False) -> dict[str, str]:
    """Return the headers of a page; `scripted`: of one with the script that counts anew.

    `no-referrer` keeps the token of the address to this page. It also makes a browser send `Origin: null` with a form
    (Fetch standard, "append a request Origin header"; seen in Chromium 156), which the decision endpoint refuses.
    So the one page with a form relaxes itself to `same-origin` by a meta element: the same Chromium then sends the real
    `Origin` with the form and still no `Referer` to another site.
    """
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY.replace("style-src", f"{_SCRIPTED}style-src", 1)
        if scripted
        else _CONTENT_SECURITY_POLICY,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
