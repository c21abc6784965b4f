"""Named locations: whether a sign-in from a country, and from an address that is in no tenant's ranges, is in one of them.

Source: Graph documentation, namedLocation, countryNamedLocation, ipNamedLocation.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.request.access_policies import TRUSTED, AccessRule

# Countries all over the world: a rule that leaves out all of them is not for people.
_SOME = ("US", "DE", "JP", "BR", "ZA", "AU", "IS", "FJ")

# By id: the countries of a location, none for ranges of addresses.
type Locations = Mapping[str, frozenset[str]]


def locations_of(resources: Iterable[Mapping[str, Any]]) -> Locations:
    """Return the locations of these kinds; others are left out, as are those with sign-ins of which no country is known."""
    found = {}
    for resource in resources:
        kind = resource.get("@odata.type")
        if kind == "#microsoft.graph.ipNamedLocation":
            found[str(resource.get("id"))] = frozenset[str]()
        elif kind == "#microsoft.graph.countryNamedLocation" and isinstance(resource.get("countriesAndRegions"), list):
            found[str(resource.get("id"))] = frozenset(map(str, resource["countriesAndRegions"]))
    return found


def applies_in(rule: AccessRule, country: str, locations: Locations) -> bool | None:
    """Return whether the rule applies to a sign-in from a country, two letters or "" for an unknown one; None: not known."""
    inside, outside = (_is_in(names, country, locations) for names in (rule.inside, rule.outside))
    if inside is False or outside is True:
        return False
    return True if inside and outside is False else None


def country_of(rule: AccessRule, locations: Locations) -> str:
    """Return a country in which the rule applies, "" where there is none to be found."""
    listed = sorted({country for name in rule.inside for country in locations.get(name, ())})
    return next((each for each in (*listed, *_SOME) if applies_in(rule, each, locations)), "")


def _is_in(names: Iterable[str], country: str, locations: Locations) -> bool | None:
    answers = {_is_at(name, country, locations) for name in names}
    return True if True in answers else None if None in answers else False


def _is_at(name: str, country: str, locations: Locations) -> bool | None:
    if name == "All" or name in TRUSTED:
        return name == "All"
    countries = locations.get(name)
    if countries is None or (countries and not country):
        return None
    return country in countries
