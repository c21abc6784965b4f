"""The steps of a removal and what they are answered: what the state and the driver exchange."""

from typing import NamedTuple

from domain.request.guards import Refusal
from domain.request.target import Target, TargetMethod
from graph.errors import GraphError
from graph.found import Found
from graph.responses import Response
from reset.progress import Stop
from reset.result import RunResult


class Look(NamedTuple):
    """Read the methods and, with `user`, who the user is by now. Answered with `Looked`."""

    user: bool


class LookAtUser(NamedTuple):
    """Read who the user is by now, where there is no method to look at. Answered with `Judged`."""


class RemoveMethod(NamedTuple):
    """Ask Graph to remove a method. Answered with its response.

    `preferred`: another method was just made the default, so that this one can go.
    """

    method: TargetMethod
    preferred: bool = False


class ChangeDefault(NamedTuple):
    """Make another method the user's default. Answered with Graph's response."""

    preference: str


class RevokeAndRead(NamedTuple):
    """Read the methods and, with `revoke`, end the sign-in sessions before. Answered with `Confirmed`."""

    revoke: bool


type Change = RemoveMethod | ChangeDefault | RevokeAndRead


class CheckStop(NamedTuple):
    """Ask whether changes may still be made, before the change `then`. Answered with a `Stop`."""

    then: Change


class WriteDown(NamedTuple):
    """Store `target`, which says what is about to be changed, before the change `then`. Answered with `Written`."""

    target: Target
    then: Change


class Finish(NamedTuple):
    """Nothing more to do in this run."""

    result: RunResult


type Step = Look | LookAtUser | CheckStop | WriteDown | Change | Finish


class Looked(NamedTuple):
    """What is registered, and why the user may not be reset any more, None where they may or it was not asked."""

    found: Found
    refusal: Refusal | None = None


class Judged(NamedTuple):
    """Why the user may not be reset any more, None where they may."""

    refusal: Refusal | None


class Written(NamedTuple):
    """False: another run of the same target wrote in between."""

    done: bool


class Confirmed(NamedTuple):
    """What Graph answered to the revocation, None where none was asked for, and what it lists."""

    revocation: Response | None
    found: Found | GraphError


# A GraphError is the answer to any step that Graph did not answer at all.
type Answer = Looked | Judged | Stop | Written | Response | Confirmed | GraphError
