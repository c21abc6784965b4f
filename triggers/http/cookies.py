"""Read a cookie of a call."""

from http.cookies import CookieError, SimpleCookie

import azure.functions as func


def cookie(req: func.HttpRequest, name: str) -> str:
    """Return the value of a cookie, "" where there is none."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(req.headers.get("Cookie", ""))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""
