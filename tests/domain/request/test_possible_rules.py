"""Policies as Graph lists them, and what they come to for one user."""

from typing import Any

import pytest

from domain.request.access_policies import access_rules
from domain.request.forecast import ANY_MFA
from domain.request.possible_rules import likely_forecast, possible_rules

ALL = {"includeUsers": ["All"]}
MAIL = {"includeApplications": ["All"]}
REGISTERING = {"includeUserActions": ["urn:user:registersecurityinfo"]}
MFA = {"operator": "OR", "builtInControls": ["mfa"]}
BUILT_IN_MFA = "00000000-0000-0000-0000-000000000002"


def policy(
    grant: object = MFA, *, state: str = "enabled", applications: object = MAIL, **conditions: Any
) -> dict[str, Any]:
    return {
        "id": "p",
        "state": state,
        "conditions": {"users": ALL, "applications": applications} | conditions,
        "grantControls": grant,
    }


def word(*policies: dict[str, Any], applies: bool | None = True) -> str:
    rules = access_rules(policies)
    return likely_forecast(possible_rules(rules, lambda _: applies), [], kept_unknown=False)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (policy(), "mustRegister"),
        (policy(state="enabledForReportingButNotEnforced"), "passwordOnly"),
        (policy(state="disabled"), "passwordOnly"),
        (policy(None), "passwordOnly"),
        (policy(applications={"includeApplications": ["All"], "excludeApplications": ["Office365"]}), "passwordOnly"),
        (policy(applications={"includeApplications": ["another"]}), "passwordOnly"),
        (policy(applications={"includeApplications": ["Office365"]}), "mustRegister"),
        (policy(users={"includeUsers": ["None"]}), "passwordOnly"),
        (policy(signInRiskLevels=["high"]), "passwordOnly"),
        (policy(platforms={"includePlatforms": ["iOS"]}), "passwordOnly"),
        (policy(platforms={"includePlatforms": ["all"], "excludePlatforms": []}), "mustRegister"),
        (policy(clientAppTypes=["browser"]), "passwordOnly"),
        (policy(clientAppTypes=["browser", "mobileAppsAndDesktopClients"]), "mustRegister"),
        (policy(locations={"includeLocations": ["AllTrusted"]}), "passwordOnly"),
        (policy(devices={"deviceFilter": {"mode": "include", "rule": "x"}}), "unknown"),
        (policy(devices={"deviceFilter": None}), "mustRegister"),
        (policy(whatComesNext={"all": True}), "unknown"),
        (policy({"operator": "OR", "builtInControls": ["block"]}), "cannotRegister"),
        (policy({"operator": "OR", "builtInControls": ["compliantDevice"]}), "passwordOnly"),
        (policy({"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]}), "mustRegister"),
        (policy({"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]}), "mustRegister"),
        (policy({"operator": "OR", "builtInControls": ["mfa"], "termsOfUse": ["t"]}), "passwordOnly"),
        (policy({"operator": "AND", "builtInControls": ["mfa"], "termsOfUse": ["t"]}), "mustRegister"),
        (policy({"operator": "OR", "builtInControls": ["mfa", "approvedApplication"]}), "unknown"),
        (policy({"operator": "OR", "builtInControls": [], "customAuthenticationFactors": ["duo"]}), "unknown"),
        (policy({"operator": "OR", "authenticationStrength": {"id": BUILT_IN_MFA}}), "mustRegister"),
        (policy({"operator": "OR", "authenticationStrength": {"id": BUILT_IN_MFA[:-1] + "4"}}), "cannotRegister"),
        (policy({"operator": "OR", "authenticationStrength": {"id": "of the tenant's own"}}), "unknown"),
    ],
)
def test_one_policy_for_everybody(one: dict[str, Any], expected: str) -> None:
    assert word(one) == expected


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (policy(applications=REGISTERING), "cannotRegister"),
        (policy({"operator": "OR", "builtInControls": ["block"]}, applications=REGISTERING), "cannotRegister"),
        (policy({"operator": "OR", "builtInControls": ["compliantDevice"]}, applications=REGISTERING), "unknown"),
        (
            policy({"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]}, applications=REGISTERING),
            "unknown",
        ),
        (policy(applications=REGISTERING, signInRiskLevels=["high"]), "mustRegister"),
    ],
)
def test_a_policy_about_registering_beside_mfa_for_all(one: dict[str, Any], expected: str) -> None:
    assert word(policy(), one) == expected


def test_who_needs_a_managed_device_to_sign_in_has_one() -> None:
    needed = policy({"operator": "OR", "builtInControls": ["compliantDevice"]})
    instead = policy({"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]})
    assert word(needed, instead) == "passwordOnly"
    register = policy({"operator": "OR", "builtInControls": ["compliantDevice"]}, applications=REGISTERING)
    assert word(policy(), needed, register) == "mustRegister"


def test_where_it_is_not_known_whom_a_policy_is_for_the_answer_holds_either_way_or_is_unknown() -> None:
    assert word(policy(), applies=None) == "unknown"
    (doubtful,) = access_rules([policy()])
    found = possible_rules([doubtful], lambda _: None, also=(ANY_MFA,))
    assert likely_forecast(found, [], kept_unknown=False) == "mustRegister"
    assert possible_rules([doubtful] * 7, lambda _: None) == []
    assert likely_forecast([], [], kept_unknown=False) == "unknown"


@pytest.mark.parametrize(
    ("users", "user", "includes"),
    [
        (ALL, "A", True),
        (ALL | {"excludeUsers": ["a"]}, "A", False),
        (ALL | {"excludeGroups": ["g"]}, "A", None),
        (ALL | {"excludeGroups": ["g"], "excludeUsers": ["A"]}, "a", False),
        ({"includeUsers": ["a"]}, "A", True),
        ({"includeUsers": ["a"]}, "b", False),
        ({"includeRoles": ["r"]}, "a", None),
        ({"includeUsers": ["GuestsOrExternalUsers"]}, "a", None),
        (ALL | {"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest"}}, "a", None),
    ],
)
def test_whom_a_policy_is_for_without_asking_graph(users: dict[str, Any], user: str, includes: bool | None) -> None:
    (rule,) = access_rules([policy(users=users)])
    assert rule.includes(user) is includes
