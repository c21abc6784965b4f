"""The options for several customers at once, and which customer lacks which."""

from collections.abc import Sequence

from domain.api.directory_responses import Missing, OptionsResponse
from domain.methods import STANDARD_SCOPE, MethodType
from domain.policy.load import Policy

RESET = "resetMultiFactorAuthentications"


def options_of(policy: Policy, customers: Sequence[str]) -> OptionsResponse:
    """Return the options of these policy keys together."""
    lacking = {kind: [key for key in customers if kind not in policy.customers[key].methods] for kind in MethodType}
    missing = [_missing(policy, kind.value, "methodNotAllowed", keys) for kind, keys in lacking.items() if keys]
    common = [kind for kind, keys in lacking.items() if customers and not keys]
    none = [key for key in customers if not set(policy.customers[key].methods) & set(STANDARD_SCOPE)]
    offered = bool(set(common) & set(STANDARD_SCOPE))
    if none:
        missing.append(_missing(policy, RESET, "noMethodAllowed", none))
    elif customers and not offered:
        missing.append(_missing(policy, RESET, "noCommonMethod", list(customers)))
    return OptionsResponse(
        customers=list(customers),
        actions=[RESET] if offered and not none else [],
        methods=common,
        missing=missing,
        targets_per_request=policy.limits.targets_per_request,
        step_up_targets=policy.approval.step_up.targets,
        access_passes=policy.bootstrap.offers,
    )


def _missing(policy: Policy, option: str, reason: str, keys: list[str]) -> Missing:
    names = ", ".join(policy.customers[key].name or key for key in keys)
    if reason == "noCommonMethod":
        detail = f"No standard method may be reset at all of {names}."
    else:
        what = f"resetting {option}" if reason == "methodNotAllowed" else "any part of a reset"
        detail = f"The policy does not allow {what} for {names}."
    return Missing(option=option, customers=keys, reason=reason, detail=detail)


def kept_because(kind: MethodType, *, active: bool, allowed: Sequence[MethodType]) -> str:
    """Return why a standard reset leaves a method of this kind; "" where it removes it."""
    if kind not in STANDARD_SCOPE:
        return "notInScope"
    if kind not in allowed:
        return "methodNotAllowed"
    return "" if active else "notActive"
