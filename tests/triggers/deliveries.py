"""Signed deliveries of the demo policy's helpdesk."""

import json
from typing import Any

import httpx

from domain.ingress.signatures import sign_standard
from tests.system import HELPDESK_SECRET, System


def ticket(*users: str, **more: Any) -> dict[str, Any]:
    """The helpdesk's body for users of contoso."""
    people = [{"organization": "contoso", "email": user} for user in users or ("adele@contoso.com",)]
    agent = {"email": "tech@msp.example"}
    return {"ticket": {"id": "INC1", "subject": "Lost phone", "agent": agent, "users": people} | more}


async def deliver(it: System, delivery_id: str, body: object) -> httpx.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = sign_standard(HELPDESK_SECRET, delivery_id, it.services.now(), raw)
    async with httpx.AsyncClient(base_url=it.host.base_url, timeout=60) as http:  # without the function key
        return await http.post("/api/webhooks/helpdesk", content=raw, headers=headers)


def requests_of(it: System) -> set[str]:
    """The ids of all orchestrations of requests."""
    return {instance for instance in it.host.instance_ids() if ":" not in instance}
