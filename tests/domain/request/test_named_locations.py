"""Policies that depend on the place of a sign-in."""

import pytest

from domain.request.access_policies import AccessRule
from domain.request.named_locations import applies_in, country_of, locations_of

PLACES = locations_of(
    [
        {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": "office"},
        {"@odata.type": "#microsoft.graph.countryNamedLocation", "id": "home", "countriesAndRegions": ["DE", "AT"]},
        {"@odata.type": "#microsoft.graph.compliantNetworkNamedLocation", "id": "network"},
    ]
)


def rule(inside: str = "All", outside: str = "") -> AccessRule:
    return AccessRule("p", "signIn", inside=frozenset(inside.split()), outside=frozenset(outside.split()))


@pytest.mark.parametrize(
    ("inside", "outside", "country", "applies"),
    [
        ("All", "", "", True),
        ("All", "AllTrusted office", "", True),
        ("office", "", "DE", False),
        ("home", "", "DE", True),
        ("home", "", "US", False),
        ("home", "", "", None),
        ("All", "home", "DE", False),
        ("All", "home", "", None),
        ("All", "network", "DE", None),
        ("network home", "", "DE", True),
        ("All", "home network", "DE", False),
    ],
)
def test_where_a_policy_applies(inside: str, outside: str, country: str, applies: bool | None) -> None:
    assert applies_in(rule(inside, outside), country, PLACES) is applies


def test_a_country_in_which_a_policy_applies() -> None:
    assert country_of(rule("home"), PLACES) == "AT"
    assert country_of(rule("All", "home"), PLACES) == "US"
    assert not country_of(rule("All", "network"), PLACES)
