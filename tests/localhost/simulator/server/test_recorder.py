import json
from pathlib import Path
from typing import Any

import pytest

from localhost.simulator import World
from localhost.simulator.server.recorder import VARIABLE
from localhost.simulator.testing import client_for


async def test_different_calls_are_written_once_with_their_responses(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "calls.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))
    headers = {"ConsistencyLevel": "eventual"}
    async with client_for(world) as graph:
        for user in ("adele", "alex"):
            await graph.get(f"/v1.0/users/{user}@contoso.com?$select=id")
        await graph.get("/v1.0/users/nobody@contoso.com?$select=id")
        await graph.get("/v1.0/users?$filter=userType eq 'Guest'&$count=true&$select=id", headers=headers)
        request = {"id": "1", "method": "GET", "url": "/organization?$select=id"}
        await graph.post("/v1.0/$batch", json={"requests": [request]})
        await graph.get("/simulator/calls")
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    adele = world.user("contoso", "adele@contoso.com").id
    context = "http://graph.test/v1.0/$metadata#users/$entity"
    assert lines[0] == {
        "method": "GET",
        "url": "/v1.0/users/adele@contoso.com?$select=id",
        "headers": {},
        "body": None,
        "response": {"@odata.context": context, "id": adele},
    }
    assert [(line["url"].partition("?")[0], line["response"] is None) for line in lines[1:]] == [
        ("/v1.0/users/nobody@contoso.com", True),
        ("/v1.0/users", False),
        ("/v1.0/organization", False),
        ("/v1.0/$batch", True),
    ]
    assert lines[2]["headers"] == headers
    assert lines[4]["body"] == {"requests": [request]}


async def test_nothing_is_written_where_no_file_is_named(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with client_for(world) as graph:
        await graph.get("/v1.0/organization")
    assert not [*tmp_path.iterdir()]  # noqa: ASYNC240 - a local folder
