"""Read what a reset means for users: what their tenant asks of a sign-in and of registering, with as few calls as that takes.

What does not depend on the user is read once for the tenant and kept for minutes. Graph is asked about a user only where a
policy names groups, roles, guests or places; whether MFA is on for the single user, only where nothing else asks for it.
"""

import time
from asyncio import Lock
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from domain.methods import Method
from domain.request.access_policies import MAIL, AccessRule, Target, access_rules
from domain.request.forecast import ANY_MFA, Forecast, SignInRules, forecast
from domain.request.named_locations import Locations, applies_in, country_of, locations_of
from domain.request.possible_rules import likely_forecast, possible_rules
from graph.batch import Part, batch
from graph.client import Graph, GraphClient, segment
from graph.errors import Fault, GraphError
from graph.paging import read_all
from graph.responses import Response

# Seconds for which a tenant's policies stand, and a refusal to evaluate them: an approver sees what was forecast, nothing more.
_KEPT_FOR = 300.0
# Likewise after a failure that passes, so that the windows of one request do not all run into it.
_FAILURE_KEPT_FOR = 20.0

# An address for documentation alone (RFC 5737), so no tenant trusts it.
_ADDRESS = "203.0.113.7"
_CONTEXTS: Mapping[Target, Mapping[str, object]] = {
    "signIn": {"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": [MAIL]},
    "register": {"@odata.type": "#microsoft.graph.userActionContext", "userAction": "registerSecurityInformation"},
}


_SECURITY_DEFAULTS = SignInRules(sign_in=(ANY_MFA,))
# Forecasts that may be others where MFA is on for the user alone: somebody who is asked for MFA already is asked for no more.
_MFA_WOULD_CHANGE = frozenset({Forecast.PASSWORD_ONLY, Forecast.UNKNOWN})
_RULES_OF_REGISTERING_MATTER = frozenset({Forecast.MUST_REGISTER, Forecast.UNKNOWN})


class Subject(NamedTuple):
    """A user to forecast. `country` is the two letters that Entra has as the usage location, "" where it has none."""

    user_id: str
    country: str
    kept: Sequence[Method]
    kept_unknown: bool = False


type _SignIn = tuple[str, str, str]
"""Platform, client and country of a sign-in that Graph evaluates."""


class _TenantRules(NamedTuple):
    security_defaults: bool
    rules: Sequence[AccessRule] = ()
    locations: Locations = MappingProxyType({})


async def read_forecasts(graph: Graph, tenant_id: str, subjects: Sequence[Subject]) -> list[Forecast]:
    """Return each user's forecast, `unknown` where what decides it could not be read. Never raises."""
    tenant = await _tenant_rules(graph, tenant_id)
    if tenant is None:
        return [Forecast.UNKNOWN] * len(subjects)
    if tenant.security_defaults:  # never on together with Conditional Access
        return [forecast(_SECURITY_DEFAULTS, each.kept, kept_unknown=each.kept_unknown) for each in subjects]
    return await _Evaluation(graph, tenant_id, tenant, subjects).forecasts()


async def read_tenant_rules(graph: Graph, tenant_id: str) -> None:
    """Read what a tenant's forecasts need and no user's, so that it is there when they are made. Never raises."""
    await _tenant_rules(graph, tenant_id)


async def _tenant_rules(graph: Graph, tenant_id: str) -> _TenantRules | None:
    key = ("sign-in rules", tenant_id)
    async with graph.locks.setdefault(key, Lock()):
        kept = graph.kept.get(key)
        if kept and kept[0] > time.monotonic():
            answer: _TenantRules | None = kept[1]
            return answer
        try:
            answer, lasts = await _read_tenant_rules(graph, tenant_id), _KEPT_FOR
        except GraphError as error:
            answer, lasts = None, _FAILURE_KEPT_FOR if error.passing else _KEPT_FOR
        graph.kept[key] = (time.monotonic() + lasts, answer)
        return answer


async def _read_tenant_rules(graph: Graph, tenant_id: str) -> _TenantRules:
    """Raises: GraphError."""
    client = graph.of(tenant_id)
    defaults = await client.get("policies/identitySecurityDefaultsEnforcementPolicy")
    if defaults.get("isEnabled"):
        return _TenantRules(security_defaults=True)
    found = await read_all(client, "identity/conditionalAccess/policies?$select=id,state,conditions,grantControls")
    rules = access_rules(found)
    places = await _locations(client) if any(rule.by_location for rule in rules) else {}
    return _TenantRules(security_defaults=False, rules=rules, locations=places)


async def _locations(client: GraphClient) -> Locations:
    return locations_of(await read_all(client, "identity/conditionalAccess/namedLocations"))


