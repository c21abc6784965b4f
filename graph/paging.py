"""Lists that come in pages: always read to the end, because half a list would suggest that the rest does not exist."""

from collections.abc import Mapping
from typing import Any

from graph.client import GraphClient
from graph.errors import Fault, GraphError
from graph.responses import Response

_MAX_PAGES = 100  # a list that never ends is a fault


async def follow_next_links(
    client: GraphClient, answer: Response, *, version: str = "v1.0", headers: Mapping[str, str] | None = None
) -> Response:
    """Return `answer` with the items of all further pages, or the failed response to one of those pages.

    A response of one page, or without a list, is returned as it is.

    Raises: GraphError when a page gets no response, or a link leads to another host than the configured Graph.
    """
    items: list[Any] = []
    for _ in range(_MAX_PAGES):
        link = answer.body.get("@odata.nextLink") if answer.ok else None
        if link is None:
            return answer._replace(body=answer.body | {"value": [*items, *answer.items()]}) if items else answer
        items += answer.items(last=False)
        if not client.serves(str(link)):
            raise GraphError(Fault.REFUSED, "Graph's next page is not a page of the same Graph")
        answer = await client.send("GET", str(link), version=version, headers=headers)
    raise GraphError(Fault.UNAVAILABLE, f"a list has more than {_MAX_PAGES} pages")


async def read_all(client: GraphClient, path: str) -> list[dict[str, Any]]:
    """Return the items of all pages of the list at `path`. Raises: GraphError."""
    return (await follow_next_links(client, await client.send("GET", path))).items()
