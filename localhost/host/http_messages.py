"""HTTP requests and responses as the Functions host translates them for a function, and back.

Source: GrpcMessageConversionExtensions and RawScriptResult in github.com/Azure/azure-functions-host, and what was recorded
at a real host (tests/localhost/host/recorded.json).
"""

import re
from collections.abc import Iterable
from email.utils import format_datetime
from http.cookies import Morsel
from typing import Any
from urllib.parse import quote, unquote

from azure_functions_runtime.bindings.datumdef import Datum, parse_cookie_attr_expires
from starlette.requests import Request
from starlette.responses import Response

# What may stand in a path unescaped (PathString.ToUriComponent of ASP.NET Core).
_PATH_SAFE = "/!$&'()*+,;=:@-._~"
_ESCAPED = re.compile(r"(%[0-9A-Fa-f]{2})")
_SLASH = re.compile(r"(%2F)", re.IGNORECASE)


def decoded_path(request: Request) -> str:
    """The path as routes see it: decoded but for `%2F`, which Kestrel leaves alone."""
    raw = bytes(request.scope["raw_path"]).decode("ascii", "replace")
    return "".join(part if number % 2 else unquote(part) for number, part in enumerate(_SLASH.split(raw)))


def request_datum(request: Request, parameters: dict[str, str], body: bytes) -> Datum:
    """A request for a function. `parameters` are those of its route."""
    return Datum(
        {
            "method": Datum(request.method, "string"),
            "url": Datum(_url(request), "string"),
            "headers": _joined(request.headers.items()),
            "query": _joined((name, value) for name, value in request.query_params.multi_items() if value),
            "params": {name: Datum(value, "string") for name, value in parameters.items()},
            "body": Datum(body, "bytes"),
        },
        "http",
    )


def has_length(request: Request) -> bool:
    """Whether the function gets the body: without a length the host does not read it (its issue 7930)."""
    return "content-length" in request.headers and "transfer-encoding" not in request.headers


def response_of(answer: Datum | None) -> Response:
    """The response for what a function returned."""
    if answer is None or answer.value is None:
        return Response(status_code=204)
    if answer.type != "http":
        return Response(str(answer.value), media_type="text/plain")
    value: dict[str, Any] = answer.value
    response = Response(value["body"].value, int(value["status_code"].value))
    for name, header in value["headers"].items():
        if name.lower() != "content-length":  # counted from the body
            response.headers[name] = header.value
    for cookie in value["cookies"] or ():
        for morsel in cookie.values():
            response.headers.append("set-cookie", _set_cookie(morsel))
    return response


def _joined(items: Iterable[tuple[str, str]]) -> dict[str, Datum]:
    """What comes more than once, in whatever case, is joined by commas; cookies too."""
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in items:
        values.setdefault(names.setdefault(name.lower(), name), []).append(value)
    return {name: Datum(",".join(each), "string") for name, each in values.items()}


def _url(request: Request) -> str:
    """The URL with its path escaped anew: `%40` becomes `@`. The query stays as it was sent."""
    parts = _ESCAPED.split(decoded_path(request))
    path = "".join(part if number % 2 else quote(part, safe=_PATH_SAFE) for number, part in enumerate(parts))
    query = bytes(request.scope["query_string"]).decode("ascii", "replace")
    return f"{request.url.scheme}://{request.url.netloc}{path}{f'?{query}' if query else ''}"


def _set_cookie(morsel: Morsel[str]) -> str:
    """A cookie as ASP.NET writes it: the value escaped, domain and path also where they are empty."""
    parts = [f"{morsel.key}={quote(morsel.value, safe='-._~')}"]
    if (expires := parse_cookie_attr_expires(morsel)) is not None:
        parts.append(f"expires={format_datetime(expires, usegmt=False).replace('-0000', 'GMT')}")
    if morsel["max-age"]:
        parts.append(f"max-age={int(morsel['max-age'])}")
    parts += [f"domain={morsel['domain']}", f"path={morsel['path']}"]
    parts += ["secure"] if morsel["secure"] else []
    parts += [f"samesite={morsel['samesite'].lower()}"] if morsel["samesite"] else []
    parts += ["httponly"] if morsel["httponly"] else []
    return "; ".join(parts)
