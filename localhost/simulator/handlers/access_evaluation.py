"""`POST /identity/conditionalAccess/evaluate`: which Conditional Access policies would apply to a sign-in.

[d] api/conditionalaccessroot-evaluate, resources/signinconditions, -whatifanalysisresult, -conditionalaccessusers,
-conditionalaccessapplications, -conditionalaccesslocations and -conditionalaccessplatforms of the Graph documentation; where
they say nothing, [inf].
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from localhost.simulator.handlers.access_policies import access_policies
from localhost.simulator.model.entities import NamedLocation, Tenant, User
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response, context
from localhost.simulator.world.world import World

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COUNTRY = re.compile(r"[A-Z]{2}")
_PARAMETERS = {"signInIdentity", "signInContext", "signInConditions", "appliedPoliciesOnly"}
_LEVELS = ("low", "medium", "high", "hidden", "none")
# The members of signInConditions that are enumerations, with their members and the default. [d]
_ENUMERATIONS = {
    "devicePlatform": (("android", "iOS", "windows", "windowsPhone", "macOS", "all", "linux"), "all"),
    "clientAppType": (
        ("all", "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "easSupported", "other"),
        "all",
    ),
    "signInRiskLevel": (_LEVELS, "none"),
    "userRiskLevel": (_LEVELS, "none"),
    "servicePrincipalRiskLevel": (_LEVELS, "none"),
    "insiderRiskLevel": (("none", "minor", "moderate", "elevated"), "none"),
}
_CONDITIONS = {*_ENUMERATIONS, "country", "ipAddress", "deviceInfo", "authenticationFlow"}
_ACTIONS = {
    "registerSecurityInformation": "urn:user:registersecurityinfo",
    "registerOrJoinDevices": "urn:user:registerdevice",
}
# Applications of the suite that a policy names as Office365, as far as they are asked for here. [d]
OFFICE = frozenset({"00000002-0000-0ff1-ce00-000000000000", "00000003-0000-0ff1-ce00-000000000000"})


def evaluate(_: World, request: Request) -> Response:
    """List the tenant's policies with whether each would apply; with appliedPoliciesOnly those that would."""
    body, tenant = request.json(), request.own_tenant
    if unknown := sorted(set(body) - _PARAMETERS):
        raise _bad(f"The parameter '{unknown[0]}' is not a parameter of the action 'evaluate'.")
    user = _user(tenant, _typed(body, "signInIdentity"))
    sign_in = _SignIn(tenant, user, _typed(body, "signInContext"), _conditions(body.get("signInConditions")))
    rows = [_row(policy, next(sign_in.reasons_against(policy), "notSet")) for policy in access_policies(tenant)]
    if body.get("appliedPoliciesOnly"):
        rows = [row for row in rows if row["policyApplies"]]
    what = "Collection(microsoft.graph.whatIfAnalysisResult)"
    return Response(200, {"@odata.context": context(request, what), "value": rows})


def _row(policy: dict[str, Any], reason: str) -> dict[str, Any]:
    return policy | {"policyApplies": reason == "notSet", "analysisReasons": reason}


def _bad(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)


