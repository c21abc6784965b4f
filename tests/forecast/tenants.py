"""Generate tenants for the forecast: policies as a provider's customers have them, and users with what a reset leaves them.

The weights follow Microsoft's templates (Conditional Access templates: MFA for administrators, for all users, for guests,
phishing-resistant MFA for administrators, secured registration, blocked legacy authentication and unknown platforms, compliant
devices) with what administrators make of them: excluded break-glass accounts and groups, pilots, report-only, named locations.
"""

import random
from typing import Any
from uuid import UUID

from localhost.simulator.model.entities import Group, NamedLocation, Tenant, User
from localhost.simulator.model.method_kinds import BY_NAME
from localhost.simulator.model.new_methods import new_method
from localhost.simulator.seeds.people import EPOCH, GLOBAL_ADMINISTRATOR, ROLES, make_user, role

MAIL = "00000002-0000-0ff1-ce00-000000000000"
OTHER_APP = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
REGISTER = "urn:user:registersecurityinfo"

PHISHING_RESISTANT = ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]
PASSWORDLESS = [*PHISHING_RESISTANT, "deviceBasedPush"]
PASS = ["temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"]
APPS = ["password,microsoftAuthenticatorPush", "password,softwareOath", "password,hardwareOath"]
PHONES = ["password,sms", "password,voice"]
STRENGTHS = {
    "Multifactor authentication": [*PASSWORDLESS, *PASS, *APPS, *PHONES],
    "Passwordless MFA": PASSWORDLESS,
    "Phishing-resistant MFA": PHISHING_RESISTANT,
    "No phones": [*PASSWORDLESS, *PASS, *APPS],
    "Bootstrap and recovery": [*PASS, "fido2"],
    "Text messages": ["password,sms"],
}
KEPT = {
    "phone": 5, "microsoftAuthenticator": 6, "softwareOath": 3, "hardwareOath": 2, "fido2": 6,
    "windowsHelloForBusiness": 4, "platformCredential": 1, "externalAuthenticationMethod": 1, "email": 3,
    "temporaryAccessPass": 2,
}  # fmt: skip


