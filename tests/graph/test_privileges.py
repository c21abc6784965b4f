"""Who is privileged: both ways of asking say the same, and what cannot be read is never taken for nothing."""

import itertools
import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, uuid5

import httpx
import pytest

from graph.client import Graph, GraphClient
from graph.errors import GraphError
from graph.privilege_cache import Privileges
from graph.privileged_users import items_or_reason, tenant_wide
from graph.privileges import read_privileges
from graph.responses import Response
from graph.tokens import SecretTokens, Tokens
from localhost.simulator import World, create_app
from localhost.simulator.model.entities import Group, User
from localhost.simulator.seeds.people import GLOBAL_ADMINISTRATOR, ROLES, make_user, role, source_for
from tests.system import no_pause

TENANT = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
async def world() -> World:
    return World.demo(clock=lambda: datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture
async def graph(world: World) -> AsyncIterator[Graph]:
    transport = httpx.ASGITransport(create_app(world, sleep=no_pause))
    http = httpx.AsyncClient(transport=transport)
    endpoint = "http://127.0.0.1:9000"
    yield Graph(endpoint, Tokens(SecretTokens(http, endpoint, endpoint, "client", "secret")), transport, no_pause)
    await http.aclose()


def person(world: World, name: str) -> User:
    tenant = world.tenant("contoso")
    return make_user(tenant, source_for(tenant, 7), name, name.title(), "none")


def assignable_group(world: World, name: str) -> Group:
    tenant = world.tenant("contoso")
    group = Group(id=str(uuid5(NAMESPACE_OID, name)), name=name, assignable_to_role=True)
    tenant.groups[group.id] = group
    return group


async def ask_one_by_one(client: GraphClient, users: list[User]) -> list[Privileges | GraphError]:
    client.privileged.plans.refused = True
    client.privileged.plans.until = float("inf")
    return await read_privileges(client, client.privileged.plans, [user.id for user in users])


async def ask_the_tenant(client: GraphClient, users: list[User]) -> list[Privileges]:
    known = await tenant_wide(client, client.privileged.resets, 10_000)
    assert known is not None
    return [known.of(user.id) for user in users]


@pytest.mark.parametrize("seed", range(5))
async def test_both_ways_say_the_same(world: World, graph: Graph, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - makes tenants, guards nothing
    tenant = world.tenant("contoso")
    roles = [role(tenant, GLOBAL_ADMINISTRATOR), *itertools.islice(tenant.roles.values(), 3)]
    groups = [assignable_group(world, f"group{n}") for n in range(3)]
    groups[0].roles.append(roles[-1])
    users = [person(world, f"person{n}") for n in range(12)]
    for user in users:
        for held in (user.roles, user.scoped_roles, user.eligible_roles):
            held.extend(chance.sample(roles, chance.choice([0, 0, 1])))
        for joined in (user.groups, user.owned, user.eligible_groups):
            joined.extend(chance.sample(groups, chance.choice([0, 0, 1])))
    client = graph.of(TENANT)
    one_by_one, together = await ask_one_by_one(client, users), await ask_the_tenant(client, users)
    assert one_by_one == together
    assert any(each.names for each in together)
    assert any("(eligible)" in name for each in together for name in each.names)


async def test_role_for_an_administrative_unit_is_one_too(world: World, graph: Graph) -> None:
    """`memberOf` does not show it."""
    user = person(world, "ellen")
    user.scoped_roles.append(role(world.tenant("contoso"), ("User Administrator", ROLES["User Administrator"])))
    found = [*await ask_one_by_one(graph.of(TENANT), [user]), *await ask_the_tenant(graph.of(TENANT), [user])]
    assert found == [Privileges(["User Administrator"])] * 2


async def test_members_beyond_the_first_page_are_privileged(world: World, graph: Graph) -> None:
    group = assignable_group(world, "Operators")
    people = [person(world, f"person{n}") for n in range(1000)]
    for user in people:
        user.groups.append(group)
    found = await ask_the_tenant(graph.of(TENANT), people)
    assert found == [Privileges(["role-assignable group Operators"])] * 1000


async def test_eligible_users_are_privileged(world: World, graph: Graph) -> None:
    tenant = world.tenant("contoso")
    user, other = person(world, "ellen"), person(world, "otto")
    user.eligible_roles.append(role(tenant, GLOBAL_ADMINISTRATOR))
    other.eligible_groups.append(assignable_group(world, "Operators"))
    found = await ask_one_by_one(graph.of(TENANT), [user, other])
    assert [each.names for each in found if isinstance(each, Privileges)] == [
        ["Global Administrator (eligible)"],
        ["role-assignable group Operators (eligible)"],
    ]


async def test_what_a_server_without_the_filter_lists_of_others_is_left_out() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1.0/groups":
            return httpx.Response(200, json={"value": [{"id": "g", "displayName": "Operators"}]})
        if request.url.path != "/v1.0/$batch":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        others = {"value": [{"principalId": "other", "roleDefinition": {"displayName": "Owner"}, "groupId": "g"}]}
        responses = [
            {"id": part["id"], "status": 200, "body": others if "rincipalId" in part["url"] else {"value": []}}
            for part in json.loads(request.content)["requests"]
        ]
        return httpx.Response(200, json={"responses": responses})

    transport, endpoint = httpx.MockTransport(answer), "http://127.0.0.1:9000"
    tokens = Tokens(SecretTokens(httpx.AsyncClient(transport=transport), endpoint, endpoint, "client", "secret"))
    client = Graph(endpoint, tokens, transport, no_pause).of(TENANT)
    client.privileged.plans.refused = True
    client.privileged.plans.until = float("inf")
    found = await read_privileges(client, client.privileged.plans, ["user", "other"])
    assert found == [
        Privileges([]),
        Privileges(["Owner", "role-assignable group Operators (eligible)"]),
    ]


@pytest.mark.parametrize(
    "path", ["*roleEligibilityScheduleInstances", "*group/eligibilityScheduleInstances", "*roleAssignments"]
)
async def test_eligibility_that_may_not_be_read_is_unknown(world: World, graph: Graph, path: str) -> None:
    user = person(world, "ellen")
    assignable_group(world, "Operators")
    world.faults.add(method="GET", path=path, status=403)
    client = graph.of(TENANT)
    both = (
        [] if path == "*roleAssignments" else await ask_the_tenant(client, [user])
    )  # without it there is no such list
    for found in [*await ask_one_by_one(client, [user]), *both]:
        assert isinstance(found, Privileges)
        assert (found.names, bool(found.unknown)) == ([], True)


@pytest.mark.parametrize("answer", [Response(200, {}, {}), Response(200, {}, {"value": [1]}), Response(503, {}, {})])
def test_an_answer_without_eligibilities_is_waited_for_and_unknown_at_the_end(answer: Response) -> None:
    """It is not a user of whom nothing can be read: such a one is not planned."""
    with pytest.raises(GraphError) as error:
        items_or_reason(answer)
    assert (error.value.passing, error.value.unreadable) == (True, False)
    items, unknown = items_or_reason(answer, last=True)
    assert (items, bool(unknown)) == ([], True)


async def test_nobody_is_eligible_where_there_is_no_licence_for_it(world: World, graph: Graph) -> None:
    world.tenant("contoso").privileged_identity_management = False
    assert await ask_one_by_one(graph.of(TENANT), [person(world, "ellen")]) == [Privileges([])]


@pytest.mark.parametrize("status", [500, 400, 404, 501])
@pytest.mark.parametrize("cast", ["transitiveMemberOf/*directoryRole", "transitiveMemberOf/*group", "ownedObjects/*"])
async def test_a_cast_that_fails_is_read_as_a_whole_list(world: World, graph: Graph, cast: str, status: int) -> None:
    """The cast to directoryRole answers 500 for members of groups; other servers have other casts, or none."""
    user, other = person(world, "ellen"), person(world, "otto")
    user.roles.append(role(world.tenant("contoso"), GLOBAL_ADMINISTRATOR))
    user.groups.append(assignable_group(world, "Operators"))
    user.owned.append(assignable_group(world, "Owned"))
    world.faults.add(method="GET", path=f"*/{cast}", status=status)
    assert await ask_one_by_one(graph.of(TENANT), [user, other]) == [
        Privileges(["Global Administrator", "role-assignable group Operators", "role-assignable group Owned"]),
        Privileges([]),
    ]


async def test_a_tenant_without_advanced_queries_is_read_all_the_same(world: World, graph: Graph) -> None:
    world.tenant("contoso").advanced_queries = False
    user = person(world, "ellen")
    user.roles.append(role(world.tenant("contoso"), GLOBAL_ADMINISTRATOR))
    assert await ask_one_by_one(graph.of(TENANT), [user]) == [Privileges(["Global Administrator"])]


async def test_one_users_fault_is_not_the_others(world: World, graph: Graph) -> None:
    user, other = person(world, "ellen"), person(world, "otto")
    world.faults.add(method="GET", user=other.upn, path="*/ownedObjects*", status=503)
    first, second = await ask_one_by_one(graph.of(TENANT), [user, other])
    assert isinstance(first, Privileges)
    assert isinstance(second, GraphError)


async def test_the_tenant_is_asked_as_soon_as_that_costs_less(world: World, graph: Graph) -> None:
    users = [person(world, f"person{n}") for n in range(20)]
    for n in range(3):
        assignable_group(world, f"group{n}")
    client, kept = graph.of(TENANT), graph.of(TENANT).privileged.plans
    asked = []
    for user in users:
        world.calls.clear()
        await read_privileges(client, kept, [user.id])
        asked.append(sum("transitiveMemberOf" in call.path for call in world.calls) > 0)
    assert asked[0]
    assert not any(asked[5:])


async def test_plans_and_resets_have_lists_of_their_own(world: World, graph: Graph) -> None:
    user, client = person(world, "ellen"), graph.of(TENANT)
    before = await tenant_wide(client, client.privileged.plans, 100)
    user.roles.append(role(world.tenant("contoso"), GLOBAL_ADMINISTRATOR))
    after = await tenant_wide(client, client.privileged.resets, 100)
    assert before is not None
    assert after is not None
    assert (before.of(user.id).names, after.of(user.id).names) == ([], ["Global Administrator"])


async def test_groups_that_may_not_be_listed_hide_nobody_privileged(world: World, graph: Graph) -> None:
    """Without their members the tenant's list would say that a member is not privileged."""
    user, other = person(world, "ellen"), person(world, "otto")
    group = assignable_group(world, "Operators")
    user.groups.append(group)
    other.eligible_groups.append(group)
    world.faults.add(method="GET", path="/v1.0/groups", status=403)
    client = graph.of(TENANT)
    assert await tenant_wide(client, client.privileged.resets, 10_000) is None
    member, eligible = await read_privileges(client, client.privileged.resets, [user.id, other.id])
    assert isinstance(member, Privileges)
    assert isinstance(eligible, Privileges)
    assert member.names == ["role-assignable group Operators"]
    assert eligible.names == [f"role-assignable group {group.id} (eligible)"]
