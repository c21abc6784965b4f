"""What a user meets after a reset, worked out from the tenant by brute force.

Independent of the service and of the simulator's `evaluate`: every sign-in that somebody with the password can try is made, on each
platform, in each client, from a managed and from an unmanaged device, against each policy, as Microsoft's documentation says:
"Conditional Access: Conditions" (all conditions have to hold), "Conditional Access: Users" (exclusion wins), "Conditional Access:
Grant" (one or all of the controls), "Building a Conditional Access policy" (all policies that apply have to be met; block wins),
"How Conditional Access authentication strength works", "Security defaults", "Per-user MFA".
"""

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from localhost.simulator.model.entities import Tenant, User

PLATFORMS = ("windows", "macOS", "iOS", "android", "linux")
CLIENTS = ("browser", "mobileAppsAndDesktopClients")
OFFICE_SUITE = {"Office365", "00000002-0000-0ff1-ce00-000000000000"}
REGISTERING = "urn:user:registersecurityinfo"
MOBILE = "3179e48a-750b-4051-897c-87b9720928f7"

SECOND_FACTORS = {
    "phone", "microsoftAuthenticator", "softwareOath", "hardwareOath", "fido2", "windowsHelloForBusiness",
    "platformCredential", "externalAuthenticationMethod",
}  # fmt: skip


class Attempt(NamedTuple):
    platform: str
    client: str
    managed: bool


class Asked(NamedTuple):
    """What one attempt meets: a block, or what it has to show. A control is "mfa" or the combinations of a strength."""

    blocked: bool
    controls: tuple[frozenset[str] | None, ...]


def truth(tenant: Tenant, user: User) -> str:
    """Return the user's forecast; "unknown" where it depends on whether the user has a managed device, or on an unknown country."""
    if tenant.enforces == "securityDefaults":
        return _after([None], user, ())
    if user.country is not None:
        return _in_country(tenant, user, user.country)
    answers = {_in_country(tenant, user, country) for country in ("DE", "US")}
    return answers.pop() if len(answers) == 1 else "unknown"


def _in_country(tenant: Tenant, user: User, country: str) -> str:
    attempts = [Attempt(*each) for each in product(PLATFORMS, CLIENTS, (False, True))]
    met = {attempt: _meet(tenant, user, country, attempt, registering=False) for attempt in attempts}
    open_ones = [attempt for attempt in attempts if not met[attempt].blocked]
    if not open_ones:
        return "cannotRegister"
    anywhere = [attempt for attempt in open_ones if not attempt.managed]
    answers = set()
    for attempt in anywhere or open_ones:
        controls = list(met[attempt].controls)
        if user.per_user_mfa != "disabled":
            controls.append(None)
        if not controls:
            return "passwordOnly"
        devices = (False, True) if not attempt.managed else (True,)
        found = set()
        for managed in devices:
            registering = _meet(tenant, user, country, attempt._replace(managed=managed), registering=True)
            found.add(_after(controls, user, None if registering.blocked else registering.controls))
        answers.add(found.pop() if len(found) == 1 else "unknown")
    for worst in ("unknown", "cannotRegister", "mustRegister"):
        if worst in answers:
            return worst
    return "keepsStrongMethod"


def _meet(tenant: Tenant, user: User, country: str, attempt: Attempt, *, registering: bool) -> Asked:
    blocked, controls = False, []
    for policy in tenant.policies or []:
        if policy["state"] != "enabled" or not _applies(tenant, policy, user, country, attempt, registering):
            continue
        for control in _controls(policy["grantControls"], managed=attempt.managed):
            if control == "block":
                blocked = True
            else:
                controls.append(None if control == "mfa" else control)
    return Asked(blocked, tuple(controls))


def _controls(grant: dict[str, Any] | None, *, managed: bool) -> Iterator[Any]:
    """Yield what remains to be shown: "block", "mfa" or a strength's combinations."""
    if grant is None:
        return
    needed: list[Any] = []
    for name in grant["builtInControls"]:
        if name in {"compliantDevice", "domainJoinedDevice"}:
            needed.append("met" if managed else "block")
        else:
            needed.append(name)
    if grant["authenticationStrength"]:
        needed.append(frozenset(grant["authenticationStrength"]["allowedCombinations"]))
    needed += ["met" for _ in grant["termsOfUse"]]  # anybody can accept them
    if grant["operator"] == "AND" or len(needed) == 1:
        yield from (each for each in needed if each != "met")
    elif "met" not in needed:
        possible = [each for each in needed if each != "block"]
        yield possible[0] if possible else "block"