class Generator:
    """Tenants in a fixed order for a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - for tests
        self._number = 0

    def tenant(self, users: int = 3) -> Tenant:
        self._number += 1
        chance = self._random
        key = f"t{self._number}"
        tenant = Tenant(self._guid(), key, key.upper(), f"{key}.example")
        tenant.enforces = chance.choices(("securityDefaults", "conditionalAccess"), (2, 8))[0]
        for name in ("staff", "pilots", "excluded"):
            tenant.groups[name] = Group(self._guid(), name, assignable_to_role=False)
        tenant.named_locations = {
            self._guid(): NamedLocation(ranges=("198.51.100.0/24",), trusted=True),
            self._guid(): NamedLocation(ranges=("192.0.2.0/24",)),
            self._guid(): NamedLocation(countries=frozenset({"DE", "AT"})),
        }
        for number in range(users):
            self._user(tenant, number)
        count = chance.choices((0, 1, 2, 3, 5, 8), (1, 2, 3, 4, 3, 1))[0]
        tenant.policies = [self._policy(tenant) for _ in range(count)]
        if tenant.enforces == "securityDefaults":  # no policy can be on beside them
            for policy in tenant.policies:
                policy["state"] = chance.choice(("disabled", "enabledForReportingButNotEnforced"))
        return tenant

    def _guid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def _user(self, tenant: Tenant, number: int) -> User:
        chance = self._random
        user = make_user(tenant, chance, f"user{number}", f"User {number}", "none")
        user.country = chance.choices(("DE", "US", None), (6, 3, 1))[0]
        user.type = chance.choices(("Member", "Guest"), (9, 1))[0]
        user.per_user_mfa = chance.choices(("disabled", "enabled", "enforced"), (8, 1, 1))[0]
        user.groups = [group for group in tenant.groups.values() if chance.random() < 0.3]
        if chance.random() < 0.2:
            name = chance.choice(list(ROLES))
            user.roles = [role(tenant, (name, ROLES[name]))]
        for _ in range(chance.choices((0, 1, 2), (5, 4, 1))[0]):
            self._method(user)
        return user

    def _method(self, user: User) -> None:
        chance = self._random
        kind = chance.choices(list(KEPT), list(KEPT.values()))[0]
        more: dict[str, Any] = {}
        if kind == "phone":
            more["phoneType"] = chance.choice(("mobile", "office"))
        if kind == "temporaryAccessPass":
            more["isUsable"] = chance.random() < 0.7
        method = new_method(BY_NAME[kind], chance, EPOCH, **more)
        user.add(method)

    def _policy(self, tenant: Tenant) -> dict[str, Any]:
        chance = self._random
        conditions: dict[str, Any] = {
            "users": self._users(tenant),
            "applications": self._applications(),
            "clientAppTypes": chance.choices(
                (["all"], ["browser", "mobileAppsAndDesktopClients"], ["exchangeActiveSync", "other"], ["browser"]),
                (85, 8, 5, 2),
            )[0],
            "userRiskLevels": [],
            "signInRiskLevels": chance.choices(([], ["high"], ["medium", "high"]), (94, 3, 3))[0],
            "platforms": self._platforms(),
            "locations": self._locations(tenant),
            "devices": None,
            "authenticationFlows": None,
        }
        states = ("enabled", "enabledForReportingButNotEnforced", "disabled")
        return {
            "id": self._guid(),
            "displayName": "generated",
            "state": chance.choices(states, (75, 15, 10))[0],
            "conditions": conditions,
            "grantControls": self._controls(conditions),
            "sessionControls": None,
        }

    def _users(self, tenant: Tenant) -> dict[str, Any]:
        chance = self._random
        ids, groups = list(tenant.users), [group.id for group in tenant.groups.values()]
        administrators = [GLOBAL_ADMINISTRATOR[1], ROLES["User Administrator"]]
        included: dict[str, Any] = chance.choices(
            (
                {"includeUsers": ["All"]},
                {"includeRoles": administrators},
                {"includeGroups": [chance.choice(groups)]},
                {"includeUsers": [chance.choice(ids)]},
                {"includeUsers": ["GuestsOrExternalUsers"]},
                {"includeUsers": ["None"]},
            ),
            (60, 13, 13, 5, 7, 2),
        )[0]
        excluded: dict[str, Any] = chance.choices(
            (
                {},
                {"excludeUsers": [chance.choice(ids)]},
                {"excludeGroups": [chance.choice(groups)]},
                {"excludeRoles": administrators},
                {"excludeUsers": ["GuestsOrExternalUsers"]},
                {"excludeUsers": [chance.choice(ids)], "excludeGroups": [chance.choice(groups)]},
            ),
            (35, 25, 20, 5, 5, 10),
        )[0]
        names = [f"{side}{what}" for side in ("include", "exclude") for what in ("Users", "Groups", "Roles")]
        return {name: [] for name in names} | included | excluded

    def _applications(self) -> dict[str, Any]:
        chance = self._random
        chosen: dict[str, Any] = chance.choices(
            (
                {"includeApplications": ["All"]},
                {"includeApplications": ["All"], "excludeApplications": [OTHER_APP]},
                {"includeApplications": ["All"], "excludeApplications": ["Office365"]},
                {"includeApplications": ["Office365"]},
                {"includeApplications": [MAIL]},
                {"includeApplications": [OTHER_APP]},
                {"includeUserActions": [REGISTER]},
            ),
            (45, 8, 2, 10, 4, 8, 23),
        )[0]
        return {"includeApplications": [], "excludeApplications": [], "includeUserActions": []} | chosen

    def _platforms(self) -> dict[str, Any] | None:
        known = ["android", "iOS", "windows", "macOS", "linux"]
        return self._random.choices(
            (
                None,
                {"includePlatforms": ["all"], "excludePlatforms": []},
                {"includePlatforms": ["all"], "excludePlatforms": known},
                {"includePlatforms": ["windows"], "excludePlatforms": []},
                {"includePlatforms": ["iOS", "android"], "excludePlatforms": []},
            ),
            (90, 4, 2, 2, 2),
        )[0]

    def _locations(self, tenant: Tenant) -> dict[str, Any] | None:
        named = list(tenant.named_locations)
        return self._random.choices(
            (
                None,
                {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
                {"includeLocations": ["All"], "excludeLocations": [named[2]]},
                {"includeLocations": [named[2]], "excludeLocations": []},
                {"includeLocations": ["All"], "excludeLocations": [named[1], "AllTrusted"]},
                {"includeLocations": ["AllTrusted"], "excludeLocations": []},
            ),
            (72, 14, 5, 3, 4, 2),
        )[0]

    def _controls(self, conditions: dict[str, Any]) -> dict[str, Any] | None:
        chance = self._random
        name = chance.choices(list(STRENGTHS), (5, 2, 5, 2, 3, 1))[0]
        strength = {"id": self._guid(), "displayName": name, "allowedCombinations": STRENGTHS[name]}
        legacy = conditions["clientAppTypes"] == ["exchangeActiveSync", "other"]
        built_in, operator, asked = chance.choices(
            (
                (["mfa"], "OR", None),
                ([], "OR", strength),
                (["block"], "OR", None),
                (["compliantDevice", "domainJoinedDevice"], "OR", None),
                (["mfa", "compliantDevice"], "OR", None),
                (["mfa", "compliantDevice"], "AND", None),
                (["compliantDevice"], "AND", strength),
                (None, "", None),
            ),
            (45, 22, 60 if legacy else 4, 6, 6, 3, 1, 6),
        )[0]
        if built_in is None:
            return None
        terms = ["terms"] if chance.random() < 0.02 and built_in != ["block"] else []
        return {
            "operator": operator,
            "builtInControls": built_in,
            "customAuthenticationFactors": [],
            "termsOfUse": terms,
            "authenticationStrength": asked,
        }
