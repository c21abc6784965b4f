import asyncio

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.model.method_kinds import BY_NAME, PASSWORD_ID, PHONE_IDS
from localhost.simulator.testing import client_for

ADELE = "/v1.0/users/adele@contoso.com/authentication"
LYNNE = "/v1.0/users/lynne@contoso.com/authentication"


def kinds_of(world: World, user: str) -> list[str]:
    return [method.kind.name for method in world.user("contoso", user).methods.values()]


def id_of(world: World, user: str, kind: str) -> str:
    return next(m.id for m in world.user("contoso", user).methods.values() if m.kind.name == kind)


async def test_delete_by_the_typed_collection(world: World, graph: httpx.AsyncClient) -> None:
    url = f"{ADELE}/softwareOathMethods/{id_of(world, 'adele@contoso.com', 'softwareOath')}"
    reply = await graph.delete(url)
    assert (reply.status_code, reply.content) == (204, b"")
    assert kinds_of(world, "adele@contoso.com") == ["password", "phone", "microsoftAuthenticator"]
    gone = await graph.delete(url)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "resourceNotFound")


async def test_deleting_from_methods_answers_as_graph_does(world: World, graph: httpx.AsyncClient) -> None:
    reply = await graph.delete(f"{ADELE}/methods/{PHONE_IDS['mobile']}")
    assert reply.status_code == 404
    assert "error" not in reply.json()
    assert reply.json()["Message"].startswith("No HTTP resource was found that matches the request URI ")
    assert reply.json()["MessageDetail"]
    assert "phone" in kinds_of(world, "adele@contoso.com")


async def test_external_methods_go_by_reference(world: World, graph: httpx.AsyncClient) -> None:
    method = world.register("contoso", "lynne@contoso.com", "externalAuthenticationMethod")
    url = f"{LYNNE}/externalAuthenticationMethods/{method.id}"
    reply = await graph.delete(url)
    assert (reply.status_code, "error" in reply.json()) == (404, False)
    assert "externalAuthenticationMethod" in kinds_of(world, "lynne@contoso.com")
    assert (await graph.delete(f"{url}/$ref")).status_code == 204
    assert kinds_of(world, "lynne@contoso.com") == ["password"]


async def test_the_password_stays(world: World, graph: httpx.AsyncClient) -> None:
    assert (await graph.delete(f"{ADELE}/passwordMethods/{PASSWORD_ID}")).status_code == 405
    assert "password" in kinds_of(world, "adele@contoso.com")


@pytest.mark.parametrize(
    "name", ["fido2", "windowsHelloForBusiness", "email", "temporaryAccessPass", "platformCredential"]
)
async def test_the_other_kinds_go_too(world: World, graph: httpx.AsyncClient, name: str) -> None:
    method = world.register("contoso", "lynne@contoso.com", name)
    assert (await graph.delete(f"{LYNNE}/{BY_NAME[name].collection}/{method.id}")).status_code == 204
    assert kinds_of(world, "lynne@contoso.com") == ["password"]


async def test_alternate_mobile_goes_before_mobile(world: World, graph: httpx.AsyncClient) -> None:
    user = world.user("contoso", "diego@contoso.com")
    user.preferred = None  # the order counts also where no default does
    base = "/v1.0/users/diego@contoso.com/authentication/phoneMethods"
    reply = await graph.delete(f"{base}/{PHONE_IDS['mobile']}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "badRequest")
    assert (await graph.delete(f"{base}/{PHONE_IDS['alternateMobile']}")).status_code == 204
    assert (await graph.delete(f"{base}/{PHONE_IDS['mobile']}")).status_code == 204
    assert kinds_of(world, "diego@contoso.com") == ["password"]


async def test_removals_side_by_side_collide_without_a_word(world: World) -> None:
    """Both are answered with 204, one is lost."""
    world.faults.add(latency=5.0)
    both_wait, open_gate = asyncio.Event(), asyncio.Event()

    async def sleep(_: float) -> None:
        if user.removing == 2:
            both_wait.set()
        await open_gate.wait()

    user = world.user("contoso", "adele@contoso.com")
    user.preferred = None
    urls = [
        f"{ADELE}/phoneMethods/{PHONE_IDS['mobile']}",
        f"{ADELE}/softwareOathMethods/{id_of(world, 'adele@contoso.com', 'softwareOath')}",
    ]
    async with client_for(world, sleep=sleep) as graph:
        tasks = [asyncio.create_task(graph.delete(url)) for url in urls]
        await both_wait.wait()
        open_gate.set()
        replies = await asyncio.gather(*tasks)
    assert [reply.status_code for reply in replies] == [204, 204]
    assert len(kinds_of(world, "adele@contoso.com")) == 3
    assert user.removing == 0


async def test_removals_can_stay_visible_for_some_reads(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add(method="DELETE", visible_after_reads=2)
    base = f"{ADELE}/softwareOathMethods"
    await graph.delete(f"{base}/{id_of(world, 'adele@contoso.com', 'softwareOath')}")
    counts = [len((await graph.get(base)).json()["value"]) for _ in range(4)]
    assert counts == [1, 1, 0, 0]
    assert "softwareOath" not in kinds_of(world, "adele@contoso.com")


async def test_removals_can_stay_visible_for_some_time(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add(method="DELETE", visible_after_seconds=10, user="adele@contoso.com")
    await graph.delete(f"{ADELE}/softwareOathMethods/{id_of(world, 'adele@contoso.com', 'softwareOath')}")
    world.advance(9.9)
    assert len((await graph.get(f"{ADELE}/methods")).json()["value"]) == 4
    world.advance(0.1)
    assert len((await graph.get(f"{ADELE}/methods")).json()["value"]) == 3


async def test_what_is_registered_again_is_seen_at_once(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add(method="DELETE", visible_after_reads=5)
    world.user("contoso", "megan@contoso.com").preferred = None
    base = "/v1.0/users/megan@contoso.com/authentication/phoneMethods"
    await graph.delete(f"{base}/{PHONE_IDS['mobile']}")
    world.register("contoso", "megan@contoso.com", "phone", phoneNumber="+1 2065559999")
    assert [row["phoneNumber"] for row in (await graph.get(base)).json()["value"]] == ["+1 2065559999"]