def _applies(
    tenant: Tenant, policy: dict[str, Any], user: User, country: str, attempt: Attempt, registering: bool
) -> bool:
    conditions = policy["conditions"]
    users = conditions["users"]
    if not _among(user, users, "include") or _among(user, users, "exclude"):
        return False
    applications = conditions["applications"]
    if registering:
        # A policy for all resources is what the sign-in has met before; of a registration only its own policies ask for more.
        if REGISTERING not in applications["includeUserActions"]:
            return False
    else:
        targets = OFFICE_SUITE | {"All"}
        if not targets & set(applications["includeApplications"]) or targets & set(applications["excludeApplications"]):
            return False
    places = conditions["locations"]
    here = not places or (
        _inside(tenant, country, places["includeLocations"])
        and not _inside(tenant, country, places["excludeLocations"])
    )
    return here and _is_tried_with(conditions, attempt)


def _is_tried_with(conditions: dict[str, Any], attempt: Attempt) -> bool:
    clients = conditions["clientAppTypes"]
    if "all" not in clients and attempt.client not in clients:
        return False
    if conditions["signInRiskLevels"] or conditions["userRiskLevels"]:
        return False
    platforms = conditions["platforms"]
    if not platforms:
        return True
    included = {"all", attempt.platform} & set(platforms["includePlatforms"])
    return bool(included) and attempt.platform not in platforms["excludePlatforms"]


def _inside(tenant: Tenant, country: str, names: list[str]) -> bool:
    """Whether an address that is in nobody's ranges, in this country, is in one of the locations."""
    return "All" in names or any(country in tenant.named_locations[n].countries for n in names if n != "AllTrusted")


def _among(user: User, users: dict[str, Any], side: str) -> bool:
    for name in users[f"{side}Users"]:
        if name in {"All", user.id} or (name == "GuestsOrExternalUsers" and user.type == "Guest"):
            return True
    if {group.id for group in user.groups} & set(users[f"{side}Groups"]):
        return True
    return bool({held.template_id for held in user.roles} & set(users[f"{side}Roles"]))


def _after(controls: list[frozenset[str] | None], user: User, to_register: tuple[Any, ...] | None) -> str:
    """Return the word for a user who is asked for `controls`; `to_register`: likewise to register, None where that is blocked."""
    lasting = [method for method in user.methods.values() if method.kind.name in SECOND_FACTORS]
    passes = [m for m in user.methods.values() if m.kind.name == "temporaryAccessPass" and m.properties["isUsable"]]
    unmet = [control for control in controls if not any(_meets(method, control) for method in lasting)]
    if not unmet:
        return "keepsStrongMethod"
    if to_register is None:
        return "cannotRegister"
    if not all(any(_meets(method, control) for method in lasting + passes) for control in to_register):
        return "cannotRegister"
    for control in unmet:
        if control is None or any(name.startswith("password,") and "hardware" not in name for name in control):
            continue
        # A passkey is registered after MFA only; Windows Hello and certificates are not registered at a prompt.
        if not ("fido2" in control and lasting + passes):
            return "cannotRegister"
    return "mustRegister"


def _meets(method: Any, control: frozenset[str] | None) -> bool:
    if control is None:
        return True
    match method.kind.name:
        case "phone":
            return "password,voice" in control or (method.id == MOBILE and "password,sms" in control)
        case "temporaryAccessPass":
            return {"temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"} <= control
        case "windowsHelloForBusiness" | "platformCredential":
            return "windowsHelloForBusiness" in control
        case "microsoftAuthenticator":
            return "password,microsoftAuthenticatorPush" in control
        case "softwareOath":
            return "password,softwareOath" in control
        case "hardwareOath":
            return "password,hardwareOath" in control
        case "fido2":
            return "fido2" in control
    return False
