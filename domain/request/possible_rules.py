"""What the policies come to for one user, in every way that is possible where not everything is known."""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import combinations

from domain.methods import Method
from domain.request.access_policies import AccessRule
from domain.request.forecast import Demand, Forecast, SignInRules, forecast

# With more rules of which it is not known whether they apply, nothing is known: 64 ways are looked at.
_MOST_DOUBTS = 6


def possible_rules(
    rules: Iterable[AccessRule], applies: Callable[[AccessRule], bool | None], *, also: Collection[Demand] = ()
) -> list[SignInRules]:
    """Return what may apply to one user: one way where everything is known, none where too much is not.

    `applies` says of each rule whether it does, None where that is not known; `also` is asked for to sign in beside the rules.
    """
    known = [(rule, applies(rule)) for rule in rules]
    holding = [rule for rule, holds in known if holds and not rule.unclear]
    doubts = [rule for rule, holds in known if holds is None or (holds and rule.unclear)]
    if len(doubts) > _MOST_DOUBTS:
        return []
    sizes = range(len(doubts) + 1)
    return [
        _rules_of([*holding, *map(_at_worst, added)], also) for size in sizes for added in combinations(doubts, size)
    ]


def likely_forecast(possible: Sequence[SignInRules], kept: Sequence[Method], *, kept_unknown: bool) -> Forecast:
    """Return the forecast that is the same in every possible way; unknown where there is none."""
    words = {forecast(rules, kept, kept_unknown=kept_unknown) for rules in possible}
    return words.pop() if len(words) == 1 else Forecast.UNKNOWN


def _at_worst(rule: AccessRule) -> AccessRule:
    """Return a rule of which it is unclear what it asks for as one that blocks."""
    asks = rule.demand or rule.needs_device
    return rule._replace(unclear=False, blocks=rule.blocks or (rule.unclear and not asks))


def _rules_of(holding: Sequence[AccessRule], also: Collection[Demand]) -> SignInRules:
    # Who needs a managed device to sign in has one, and meets with it what can be met so.
    managed = any(rule.needs_device for rule in holding if rule.target == "signIn")
    rules = [rule for rule in holding if not (managed and rule.or_device)]
    sign_in = [rule for rule in rules if rule.target == "signIn"]
    register = [rule for rule in rules if rule.target == "register"]
    return SignInRules(
        sign_in=(*also, *(rule.demand for rule in sign_in if rule.demand and not rule.sometimes)),
        sign_in_sometimes=tuple(rule.demand for rule in sign_in if rule.demand and rule.sometimes),
        sign_in_blocked=any(rule.blocks for rule in sign_in),
        register=tuple(rule.demand for rule in register if rule.demand and not rule.or_device),
        register_unmanaged=tuple(rule.demand for rule in register if rule.demand and rule.or_device),
        register_needs_device=not managed and any(rule.needs_device for rule in register),
        register_blocked=any(rule.blocks for rule in register),
    )
