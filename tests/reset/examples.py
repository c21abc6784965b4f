"""Methods, targets, terms and answers for the tests of the removal's state."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.methods import ALTERNATE_MOBILE_PHONE_ID, MOBILE_PHONE_ID, STANDARD_SCOPE, Method, MethodType
from domain.request.guards import Refusal
from domain.request.target import Target, TargetMethod
from graph.errors import Fault, GraphError
from graph.found import Found
from graph.responses import Response
from reset.progress import Terms
from reset.state import State, advance, start
from reset.steps import (
    Answer,
    ChangeDefault,
    CheckStop,
    Confirmed,
    Finish,
    Look,
    LookAtUser,
    Looked,
    RemoveMethod,
    RevokeAndRead,
    Step,
    WriteDown,
    Written,
)

PLANNED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NOW = PLANNED + timedelta(hours=1)
BEFORE = PLANNED - timedelta(days=1)

APP = Method(type=MethodType.MICROSOFT_AUTHENTICATOR, id="app", label="phone", created_at=BEFORE)
CODES = Method(type=MethodType.SOFTWARE_OATH, id="codes", label="codes")
TOKEN = Method(type=MethodType.HARDWARE_OATH, id="token", label="•••1234")
MOBILE = Method(type=MethodType.PHONE, id=MOBILE_PHONE_ID, label="mobile", number_hash="m", created_at=BEFORE)
ALTERNATE = Method(
    type=MethodType.PHONE, id=ALTERNATE_MOBILE_PHONE_ID, label="alternate", number_hash="a", created_at=BEFORE
)
UNDATED = MOBILE.model_copy(update={"created_at": None})
NAMES = {MOBILE_PHONE_ID: "mobile", ALTERNATE_MOBILE_PHONE_ID: "alternate"}

GONE = Response(204, {"request-id": "g1"}, {})
REVOKED = Response(200, {}, {"value": True})
LOST = GraphError(Fault.UNAVAILABLE, "the connection failed")
THROTTLED = GraphError(Fault.THROTTLED, "slow down", retry_after=7.0)
NO_TOKEN = GraphError(Fault.UNAVAILABLE, "no token")
NO_TOKEN.sent = False
REFUSAL = Refusal("privilegedUser", "The user is privileged.")
WRITTEN = Written(done=True)


def method_of_target(method: Method, **more: Any) -> TargetMethod:
    return TargetMethod(**method.model_dump() | more)


def target(*methods: Method, **more: Any) -> Target:
    """A planned target with these methods."""
    listed = [m if isinstance(m, TargetMethod) else method_of_target(m) for m in methods]
    fields: dict[str, Any] = {"planned": True, "planned_at": PLANNED, "user_id": "u1", "methods": listed} | more
    return Target(number=0, customer="contoso", asked="u1", **fields)


def terms(**more: Any) -> Terms:
    scope = frozenset(STANDARD_SCOPE)
    return Terms(scope=scope, allowed=scope, revoke=True, last=False, now=NOW)._replace(**more)


def error(status: int, message: str = "no", code: str = "badRequest") -> Response:
    return Response(status, {"request-id": "e1"}, {"error": {"code": code, "message": message}})


# The app is not in the tenant any more.
NO_CONSENT = error(403, code="Authorization_IdentityNotFound")
REJECTED = GraphError(Fault.REJECTED, "Signing key is invalid.", status=401)
DEFAULT = error(400, "This is the user's default method.")


def looked(*methods: Method) -> Looked:
    return Looked(Found(list(methods)))


def confirmed(*methods: Method, revocation: Response | None = REVOKED) -> Confirmed:
    return Confirmed(revocation, Found(list(methods)))


def walked(state: State, *answers: Answer) -> State:
    for answer in answers:
        state = advance(state, answer)
    return state


def begun(of: Target, *answers: Answer, looks: int = 0, **changed: Any) -> State:
    """The state after these answers; `looks` is how often the run has looked again already."""
    return walked(start(of, terms(**changed))._replace(looks=looks), *answers)


def words(step: Step) -> str:
    """A step in a few words, as the tables have it."""
    match step:
        case Look(user):
            return "look at user and methods" if user else "look at methods"
        case LookAtUser():
            return "look at user"
        case CheckStop(then):
            return f"may I {words(then)}"
        case WriteDown(_, then):
            return f"write down, then {words(then)}"
        case RemoveMethod(method, _):
            return f"remove {NAMES.get(method.id, method.id)}"
        case ChangeDefault(preference):
            return f"prefer {preference}"
        case RevokeAndRead(revoke):
            return "revoke and read" if revoke else "read"
        case Finish(result):
            return f"finish {result.refused.reason if result.refused else result.fault or result.target.outcome}"
