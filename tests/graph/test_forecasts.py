"""What is asked of Graph for a forecast, and what comes of answers that are missing."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import pytest

from graph.client import Graph
from graph.forecasts import Subject, read_forecasts
from graph.retry import PAUSES
from graph.tokens import SecretTokens, Tokens
from localhost.simulator import World, create_app
from localhost.simulator.model.entities import Tenant, User

GRAPH = "http://127.0.0.1:9"
MFA = {"operator": "OR", "builtInControls": ["mfa"]}


class Bench(NamedTuple):
    world: World
    graph: Graph
    tenant: Tenant

    def user(self, name: str) -> User:
        return self.world.user("fabrikam", f"{name}@fabrikam.com")

    async def words(self, *names: str, country: str = "") -> list[str]:
        subjects = [Subject(self.user(name).id, country, []) for name in names]
        self.world.calls.clear()
        return [str(word) for word in await read_forecasts(self.graph, self.tenant.id, subjects)]

    def calls(self, ending: str) -> int:
        return sum(call.path.endswith(ending) for call in self.world.calls)

    def policy(self, applications: dict[str, Any] | None = None, **users: list[str]) -> None:
        """One more policy of the tenant's, which asks for MFA."""
        row = {
            "id": f"p{len(self.tenant.policies or [])}",
            "displayName": "MFA",
            "state": "enabled",
            "conditions": {"users": users, "applications": applications or {"includeApplications": ["All"]}},
            "grantControls": MFA,
        }
        self.tenant.policies = [*(self.tenant.policies or []), row]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    world = World.demo()
    transport = httpx.ASGITransport(create_app(world))
    http = httpx.AsyncClient(transport=transport)
    graph = Graph(GRAPH, Tokens(SecretTokens(http, GRAPH, GRAPH, "client", "secret")), transport)
    tenant = world.tenant("fabrikam")
    tenant.policies = []
    yield Bench(world, graph, tenant)
    await graph.close()
    await http.aclose()


async def test_security_defaults_are_one_call_for_the_tenant(bench: Bench) -> None:
    bench.tenant.enforces = "securityDefaults"
    assert await bench.words("adele", "alex") == ["mustRegister"] * 2
    assert bench.calls("identitySecurityDefaultsEnforcementPolicy") == 1
    assert len([call for call in bench.world.calls if "token" not in call.path]) == 1
    await bench.words("adele")
    assert not list(bench.world.calls)  # kept


async def test_mfa_for_everybody_but_one_account_needs_no_call_about_users(bench: Bench) -> None:
    bench.policy(includeUsers=["All"], excludeUsers=[bench.user("breakglass").id])
    assert await bench.words("adele", "alex") == ["mustRegister"] * 2
    assert (bench.calls("/evaluate"), bench.calls("/requirements")) == (0, 0)
    assert await bench.words("breakglass") == ["passwordOnly"]
    assert (bench.calls("/evaluate"), bench.calls("/requirements")) == (0, 1)


async def test_one_policy_for_administrators_does_not_speak_for_everybody(bench: Bench) -> None:
    bench.policy(includeRoles=["62e90394-69f5-4237-9190-012177145e10"])
    assert await bench.words("grady", "adele") == ["mustRegister", "passwordOnly"]
    assert (bench.calls("/evaluate"), bench.calls("/requirements")) == (2, 1)


@pytest.mark.parametrize(("state", "word"), [("enabled", "mustRegister"), ("enforced", "mustRegister")])
async def test_per_user_mfa_asks_for_it(bench: Bench, state: Any, word: str) -> None:
    bench.user("adele").per_user_mfa = state
    assert await bench.words("adele", "alex") == [word, "passwordOnly"]


async def test_registering_is_evaluated_only_of_who_has_to_register(bench: Bench) -> None:
    group = bench.user("adele").groups[0]
    register = {"includeUserActions": ["urn:user:registersecurityinfo"]}
    bench.policy(includeUsers=["All"], excludeUsers=[bench.user("alex").id])
    bench.policy(register, includeGroups=[group.id])
    bench.user("alex").per_user_mfa = "disabled"
    assert await bench.words("adele", "alex") == ["cannotRegister", "passwordOnly"]
    assert bench.calls("/evaluate") == 1


async def test_without_the_permission_nothing_is_known_and_nothing_more_is_asked(bench: Bench) -> None:
    bench.tenant.granted = frozenset({"UserAuthenticationMethod.ReadWrite.All", "User.Read.All"})
    assert await bench.words("adele", "alex") == ["unknown"] * 2
    assert len([call for call in bench.world.calls if "token" not in call.path]) == 1
    assert await bench.words("adele") == ["unknown"]
    assert not list(bench.world.calls)


@pytest.mark.parametrize("path", ["*/evaluate", "*/requirements"])
async def test_a_refusal_is_kept_and_what_it_leaves_open_is_unknown(bench: Bench, path: str) -> None:
    bench.policy(includeRoles=["62e90394-69f5-4237-9190-012177145e10"])
    bench.world.faults.add(path=path, status=403, code="AccessDenied")
    assert await bench.words("adele") == ["unknown"]
    asked = bench.calls(path.removeprefix("*"))
    assert (asked, await bench.words("adele"), bench.calls(path.removeprefix("*"))) == (1, ["unknown"], 0)


async def test_a_fault_that_outlasts_the_attempts_leaves_one_user_unknown_and_is_not_kept(bench: Bench) -> None:
    bench.policy(includeRoles=["62e90394-69f5-4237-9190-012177145e10"])
    bench.world.faults.add(path="*/evaluate", status=500, count=1 + len(PAUSES))
    assert "unknown" in await bench.words("adele")
    assert await bench.words("adele") == ["passwordOnly"]


async def test_an_evaluation_is_of_a_sign_in_from_the_users_country_that_nobody_trusts(bench: Bench) -> None:
    bench.policy(includeGroups=[bench.user("adele").groups[0].id])
    bench.tenant.policies[0]["conditions"]["locations"] = {  # type: ignore[index]
        "includeLocations": ["All"],
        "excludeLocations": ["AllTrusted"],
    }
    assert await bench.words("adele", country="DE") == ["mustRegister"]
    assert bench.calls("/evaluate") == 1
