"""Who is offered a pass, and when it may be made."""

from datetime import datetime
from typing import Literal

from domain.bootstrap.access_pass import AccessPass, PassReason
from domain.outcomes import TargetOutcome
from domain.policy.bootstrap import Bootstrap
from domain.request.forecast import Forecast
from domain.request.reset_request import ResetRequest
from domain.request.target import Target

# How a pass stands: `ready` may be made now; the others say why not.
type PassStanding = Literal[
    "none", "refused", "off", "notYet", "notReset", "notVerified", "over", "beingMade", "shown", "ready"
]

# Only after the methods were seen gone: an old phone that still works must not meet a new way in.
_RESET = frozenset({TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR})


def offered_pass(terms: Bootstrap, request: ResetRequest, target: Target) -> AccessPass | None:
    """Return the pass that the plan offers this user, None where there is none.

    Guests get none: they sign in with a pass that their home tenant issued. (Microsoft, "Configure Temporary Access Pass", guest access)
    """
    if not terms.offers or not target.planned or target.settled or request.undo_of is not None:
        return None
    why: PassReason
    if target.forecast is Forecast.CANNOT_REGISTER:
        why = "cannotRegister"
    elif request.access_pass:
        why = "requested"
    elif terms.offers_to_all:
        why = "always"
    else:
        return None
    minutes = int(terms.lifetime.total_seconds() // 60)
    offered = AccessPass(why=why, lifetime_minutes=minutes, once=terms.once)
    if target.is_guest:
        return offered.model_copy(update={"state": "refused", "reason": "guestUser"})
    return offered


def pass_standing(terms: Bootstrap, target: Target, now: datetime) -> PassStanding:
    """Return how the pass of a target stands."""
    offered, verification = target.access_pass, target.verification
    if offered is None:
        return "none"
    if offered.state in {"refused", "shown"}:
        return "refused" if offered.state == "refused" else "shown"
    if not terms.offers:
        return "off"
    if not target.settled:
        return "notYet"
    if target.outcome not in _RESET:
        return "notReset"
    if verification is not None and verification.state != "verified":
        return "notVerified"
    if target.ended_at is None or now >= target.ended_at + terms.within:
        return "over"
    return "beingMade" if offered.is_being_made(now) else "ready"
