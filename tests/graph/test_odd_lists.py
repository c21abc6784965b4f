"""Reads that no request waits for, such as the audit log's and the partner's: an odd value in them is a fault, never a crash."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from graph.access_passes import PassNotUsableError, make_pass
from graph.account_state import enabled_members
from graph.approver_groups import ApproverGroups
from graph.bounces import read_bounces
from graph.client import Graph
from graph.delegated_admin import read_delegated_customers, read_relationships
from graph.directory_audits import read_audit_entries, read_service_principal
from graph.errors import GraphError
from graph.managers import read_manager
from graph.sign_ins import read_sign_ins
from graph.tokens import SecretTokens, Tokens
from tests.odd_values import ODD, places, put
from tests.system import GRAPH, no_pause

TENANT = "11111111-1111-1111-1111-111111111111"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
BY = {
    "user": {"id": "u", "userPrincipalName": "a@b", "ipAddress": "192.0.2.1"},
    "app": {"appId": "x", "servicePrincipalId": "s", "displayName": "n"},
}
ENTRY = {
    "id": "a",
    "activityDateTime": "2026-01-02T00:00:00Z",
    "activityDisplayName": "x",
    "result": "success",
    "initiatedBy": BY,
    "targetResources": [{"id": "u", "type": "User"}],
}
SIGN_IN = {
    "createdDateTime": "2026-01-02T00:00:00Z",
    "status": {"errorCode": 0},
    "location": {"countryOrRegion": "DE"},
    "ipAddress": "192.0.2.1",
}
RELATIONSHIP = {
    "id": "r",
    "displayName": "n",
    "customer": {"tenantId": TENANT, "displayName": "c"},
    "status": "active",
    "endDateTime": "2026-02-01T00:00:00Z",
    "autoExtendDuration": "PT0S",
    "accessDetails": {"unifiedRoles": [{"roleDefinitionId": "x"}]},
}
PASS = {"id": "p", "temporaryAccessPass": "ABC", "isUsable": True, "value": [{"id": "q"}], "methodUsabilityReason": ""}

type Read = Callable[[Graph], Awaitable[object]]

READS: list[tuple[dict[str, Any], Read]] = [
    ({"value": [ENTRY, ENTRY]}, lambda graph: read_audit_entries(graph.of(TENANT), ["x"], SINCE)),
    ({"value": [{"id": "o", "appId": "app"}]}, lambda graph: read_service_principal(graph.of(TENANT), "app")),
    ({"value": [SIGN_IN, SIGN_IN]}, lambda graph: read_sign_ins(graph.of(TENANT), "u", SINCE)),
    ({"value": [RELATIONSHIP]}, lambda graph: read_relationships(graph.of(TENANT), no_pause)),
    (
        {"value": [{"tenantId": TENANT, "displayName": "c"}]},
        lambda graph: read_delegated_customers(graph.of(TENANT), no_pause),
    ),
    (
        {"value": [{"id": "x", "subject": "s", "body": {"content": "550 5.1.10"}}]},
        lambda graph: read_bounces(graph.of(TENANT), "m@x", SINCE),
    ),
    ({"id": "m", "displayName": "M", "mail": "m@x.y"}, lambda graph: read_manager(graph.of(TENANT), "u")),
    (
        {"value": [{"@odata.type": "#microsoft.graph.user", "id": TENANT, "userPrincipalName": "a@b.c"}]},
        lambda graph: ApproverGroups().members(graph, TENANT, "g", SINCE),
    ),
    (PASS, lambda graph: make_pass(graph.of(TENANT), "u", lifetime_minutes=60, once=True)),
    ({"@odata.count": 5, "value": []}, lambda graph: enabled_members(graph.of(TENANT))),
]


async def read(body: Any, call: Read) -> bool:
    """Make the call of a Graph that answers everything so; return whether its answer could be read."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("token"):
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        if request.url.path.endswith("$batch"):
            parts = json.loads(request.content)["requests"]
            return httpx.Response(
                200, json={"responses": [{"id": part["id"], "status": 200, "body": body} for part in parts]}
            )
        return httpx.Response(200, content=json.dumps(body).encode())

    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport) as http:
        graph = Graph(GRAPH, Tokens(SecretTokens(http, GRAPH, GRAPH, "c", "s")), transport, no_pause)
        try:
            async with asyncio.timeout(30):
                await call(graph)
        except (GraphError, PassNotUsableError):
            return False
        finally:
            await graph.close()
    return True


@pytest.mark.parametrize(("body", "call"), READS, ids=range(len(READS)))
async def test_every_odd_value_is_a_fault_of_that_read(body: dict[str, Any], call: Read) -> None:
    assert await read(body, call)
    for place in list(places(body)):
        for odd in ODD:
            await read(put(body, place, odd), call)
