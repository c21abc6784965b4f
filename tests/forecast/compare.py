"""Forecast generated tenants through Graph, and hold the words against the oracle's.

.venv/bin/python -m tests.forecast.compare --tenants 1000 --seed 1
"""

from collections import Counter
from typing import NamedTuple

import httpx

from graph.client import Graph
from graph.forecasts import Subject, read_forecasts
from graph.found import Found
from graph.registered_methods import read_registered
from graph.tokens import SecretTokens, Tokens
from localhost.simulator import World, create_app
from localhost.simulator.model.entities import Tenant
from tests.forecast.oracle import truth
from tests.forecast.tenants import Generator

GRAPH = "http://127.0.0.1:9"
# The more a word promises, the higher it is: a user who keeps a strong method is better off than one who has to register.
_PROMISES = {"keepsStrongMethod": 2, "mustRegister": 1}


class Difference(NamedTuple):
    tenant: str
    user: str
    forecast: str
    truth: str

    @property
    def towards_safe(self) -> bool:
        """Whether more is promised than holds."""
        return _PROMISES.get(self.forecast, 0) > _PROMISES.get(self.truth, 0)


class Comparison(NamedTuple):
    tenants: int
    equal: int
    truths: Counter[str]
    differences: list[Difference]

    @property
    def towards_safe(self) -> list[Difference]:
        return [each for each in self.differences if each.towards_safe]

    @property
    def good_enough(self) -> bool:
        """At least 999 of 1,000, and never wrong towards safe."""
        return not self.towards_safe and self.equal * 1000 >= self.tenants * 999


async def compare(tenants: int, seed: int) -> Comparison:
    """Return how many of the tenants are forecast as the oracle says for every user of theirs."""
    generator, truths, differences = Generator(seed), Counter[str](), list[Difference]()
    equal = 0
    for start in range(0, tenants, 50):
        made = [generator.tenant() for _ in range(min(50, tenants - start))]
        for tenant, found in zip(made, await _forecast(made), strict=True):
            wrong = [
                Difference(tenant.key, user.id, found[user.id], truth(tenant, user)) for user in tenant.users.values()
            ]
            truths.update(each.truth for each in wrong)
            differences += (mine := [each for each in wrong if each.forecast != each.truth])
            equal += not mine
    return Comparison(tenants, equal, truths, differences)


async def _forecast(tenants: list[Tenant]) -> list[dict[str, str]]:
    world = World.demo()
    world.tenants = {tenant.id: tenant for tenant in tenants}
    transport = httpx.ASGITransport(create_app(world))
    http = httpx.AsyncClient(transport=transport)
    graph = Graph(GRAPH, Tokens(SecretTokens(http, GRAPH, GRAPH, "client", "secret")), transport)
    try:
        return [await _of_tenant(graph, tenant) for tenant in tenants]
    finally:
        await graph.close()
        await http.aclose()


async def _of_tenant(graph: Graph, tenant: Tenant) -> dict[str, str]:
    ids = list(tenant.users)
    subjects = []
    for user_id, found in zip(ids, await read_registered(graph.of(tenant.id), ids), strict=True):
        assert isinstance(found, Found)
        subjects.append(Subject(user_id, tenant.users[user_id].country or "", found.methods))
    return dict(zip(ids, map(str, await read_forecasts(graph, tenant.id, subjects)), strict=True))
