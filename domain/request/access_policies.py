"""Conditional Access policies as far as a forecast needs them: what each asks for, and of whom.

Whatever a policy leaves open for the sign-in of `domain/request/forecast.py` is judged so that no user looks safer than they
are: a demand that holds on some platforms only is none, and where it matters what cannot be known, the forecast is unknown.

Sources: Graph documentation, conditionalAccessPolicy and the types of its properties (conditionalAccessConditionSet, -Users,
-Applications, -Locations, -Platforms, -GrantControls), authenticationStrengthPolicy, namedLocation; Microsoft, "Conditional Access:
Conditions".
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from domain.request.forecast import ANY_MFA, Demand

# The user action of policies about registering security information.
REGISTER = "urn:user:registersecurityinfo"
# Office 365 Exchange Online: the sign-in that a forecast is about.
MAIL = "00000002-0000-0ff1-ce00-000000000000"
_MAIL_TARGETS = frozenset({"All", "Office365", MAIL})

TRUSTED = frozenset({"AllTrusted", "00000000-0000-0000-0000-000000000000"})  # the second: the trusted addresses of MFA
PLATFORMS = ("windows", "macOS", "iOS", "android", "linux")
# Clients that can do MFA. Exchange Online takes no password from others any more.
CLIENTS = ("browser", "mobileAppsAndDesktopClients")

# Conditions that a sign-in without risk does not meet: such a policy changes nothing.
_ESCAPED = frozenset(
    {"userRiskLevels", "signInRiskLevels", "servicePrincipalRiskLevels", "insiderRiskLevels", "authenticationFlows"}
)
_KNOWN = _ESCAPED | {"users", "applications", "locations", "platforms", "clientAppTypes", "clientApplications"}

# Built-in strengths, for an answer that names one without its combinations. (Graph documentation, authenticationStrengthPolicy)
_PHISHING_RESISTANT = frozenset({"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"})
_BUILT_IN = {
    "00000000-0000-0000-0000-000000000002": None,
    "00000000-0000-0000-0000-000000000003": _PHISHING_RESISTANT | {"deviceBasedPush"},
    "00000000-0000-0000-0000-000000000004": _PHISHING_RESISTANT,
}

# What a user meets with a device. A device that is managed is not everybody's.
_OF_DEVICE = frozenset({"compliantDevice", "domainJoinedDevice"})

type Target = Literal["signIn", "register"]


class AccessRule(NamedTuple):
    """One enabled policy that matters: it asks for something or blocks.

    `unclear`: it may do so, depending on what cannot be known; with a `demand` it asks for that if anything. `sometimes`: on some
    platforms or in some clients only. `needs_device`: the device has to be managed. `or_device`: a managed device will do instead.

    `listed` and `left_out` are user ids; `everybody` includes all users. `by_graph`: only Graph can say whom it applies to.
    `inside` and `outside` are ids of named locations. `seen_on` is a platform and a client that it applies to. `conditional`: it
    depends on more than Graph is given, so that Graph's not listing it means nothing.
    """

    id: str
    target: Target
    demand: Demand | None = None
    blocks: bool = False
    unclear: bool = False
    sometimes: bool = False
    needs_device: bool = False
    or_device: bool = False
    everybody: bool = False
    listed: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    by_graph: bool = False
    inside: frozenset[str] = frozenset({"All"})
    outside: frozenset[str] = frozenset()
    seen_on: tuple[str, str] = (PLATFORMS[0], CLIENTS[0])
    conditional: bool = False

    @property
    def by_location(self) -> bool:
        """Whether it depends on named locations."""
        return bool((self.inside | self.outside) - TRUSTED - {"All"})

    def includes(self, user_id: str) -> bool | None:
        """Return whether it is for a user; None where only Graph can say."""
        if user_id.lower() in self.left_out:
            return False
        return None if self.by_graph else self.everybody or user_id.lower() in self.listed


def access_rules(policies: Iterable[Mapping[str, Any]]) -> list[AccessRule]:
    """Return the rules of the policies that are on and say something about MFA or access."""
    return [rule for policy in policies if policy.get("state") == "enabled" for rule in _rules(policy)]


def _rules(policy: Mapping[str, Any]) -> list[AccessRule]:
    conditions = _mapping(policy.get("conditions"))
    users = _mapping(conditions.get("users"))
    places = _mapping(conditions.get("locations"))
    inside = _texts(places.get("includeLocations")) or {"All"}
    if inside <= TRUSTED or (_texts(users.get("includeUsers")) == {"None"} and not _names_groups(users, "include")):
        return []
    found = []
    for target in _targets(_mapping(conditions.get("applications"))):
        rule = _granted(policy, target, conditions)
        if rule is not None and (rule.demand or rule.blocks or rule.unclear or rule.needs_device):
            outside = _texts(places.get("excludeLocations"))
            found.append(_for_whom(rule, users)._replace(inside=frozenset(inside), outside=frozenset(outside)))
    return found


def _for_whom(rule: AccessRule, users: Mapping[str, Any]) -> AccessRule:
    included, excluded = _texts(users.get("includeUsers")), _texts(users.get("excludeUsers"))
    return rule._replace(
        everybody="All" in included,
        listed=frozenset(map(str.lower, included)),
        left_out=frozenset(map(str.lower, excluded)),
        by_graph="GuestsOrExternalUsers" in included | excluded
        or _names_groups(users, "exclude")
        or ("All" not in included and _names_groups(users, "include")),
    )


def _names_groups(users: Mapping[str, Any], side: Literal["include", "exclude"]) -> bool:
    """Return whether groups, roles or kinds of guests are named, which only Graph can resolve."""
    return any(users.get(f"{side}{name}") for name in ("Groups", "Roles", "GuestsOrExternalUsers"))


def _targets(applications: Mapping[str, Any]) -> list[Target]:
    targets: list[Target] = []
    included, excluded = (
        _texts(applications.get("includeApplications")),
        _texts(applications.get("excludeApplications")),
    )
    if not included.isdisjoint(_MAIL_TARGETS) and excluded.isdisjoint(_MAIL_TARGETS):
        targets.append("signIn")
    if REGISTER in _texts(applications.get("includeUserActions")):
        targets.append("register")
    return targets


def _granted(policy: Mapping[str, Any], target: Target, conditions: Mapping[str, Any]) -> AccessRule | None:
    """Return what the policy asks for; None where it lets a password pass."""
    filled = {name for name, value in conditions.items() if "@" not in name and _is_filled(value)}
    platforms, clients = _platforms(conditions), _clients(conditions)
    if filled & _ESCAPED or not platforms or not clients:
        return None
    rule = AccessRule(str(policy.get("id", "")), target, seen_on=(platforms[0], clients[0]))
    granted = _controlled(rule, _mapping(policy.get("grantControls")))
    if granted is None:
        return None
    if filled - _KNOWN or _mapping(conditions.get("applications")).get("applicationFilter"):
        # Devices, times, or what did not exist when this was written.
        return granted._replace(blocks=False, unclear=True, conditional=True)
    # From somewhere a user cannot register, and that is what is said; a sign-in is free of it somewhere, and where MFA is asked for
    # anyway, only a strength asks for more.
    everywhere = len(platforms) == len(PLATFORMS) and len(clients) == len(CLIENTS)
    if everywhere or granted.unclear or target == "register":
        return granted
    if granted.blocks or granted.demand in {None, ANY_MFA}:
        return None
    return granted._replace(sometimes=True, needs_device=False)


def _platforms(conditions: Mapping[str, Any]) -> list[str]:
    platforms = _mapping(conditions.get("platforms"))
    included, excluded = _texts(platforms.get("includePlatforms")), _texts(platforms.get("excludePlatforms"))
    return [name for name in PLATFORMS if (not included or included & {"all", name}) and name not in excluded]


def _clients(conditions: Mapping[str, Any]) -> list[str]:
    clients = _texts(conditions.get("clientAppTypes"))
    return [name for name in CLIENTS if not clients or clients & {"all", name}]


def _is_filled(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_is_filled(each) for each in value.values())
    return bool(value)


def _controlled(rule: AccessRule, controls: Mapping[str, Any]) -> AccessRule | None:
    built_in = _texts(controls.get("builtInControls"))
    if "block" in built_in:
        return rule._replace(blocks=True)
    demand = _demand(controls, built_in)
    if demand == "unclear":
        return rule._replace(unclear=True)
    device = bool(built_in & _OF_DEVICE)
    # Custom controls, certain apps, a change of the password: whether a user meets them cannot be known.
    others = bool(built_in - _OF_DEVICE - {"mfa"}) or bool(controls.get("customAuthenticationFactors"))
    if controls.get("operator") == "AND":
        return rule._replace(unclear=True) if others else rule._replace(demand=demand, needs_device=device)
    if controls.get("termsOfUse"):
        return None  # a click will do
    if others:
        return rule._replace(unclear=True)
    return rule._replace(demand=demand, needs_device=device and not demand, or_device=device and bool(demand))


def _demand(controls: Mapping[str, Any], built_in: set[str]) -> Demand | Literal["unclear"] | None:
    if "mfa" in built_in:
        return ANY_MFA
    strength = controls.get("authenticationStrength")
    if not isinstance(strength, Mapping):
        return None
    combinations = strength.get("allowedCombinations")
    if isinstance(combinations, list) and combinations:
        # Only some passkeys, by model, or certificates, by issuer.
        demand = Demand(frozenset(map(str, combinations)), narrowed=bool(strength.get("combinationConfigurations")))
        return demand if demand.asks else None
    known = str(strength.get("id"))
    return Demand(_BUILT_IN[known]) if known in _BUILT_IN else "unclear"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> set[str]:
    return set(map(str, value)) if isinstance(value, list) else set()
