"""Read the cookies of a call."""

from http.cookies import CookieError, SimpleCookie

import azure.functions as func


def cookies(req: func.HttpRequest) -> dict[str, str] | None:
    """Return the values of all cookies by their names; None for a header that is not one of cookies."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(req.headers.get("Cookie", ""))
    except CookieError:
        return None
    return {name: morsel.value for name, morsel in jar.items()}


def cookie(req: func.HttpRequest, name: str) -> str:
    """Return the value of a cookie, "" where there is none."""
    return (cookies(req) or {}).get(name, "")
