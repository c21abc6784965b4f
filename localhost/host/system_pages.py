"""What the Functions host serves beside an app's functions: a page at `/`, and its own administration, which needs keys."""

import re

from starlette.responses import HTMLResponse, Response

_HOME = """<!DOCTYPE html>
<html lang="en"><head><title>Functions</title></head><body><p>Your function app is up and running.</p></body></html>
"""
# The host's own keys open these; the local host has none.
_PROTECTED = re.compile(r"/(admin|runtime/webhooks/durabletask)(/.*)?", re.IGNORECASE)


def system_page(path: str) -> Response | None:
    """The host's own response for a path; None where the path may be a function's."""
    if path == "/":
        return HTMLResponse(_HOME)
    return Response(status_code=401) if _PROTECTED.fullmatch(path) else None
