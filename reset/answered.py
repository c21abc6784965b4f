"""What Graph's answer to a change says of a method, of the default method and of the sign-in sessions."""

from domain.outcomes import MethodOutcome
from domain.request.target import Answered, TargetMethod
from graph.errors import Fault, GraphError
from graph.responses import Response
from reset.progress import Default, Sessions


def noted(method: TargetMethod, answer: Response | GraphError) -> TargetMethod:
    """Return the method with what Graph answered to its removal; a GraphError says that it answered nothing."""
    if isinstance(answer, GraphError):
        return method.model_copy(update={"answered": _sent(method)}) if answer.sent else method
    changes: dict[str, object] = {"request_id": answer.request_id, "answered": Answered.REMOVED, "detail": ""}
    if not answer.ok:
        error = answer.error()
        changes |= {"detail": error.detail, "answered": method.answered}
        match error.fault:
            case Fault.UNAVAILABLE:
                changes["answered"] = _sent(method)
            case Fault.NOT_FOUND:
                changes["answered"] = method.answered or Answered.MISSING
            case Fault.FORBIDDEN:
                changes["outcome"] = MethodOutcome.FORBIDDEN
            case Fault.DEFAULT_METHOD | Fault.REFUSED if method.answered is Answered.BEGUN:
                changes["answered"] = Answered.NOT_ASKED  # it is there, whatever the run before came to
    return method.model_copy(update=changes)


def _sent(method: TargetMethod) -> Answered:
    """What is known of a removal whose answer was lost; that it was missing before says nothing of this one."""
    return Answered.SENT if method.answered in {Answered.NOT_ASKED, Answered.MISSING} else method.answered


def preferred(default: Default, answer: Response | GraphError) -> tuple[Default, GraphError | None]:
    """Return what is known of the default method after a change of it was answered, and the error."""
    if isinstance(answer, GraphError):
        return default._replace(unknown=default.unknown or answer.sent), answer
    if answer.ok:
        return Default(changed=True, unknown=False), None
    error = answer.error()
    return default._replace(unknown=default.unknown or error.fault is Fault.UNAVAILABLE), error


def revoked(sessions: Sessions, answer: Response | None) -> tuple[Sessions, GraphError | None]:
    """Return the sessions after the revocation was answered, and its error; `answer` None: none was asked for."""
    if answer is None:
        return sessions, None
    if answer.ok:
        return sessions._replace(revoked=answer.body.get("value") is not False, unknown=True), None
    error = answer.error()
    return Sessions(
        revoked=sessions.revoked if error.passing else False,
        unknown=sessions.unknown or error.fault is Fault.UNAVAILABLE,
        detail=f"The sign-in sessions could not be revoked: {error.detail}",
    ), error
