"""The customers of the demo: named people, each with a case to show."""

from typing import Any

from localhost.simulator.model.entities import Tenant
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

HOME_ID = "99999999-9999-9999-9999-999999999999"

# The first users of each customer, with a profile of people.py; a small demo keeps the head of the list.
PEOPLE = (
    ("adele", "Adele Vance", "everyday"),  # mobile, Authenticator, software OATH
    ("alex", "Alex Wilber", "push"),
    ("breakglass", "Break Glass", "passkey"),
    ("kim", "Kim Partner", "phone"),  # a guest
    ("grady", "Grady Archie", "push"),  # a Global Administrator
    ("owner", "Olga Owner", "push"),  # approves for her company
    ("diego", "Diego Siciliani", "alternate"),
    ("isaiah", "Isaiah Langer", "hardware"),
    ("megan", "Megan Bowen", "phone"),
    ("lynne", "Lynne Robbins", "none"),
    ("lee", "Lee Gu", "passkey"),
    ("joni", "Joni Sherman", "software"),
    ("miriam", "Miriam Graham", "office"),
    ("nestor", "Nestor Wilke", "odd"),
    ("patti", "Patti Fernandez", "push"),  # her account is disabled
    ("henrietta", "Henrietta Mueller", "push"),  # member of a role-assignable group
    ("johanna", "Johanna Lorenz", "everyday"),  # owner of it
)
FIRST = (
    "Pradeep", "Lidia", "Enrico", "Christie", "Cameron", "Debra", "Irvin", "Raul", "Sakura", "Tomas", "Ulla", "Vera",
    "Wanda", "Yusuf", "Zoe", "Omar", "Ana", "Bela", "Chidi", "Dana", "Emre", "Fatima", "Gita", "Hugo",
)  # fmt: skip
LAST = ("Berg", "Costa", "Duarte", "Eriksen", "Fischer", "Gupta", "Haas", "Ito", "Jansen", "Kaya", "Lopez", "Moreau")

# The provider's own people: requesters, approvers and the senders of mail.
STAFF = (
    ("lead", "Lena Lead", "push"),
    ("tech", "Theo Tech", "everyday"),
    ("second", "Sam Second", "push"),
    ("helpdesk", "Help Desk", "none"),
    ("mfa-reset", "MFA Reset", "none"),
    ("noreply", "No Reply", "none"),
)


def home() -> Tenant:
    return Tenant(HOME_ID, "home", "Example Managed Services", "msp.example")


def tenants() -> list[Tenant]:
    return [
        Tenant("11111111-1111-1111-1111-111111111111", "contoso", "Contoso", "contoso.com"),
        Tenant(
            "22222222-2222-2222-2222-222222222222",
            "fabrikam",
            "Fabrikam",
            "fabrikam.com",
            enforces="conditionalAccess",
        ),
        # Nothing requires MFA here: after a reset, users are left with the password alone. [d]
        Tenant("33333333-3333-3333-3333-333333333333", "tailspin", "Tailspin Toys", "tailspin.com", enforces="nothing"),
        home(),
    ]


def fill(tenant: Tenant, users: int, seed: int) -> None:  # noqa: C901 - one case per person with a speciality
    """Fill a tenant with `users` people; home always has its staff and no one else."""
    source = source_for(tenant, seed)
    staff, tier0 = plain_group(tenant), assignable_group(tenant)
    if tenant.id == HOME_ID:
        for local, name, profile in STAFF:
            make_user(tenant, source, local, name, profile, groups=[staff])
        return
    for local, name, profile in PEOPLE[:users]:
        special: dict[str, Any] = {}
        login = local
        match local:
            case "kim":
                login = f"kim_partner.example#EXT#@{tenant.domain}"
                special["type"] = "Guest"
            case "patti":
                special["enabled"] = False
            case "grady" | "breakglass":
                special["roles"] = [role(tenant, GLOBAL_ADMINISTRATOR)]
            case "henrietta":
                special["groups"] = [tier0, staff]
            case "johanna":
                special["owned"] = [tier0]
        special.setdefault("groups", [staff])
        make_user(tenant, source, login, name, profile, **special)
    others = max(0, users - len(PEOPLE))
    for number, profile in enumerate(source.choices(NAMES, WEIGHTS, k=others)):
        first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
        local = first.lower() if number < len(FIRST) else f"{first.lower()}.{last.lower()}{number // len(FIRST)}"
        make_user(tenant, source, local, f"{first} {last}", profile, groups=[staff], synced=number % 4 == 0 or None)
    people = list(tenant.users.values())
    for user in people[1:]:
        user.manager = people[0].id
