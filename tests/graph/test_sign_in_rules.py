"""What a tenant's policies say about MFA, from answers as Graph gives them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from graph.client import Graph
from graph.sign_in_rules import MfaRules, requires_mfa
from graph.tokens import SecretTokens, Tokens
from localhost.simulator import World, create_app

GRAPH = "http://127.0.0.1:9"
FABRIKAM = "22222222-2222-2222-2222-222222222222"


@pytest.fixture
async def world_and_graph() -> AsyncIterator[tuple[World, Graph]]:
    world = World.demo()
    transport = httpx.ASGITransport(create_app(world))
    http = httpx.AsyncClient(transport=transport)
    graph = Graph(GRAPH, Tokens(SecretTokens(http, GRAPH, GRAPH, "client", "secret")), transport)
    yield world, graph
    await graph.close()


@pytest.mark.parametrize(
    ("enforces", "registering", "rules"),
    [
        ("securityDefaults", "blocked", MfaRules(to_sign_in=True)),
        ("conditionalAccess", "open", MfaRules(to_sign_in=True)),
        ("conditionalAccess", "mfa", MfaRules(to_sign_in=True, to_register=True)),
        ("conditionalAccess", "blocked", MfaRules(to_sign_in=True, registering_blocked=True)),
        # Being asked for MFA to register is not being asked for it to sign in.
        ("nothing", "mfa", MfaRules(to_sign_in=False, to_register=True)),
    ],
)
async def test_rules(world_and_graph: tuple[World, Graph], enforces: Any, registering: Any, rules: MfaRules) -> None:
    world, graph = world_and_graph
    tenant = world.tenant(FABRIKAM)
    tenant.enforces, tenant.registering = enforces, registering
    assert await requires_mfa(graph, FABRIKAM) == rules


async def test_policies_that_cannot_be_read_say_nothing(world_and_graph: tuple[World, Graph]) -> None:
    world, graph = world_and_graph
    world.faults.add(path="*/conditionalAccess/policies", status=403)
    assert await requires_mfa(graph, FABRIKAM) is None