def _typed(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a parameter of an abstract type, which has to say which of the derived types it is."""
    value = body.get(name)
    if not isinstance(value, dict) or not isinstance(value.get("@odata.type"), str):
        raise _bad(f"'{name}' is required, with its @odata.type.")
    return value


def _user(tenant: Tenant, identity: dict[str, Any]) -> User:
    if identity["@odata.type"] != "#microsoft.graph.userSignIn" or set(identity) - {"@odata.type", "userId"}:
        raise _bad("Only sign-ins of users are evaluated here.")
    user = tenant.users.get(str(identity.get("userId")).lower())  # an object id, no name [d]
    if user is None:
        raise GraphError(
            404, "Request_ResourceNotFound", f"Resource '{identity.get('userId')}' does not exist."
        )  # [inf]
    return user


def _conditions(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _bad("'signInConditions' is required.")
    given = {name: each for name, each in value.items() if name != "@odata.type"}
    if unknown := sorted(set(given) - _CONDITIONS):
        raise _bad(f"The property '{unknown[0]}' does not exist on type 'microsoft.graph.signInConditions'.")
    for name, (members, default) in _ENUMERATIONS.items():
        if given.setdefault(name, default) not in members:
            raise _bad(f"'{given[name]}' is not a member of the type of '{name}'.")
    if "country" in given and not _COUNTRY.fullmatch(str(given["country"])):
        raise _bad("'country' is a code of two letters.")
    if "ipAddress" in given:
        try:
            ipaddress.ip_address(given["ipAddress"])
        except ValueError as error:
            raise _bad("'ipAddress' is not an address.") from error
    return given


class _SignIn:
    """One sign-in: who, to what, under which conditions."""

    def __init__(self, tenant: Tenant, user: User, target: dict[str, Any], conditions: dict[str, Any]) -> None:
        self._tenant = tenant
        self._user = user
        self._conditions = conditions
        self._action = ""
        self._applications: set[str] = set()
        match target["@odata.type"]:
            case "#microsoft.graph.applicationContext":
                self._applications = {str(each) for each in target.get("includeApplications") or []}
                if not self._applications or not all(map(_GUID.fullmatch, self._applications)):
                    raise _bad("'includeApplications' holds the appId of applications.")
            case "#microsoft.graph.userActionContext" if target.get("userAction") in _ACTIONS:
                self._action = _ACTIONS[target["userAction"]]
            case _:
                raise _bad("'signInContext' is an application or a user action here.")

    def reasons_against(self, policy: dict[str, Any]) -> Iterator[str]:
        """Return why the policy does not apply, as whatIfAnalysisReasons; nothing where it does."""
        conditions = policy["conditions"]
        if policy["state"] == "disabled":
            yield "policyNotEnabled"
        if not self._includes_user(conditions.get("users") or {}):
            yield "users"
        yield from self._against_target(conditions.get("applications") or {})
        yield from self._against_platform(conditions.get("platforms") or {})
        clients = conditions.get("clientAppTypes") or ["all"]
        if "all" not in clients and self._conditions["clientAppType"] not in clients:
            yield "notEnoughInformation" if self._conditions["clientAppType"] == "all" else "clientApps"
        yield from self._against_place(conditions.get("locations") or {})
        for listed, given, reason in (
            ("signInRiskLevels", "signInRiskLevel", "signInRisk"),
            ("userRiskLevels", "userRiskLevel", "userRisk"),
            ("insiderRiskLevels", "insiderRiskLevel", "insiderRisk"),
        ):
            levels = conditions.get(listed)
            if levels and self._conditions[given] not in levels:
                yield reason
        if conditions.get("devices") and "deviceInfo" not in self._conditions:
            yield "notEnoughInformation"  # [inf]
        if conditions.get("authenticationFlows") and "authenticationFlow" not in self._conditions:
            yield "authenticationFlow"

    def _includes_user(self, users: dict[str, Any]) -> bool:
        return self._is_named(users, "include") and not self._is_named(users, "exclude")

    def _is_named(self, users: dict[str, Any], side: str) -> bool:
        user, names = self._user, set(users.get(f"{side}Users") or [])
        guest = user.type == "Guest"
        groups = {group.id for group in user.groups}
        roles = {role.template_id for role in user.active_roles}  # role templates; eligible roles do not count [d]
        return (
            "All" in names
            or user.id in {name.lower() for name in names}
            or (guest and ("GuestsOrExternalUsers" in names or bool(users.get(f"{side}GuestsOrExternalUsers"))))
            or not groups.isdisjoint(users.get(f"{side}Groups") or [])
            or not roles.isdisjoint(users.get(f"{side}Roles") or [])
        )

    def _against_target(self, applications: dict[str, Any]) -> Iterator[str]:
        included = set(applications.get("includeApplications") or [])
        if self._action:
            # Policies for all resources are listed for user actions, too. [d: example 3 of the page]
            if "All" not in included and self._action not in (applications.get("includeUserActions") or []):
                yield "userActions"
        elif not self._names_application(included) or self._names_application(
            set(applications.get("excludeApplications") or [])
        ):
            yield "application"

    def _names_application(self, named: set[str]) -> bool:
        suite = "Office365" in named and not OFFICE.isdisjoint(self._applications)
        return "All" in named or suite or not named.isdisjoint(self._applications)

    def _against_platform(self, platforms: dict[str, Any]) -> Iterator[str]:
        included, excluded = set(platforms.get("includePlatforms") or []), set(platforms.get("excludePlatforms") or [])
        given = self._conditions["devicePlatform"]
        if not included or ("all" in included and not excluded):
            return
        if given == "all":
            yield "notEnoughInformation"
        elif given in excluded or not included & {"all", given}:
            yield "devicePlatform"

    def _against_place(self, locations: dict[str, Any]) -> Iterator[str]:
        included, excluded = locations.get("includeLocations") or [], locations.get("excludeLocations") or []
        if not included or (included == ["All"] and not excluded):
            return
        inside, outside = self._is_at(included), self._is_at(excluded)
        if inside is None or (inside and outside is None):
            yield "notEnoughInformation"
        elif not inside or outside:
            yield "location"

    def _is_at(self, names: list[str]) -> bool | None:
        """Return whether the sign-in comes from one of the locations; None where what is given does not say."""
        if "All" in names:
            return True
        places = self._tenant.named_locations
        wanted = [place for key, place in places.items() if key in names or (place.trusted and "AllTrusted" in names)]
        answers = [self._is_in(place) for place in wanted]
        return True if True in answers else None if None in answers else False

    def _is_in(self, place: NamedLocation) -> bool | None:
        if place.countries:
            country = self._conditions.get("country")
            return None if country is None else country in place.countries
        address = self._conditions.get("ipAddress")
        if address is None:
            return None
        return any(ipaddress.ip_address(address) in ipaddress.ip_network(each) for each in place.ranges)
