"""Lists over several customers against a Graph that this test plays itself."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from graph.client import Graph
from graph.listing import UserPage, list_users
from graph.user_pages import Query

ENDPOINT = "http://127.0.0.1:9"


class Tokens:
    async def of(self, tenant_id: str) -> str:
        return tenant_id

    def now(self) -> float:
        return 0.0

    def forget(self, tenant_id: str, *, before: float) -> None: ...


async def listed(answer: Callable[[httpx.Request], httpx.Response], query: Query | None = None) -> UserPage:
    graph = Graph(ENDPOINT, Tokens(), httpx.MockTransport(answer))  # type: ignore[arg-type]
    try:
        return await list_users(graph, {"a": "tenant-a"}, query or Query(), None, 10)
    finally:
        await graph.close()


def users(*names: str, **more: Any) -> httpx.Response:
    value = [{"id": name, "displayName": name, "userPrincipalName": name} for name in names]
    return httpx.Response(200, text=json.dumps({"value": value} | more))


async def test_a_next_link_to_anywhere_else_is_not_followed() -> None:
    for link in ("https://evil.example/v1.0/users?$skiptoken=x", f"{ENDPOINT}/v1.0/organization?$skiptoken=x"):
        asked: list[str] = []

        def answer(request: httpx.Request, link: str = link, asked: list[str] = asked) -> httpx.Response:
            asked.append(str(request.url))
            return users("u", **{"@odata.nextLink": link})

        page = await listed(answer)
        assert page.faults.keys() == {"a"}
        assert len(asked) == 1


async def test_a_next_link_without_a_page_token_goes_on_by_its_query() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("page") == "2":
            return users("v")
        return users("u", **{"@odata.nextLink": f"{ENDPOINT}/v1.0/users?page=2"})

    page = await listed(answer)
    assert [row.user.id for row in page.users] == ["u", "v"]
    assert page.spots == {}


async def test_a_directory_that_cannot_sort_or_search_is_asked_for_less() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "$orderby" in request.url.params or "$search" in request.url.params:
            return httpx.Response(400, json={"error": {"code": "BadRequest", "message": "not supported"}})
        assert "startswith(displayName,'o''neil')" in request.url.params["$filter"]
        return users("u")

    page = await listed(answer, Query(search="o'neil"))
    assert [row.user.id for row in page.users] == ["u"]
