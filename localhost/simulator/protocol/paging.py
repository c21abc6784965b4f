"""One page of a list: $top, $skiptoken, $count."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response, context

PAGE = 100  # Graph's page for users without $top [d]
LARGEST = 999  # $top of users [d]


def page(
    request: Request,
    rows: Sequence[Any],
    show: Callable[[Any], dict[str, Any]],
    what: str,
    *,
    size: int = PAGE,
    largest: int = LARGEST,
) -> Response:
    """Return one page of `rows`, with a link to the next one when there is more."""
    params = request.params
    try:
        top = int(params.get("$top", size))
        start = int(urlsafe_b64decode(params["$skiptoken"])) if "$skiptoken" in params else 0
    except ValueError as error:
        raise GraphError(400, "Directory_ExpiredPageToken", "The specified page token is not valid.") from error
    if not 1 <= top <= largest:
        raise GraphError(
            400, "Request_UnsupportedQuery", f"Invalid page size specified: '{top}'. Must be 1 to {largest}."
        )
    body: dict[str, Any] = {"@odata.context": context(request, what)}
    if request.options.counted:
        body["@odata.count"] = len(rows)
    if start + top < len(rows):
        token = urlsafe_b64encode(str(start + top).encode()).decode()
        link = {**params, "$skiptoken": token}
        body["@odata.nextLink"] = f"{request.base}{request.raw_path}?{urlencode(link)}"
    body["value"] = [show(row) for row in rows[start : start + top]]
    return Response(200, body)
