"""Lists that come in pages: followed to their end, because half a list would say that the rest is not there."""

from collections.abc import Mapping
from typing import Any

from graph.client import GraphClient
from graph.errors import Fault, GraphError
from graph.responses import Response

_MOST = 100  # pages; a list that never ends is a fault


async def whole(
    client: GraphClient, answer: Response, *, version: str = "v1.0", headers: Mapping[str, str] | None = None
) -> Response:
    """`answer` with the items of all further pages; the answer to a further page where that is none of a list.

    An answer of one page, or without a list, is as it was. Raises GraphError where a page got no answer, or the list goes on
    anywhere but at our Graph.
    """
    items: list[Any] = []
    for _ in range(_MOST):
        link = answer.body.get("@odata.nextLink") if answer.ok else None
        if link is None:
            return answer._replace(body=answer.body | {"value": [*items, *answer.items()]}) if items else answer
        items += answer.items(last=False)
        if not client.serves(str(link)):
            raise GraphError(Fault.REFUSED, "Graph's next page is not a page of the same Graph")
        answer = await client.send("GET", str(link), version=version, headers=headers)
    raise GraphError(Fault.UNAVAILABLE, f"a list has more than {_MOST} pages")


async def read_all(client: GraphClient, path: str) -> list[dict[str, Any]]:
    """The items of all pages. Raises GraphError."""
    return (await whole(client, await client.send("GET", path))).items()
