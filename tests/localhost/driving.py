"""Small steps over HTTP that the tests of the local host share."""

from pathlib import Path
from typing import Any

import httpx

APPS = Path(__file__).parent / "apps"


class Driver:
    """Talks to apps/durable_app.py."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def start(self, name: str, data: Any = None, instance_id: str | None = None) -> str:
        params = {"id": instance_id} if instance_id else {}
        answer = await self.http.post(f"/api/start/{name}", json=data, params=params)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def state(self, instance_id: str) -> dict[str, Any]:
        answer = await self.http.get(f"/api/instances/{instance_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def output(self, instance_id: str) -> Any:
        state = await self.state(instance_id)
        assert state["status"] == "COMPLETED", state
        return state["output"]

    async def post(self, path: str, data: Any = None) -> httpx.Response:
        return await self.http.post(f"/api/{path}", json=data)
