"""Read a cookie of a call, and write one."""

from http.cookies import CookieError, SimpleCookie

import azure.functions as func

from services import Services


def cookie(req: func.HttpRequest, name: str) -> str:
    """Return the value of a cookie, "" where there is none."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(req.headers.get("Cookie", ""))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def set_cookie(
    services: Services, name: str, value: str, *, seconds: int, path: str = "/console", same_site: str = "Strict"
) -> str:
    """Return a Set-Cookie header for the pages below `path`."""
    secure = "; Secure" if services.settings.public_base_url.startswith("https:") else ""
    return f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"
