"""Tenants and users to start with."""

from statistics import mean

import pytest

from localhost.simulator import World
from localhost.simulator.model.method_kinds import PASSWORD, PHONE_IDS
from localhost.simulator.model.preferences import satisfies


def snapshot(world: World) -> list[tuple[str, list[str]]]:
    return [(u.id, list(u.methods)) for t in world.tenants.values() for u in t.users.values()]


def test_the_customers_of_the_demo(world: World) -> None:
    assert {(t.id[0], t.key, t.domain) for t in world.tenants.values()} == {
        ("1", "contoso", "contoso.com"),
        ("2", "fabrikam", "fabrikam.com"),
        ("3", "tailspin", "tailspin.com"),
        ("9", "home", "msp.example"),
    }
    assert all(len(world.tenant(key).users) == 30 for key in ("contoso", "fabrikam", "tailspin"))
    assert world.user("fabrikam", "alex@fabrikam.com").name == "Alex Wilber"
    assert world.user("contoso", "breakglass@contoso.com").roles
    assert world.user("home", "lead@msp.example")


def test_users_have_a_realistic_number_of_methods() -> None:
    world = World.generate(customers=1, users_per_customer=500)
    counts = [len(user.methods) for user in world.tenant("customer0001").users.values()]
    assert max(counts) <= 6
    assert 2.5 < mean(counts) < 3.5


def test_defaults_are_served_and_alternates_have_a_mobile(world: World) -> None:
    for tenant in world.tenants.values():
        for user in tenant.users.values():
            served = {word for method in user.methods.values() for word in satisfies(method)}
            assert user.preferred in served | {None}
            if PHONE_IDS["alternateMobile"] in user.methods:
                assert PHONE_IDS["mobile"] in user.methods
            assert any(method.kind is PASSWORD for method in user.methods.values())


@pytest.mark.parametrize("size", [0, 3, 17, 100])
def test_a_demo_of_any_size(size: int) -> None:
    assert len(World.demo(users_per_customer=size).tenant("contoso").users) == size


def test_the_same_seed_gives_the_same_world() -> None:
    assert snapshot(World.demo(20, 5)) == snapshot(World.demo(20, 5)) != snapshot(World.demo(20, 6))
    first, again = World.generate(2, 20, 5), World.generate(2, 20, 5)
    assert snapshot(first) == snapshot(again)


def test_generated_customers() -> None:
    world = World.generate(customers=3, users_per_customer=100)
    tenant = world.tenant("customer0002.example")
    assert len(tenant.users) == 100
    assert world.user("customer0002", "user00001@customer0002.example").roles
    kinds = [user.type for user in tenant.users.values()]
    assert kinds.count("Guest") == 1
    assert [user.enabled for user in tenant.users.values()].count(False) == 1
    assert world.tenant("home").domain == "msp.example"