class _Evaluation:
    """The forecasts of one tenant's users, step by step: each step asks only about whom it can change something."""

    def __init__(self, graph: Graph, tenant_id: str, tenant: _TenantRules, subjects: Sequence[Subject]) -> None:
        self._graph = graph
        self._client = graph.of(tenant_id)
        self._tenant = tenant
        self._subjects = subjects
        # The ids of the policies that apply, by what is evaluated and of whom; None where Graph did not say.
        self._applied: dict[tuple[Target, _SignIn, int], frozenset[str] | None] = {}
        # By user: whether MFA is on for the user alone, None where that could not be read.
        self._per_user: dict[int, bool | None] = {}

    async def forecasts(self) -> list[Forecast]:
        everybody = range(len(self._subjects))
        await self._evaluate("signIn", everybody)
        await self._read_per_user([n for n in everybody if self._forecast(n) in _MFA_WOULD_CHANGE])
        # Somebody who is not asked, or keeps what is asked for, has nothing to register.
        await self._evaluate("register", [n for n in everybody if self._forecast(n) in _RULES_OF_REGISTERING_MATTER])
        return [self._forecast(number) for number in everybody]

    def _forecast(self, number: int) -> Forecast:
        subject, per_user = self._subjects[number], self._per_user.get(number, False)
        possible = [
            rules
            for also in {None: ((), (ANY_MFA,)), False: ((),), True: ((ANY_MFA,),)}[per_user]
            for rules in possible_rules(self._tenant.rules, lambda rule: self._applies(rule, number), also=also)
        ]
        return likely_forecast(possible, subject.kept, kept_unknown=subject.kept_unknown)

    def _applies(self, rule: AccessRule, number: int) -> bool | None:
        subject = self._subjects[number]
        here = applies_in(rule, subject.country, self._tenant.locations)
        included = rule.includes(subject.user_id)
        if here is False or included is False:
            return False
        if included is None:
            asked = self._asked(rule, subject)
            applied = self._applied.get((rule.target, asked, number), frozenset())
            included = None if applied is None else rule.id in applied
            if included is False:
                # What Graph cannot judge without more to go on, it does not list.
                judged = not rule.conditional and applies_in(rule, asked[2], self._tenant.locations) is True
                return False if judged else None
        return None if here is None or included is None else True

    def _asked(self, rule: AccessRule, subject: Subject) -> _SignIn:
        """Return the sign-in that shows whether the rule includes the user: of whose country nothing is known, one where it applies."""
        country = subject.country or (country_of(rule, self._tenant.locations) if rule.by_location else "")
        return (*rule.seen_on, country)

    async def _evaluate(self, target: Target, numbers: Sequence[int]) -> None:
        rules = [rule for rule in self._tenant.rules if rule.target == target]
        wanted = dict.fromkeys(
            (self._asked(rule, self._subjects[n]), n)
            for n in numbers
            for rule in rules
            if self._has_to_be_asked(rule, self._subjects[n])
        )
        parts = [_evaluate_part(self._subjects[number].user_id, target, sign_in) for sign_in, number in wanted]
        for (sign_in, number), answer in zip(wanted, await self._ask("evaluate", parts, "v1.0"), strict=True):
            self._applied[target, sign_in, number] = _applied(answer)

    def _has_to_be_asked(self, rule: AccessRule, subject: Subject) -> bool:
        here = applies_in(rule, subject.country, self._tenant.locations)
        return here is not False and rule.includes(subject.user_id) is None

    async def _read_per_user(self, numbers: Sequence[int]) -> None:
        """Read of which users per-user MFA asks. (beta: Graph documentation, "Get authentication method states")"""
        paths = [f"users/{segment(self._subjects[number].user_id)}/authentication/requirements" for number in numbers]
        answers = await self._ask("requirements", [Part(path) for path in paths], "beta")
        self._per_user |= dict(zip(numbers, map(_is_on, answers), strict=True))

    async def _ask(self, what: str, parts: Sequence[Part], version: str) -> Sequence[Response | None]:
        """Return the answers, None where there is none. A refusal is kept, so that no more is asked for minutes."""
        key = (f"{what} refused", self._client.tenant_id)
        refused_until = self._graph.kept.get(key, (0.0, None))[0]
        if not parts or refused_until > time.monotonic():
            return [None] * len(parts)
        try:
            answers = await batch(self._client, parts, version=version)
        except GraphError as error:
            self._note(key, error)
            return [None] * len(parts)
        for answer in answers:
            if not answer.ok:
                self._note(key, answer.error())
        return answers

    def _note(self, key: tuple[str, str], error: GraphError) -> None:
        if error.fault is Fault.FORBIDDEN:
            self._graph.kept[key] = (time.monotonic() + _KEPT_FOR, None)


def _evaluate_part(user_id: str, target: Target, sign_in: _SignIn) -> Part:
    """The call that asks which policies apply.

    Source: Graph documentation, "conditionalAccessRoot: evaluate".
    """
    platform, client, country = sign_in
    conditions = {"devicePlatform": platform, "clientAppType": client, "ipAddress": _ADDRESS}
    body: dict[str, Any] = {
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": user_id},
        "signInContext": _CONTEXTS[target],
        "signInConditions": conditions | ({"country": country} if country else {}),
        "appliedPoliciesOnly": True,
    }
    return Part("identity/conditionalAccess/evaluate", method="POST", body=body, repeatable=True)


def _applied(answer: Response | None) -> frozenset[str] | None:
    """Return the ids of the policies that apply; None where the answer is none, or says that something is missing to know."""
    try:
        items = answer.items() if answer is not None else None
    except GraphError:
        return None
    if items is None or any(item.get("analysisReasons") == "notEnoughInformation" for item in items):
        return None
    return frozenset(str(item.get("id")) for item in items if item.get("policyApplies") is True)


def _is_on(answer: Response | None) -> bool | None:
    """Return whether per-user MFA is on; enforced is what enabled becomes once the user has registered."""
    state = answer.body.get("perUserMfaState") if answer is not None and answer.ok else None
    return {"disabled": False, "enabled": True, "enforced": True}.get(str(state))
