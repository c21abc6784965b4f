"""Any number of customers, customer0001.example and so on, with users user00001@... in each."""

from collections.abc import Sequence
from uuid import NAMESPACE_DNS, uuid5

from localhost.simulator.model.entities import Tenant, User
from localhost.simulator.seeds.people import (
    GLOBAL_ADMINISTRATOR,
    NAMES,
    WEIGHTS,
    assignable_group,
    make_user,
    plain_group,
    role,
    source_for,
)


def numbered_tenant(number: int) -> Tenant:
    key = f"customer{number:04d}"
    domain = f"{key}.example"
    tenant = Tenant(str(uuid5(NAMESPACE_DNS, domain)), key, f"Customer {number:04d}", domain)
    if number % 5 == 0:
        tenant.enforces = "nothing"
    return tenant


def named_tenant(name: str, domain: str) -> Tenant:
    """Return a tenant without users: a customer that is not in the policy yet."""
    return Tenant(str(uuid5(NAMESPACE_DNS, domain)), domain.partition(".")[0], name, domain)


def relationship_id(partner_id: str, number: int) -> str:
    """Return the first half of a relationship's id; the second is the customer's. [d delegatedadminrelationship-get]"""
    return str(uuid5(NAMESPACE_DNS, f"relationship{number}.{partner_id}"))


def fill(tenant: Tenant, users: int, seed: int) -> None:
    """user00001@... and so on: the first is an administrator, and of each 100 the last four are special."""
    source = source_for(tenant, seed)
    profiles = source.choices(NAMES, WEIGHTS, k=users)
    staff, tier0 = plain_group(tenant), assignable_group(tenant)
    for number, profile in enumerate(profiles, start=1):
        local, name = f"user{number:05d}", f"User {number:05d}"
        match number % 100:
            case 97:
                local, kind = f"{local}_partner.example#EXT#@{tenant.domain}", "Guest"
                user = make_user(tenant, source, local, name, profile, type=kind)
            case 98:
                user = make_user(tenant, source, local, name, profile, enabled=False)
            case 99:
                user = make_user(tenant, source, local, name, profile, groups=[tier0])
            case _:
                user = make_user(tenant, source, local, name, profile)
        if user.type == "Member":
            user.groups.append(staff)
    _lead(tenant, list(tenant.users.values()))


def _lead(tenant: Tenant, users: Sequence[User]) -> None:
    if users:
        users[0].roles.append(role(tenant, GLOBAL_ADMINISTRATOR))
    for user in users[1:]:
        user.manager = users[0].id
