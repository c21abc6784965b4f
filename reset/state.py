"""The removal of one user's methods as a state: which step comes next, and what each answer makes of it.

No call, no clock, no await: the driver in reset/removal.py performs the steps. docs/engine.md explains the order.
"""

from typing import NamedTuple

from domain.request.guards import Refusal
from domain.request.target import Target
from graph.errors import Fault, GraphError
from graph.found import Found
from graph.responses import Response
from reset.answered import noted, preferred, revoked
from reset.progress import Default, Progress, Stop, Terms, begin
from reset.result import RunResult, overtaken, run_result
from reset.steps import (
    Answer,
    Change,
    ChangeDefault,
    CheckStop,
    Confirmed,
    Finish,
    Judged,
    Look,
    LookAtUser,
    Looked,
    RemoveMethod,
    RevokeAndRead,
    Step,
    WriteDown,
    Written,
)

# A refusal that names the default may pass once the others are gone: two more passes, as Microsoft's own portal shows it.
PASSES = 3

# How often in a row a run looks again, or repeats a change that is safe to repeat, after a change that was not answered well.
# What lasts longer is for the next run.
LOOKS = 2

# Refusals that another pass may get past: only one of them is known to be about the default, by its words.
_DEFERRED = frozenset({Fault.DEFAULT_METHOD, Fault.REFUSED})


class Pass(NamedTuple):
    """One walk over what is to be removed, as places in the methods; `queue` starts with the one whose turn it is."""

    queue: tuple[int, ...] = ()
    deferred: tuple[int, ...] = ()
    size: int = 0
    number: int = 1


class State(NamedTuple):
    """`step` is what is to be done next; `found` is what the look showed, None where there was nothing to look for.

    `wanted` are the places of all that this run is to remove. `written`: that changes begin was stored. `asked`: a removal was
    asked for. `looks` counts as `LOOKS` says.
    """

    progress: Progress
    step: Step
    found: Found | None = None
    wanted: tuple[int, ...] = ()
    turn: Pass = Pass()
    written: bool = False
    asked: bool = False
    stop: Stop = "go"
    fault: GraphError | None = None
    looks: int = 0


def start(target: Target, terms: Terms) -> State:
    """The state of a run that begins with `target` as it is stored."""
    progress = begin(target, terms)
    # Whether the user may be reset is asked only where something is still to be done to them.
    state = State(progress, Look(user=progress.to_revoke or bool(progress.to_ask)))
    return state if progress.open else _sessions(state)


def advance(state: State, answer: Answer) -> State:
    """The state after `state.step` was answered. Raises TypeError for an answer to another step."""
    match state.step, answer:
        case RemoveMethod() as step, Response() | GraphError():
            return _removed(state._replace(asked=True), step, answer)
        case ChangeDefault() as step, Response() | GraphError():
            return _default_changed(state, step, answer)
        case RevokeAndRead(revoke), Confirmed() | GraphError():
            return _confirmed(state, answer, revoke=revoke)
        case _, GraphError():
            return _failed(state, answer)
        case Look(), Looked(found, refusal):
            return _looked(state, found, refusal)
        case CheckStop(then), "go" | "cancelled" | "held":
            return _cleared(state, then) if answer == "go" else _stopped(state._replace(stop=answer))
        case LookAtUser(), Judged(refusal):
            return _refused(state, refusal) if refusal else _write_down(state, RevokeAndRead(revoke=True))
        case WriteDown(_, then), Written(done):
            if not done:
                return state._replace(step=Finish(overtaken(state.progress)))
            return state._replace(written=True, step=then)
    raise TypeError(f"{type(answer).__name__} is no answer to {type(state.step).__name__}")


def _looked(state: State, found: Found, refusal: Refusal | None) -> State:
    state = state._replace(found=found, progress=state.progress.compared(found))
    if refusal is not None:
        return _refused(state, refusal)
    wanted = tuple(state.progress.to_ask)
    if not wanted:
        return _sessions(state)
    return _next(state._replace(wanted=wanted, turn=Pass(queue=wanted, size=len(wanted))))


def _next(state: State) -> State:
    """The next removal of this pass, or of another one over what was deferred."""
    turn = state.turn
    if not turn.queue:
        refused_alike = len(turn.deferred) == turn.size
        if not turn.deferred or refused_alike or turn.number == PASSES:
            return _sessions(state)
        turn = Pass(queue=turn.deferred, size=len(turn.deferred), number=turn.number + 1)
    first = RemoveMethod(state.progress.methods[turn.queue[0]])
    return state._replace(turn=turn, step=CheckStop(first))


def _cleared(state: State, change: Change) -> State:
    """Changes may be made; `change` waits for what must come before the first of a run."""
    if isinstance(change, RevokeAndRead) and state.found is None:
        return state._replace(step=LookAtUser())
    return _write_down(state, change)


def _write_down(state: State, change: Change) -> State:
    progress = state.progress
    # Each by itself: what a run that died never came to is then known to be untouched.
    match change:
        case RemoveMethod():
            target = progress.written_down(state.turn.queue[0])
        case ChangeDefault():
            target = progress._replace(default=Default(progress.default.changed, unknown=True)).written_down()
        case _ if state.written:
            return state._replace(step=change)
        case _:
            target = progress.written_down()
    return state._replace(step=WriteDown(target, change))


def _removed(state: State, step: RemoveMethod, answer: Response | GraphError) -> State:
    place = state.turn.queue[0]
    progress = state.progress.with_method(place, noted(state.progress.methods[place], answer))._replace(read=False)
    error = answer if isinstance(answer, GraphError) else None if answer.ok else answer.error()
    if error is None:
        return _next(_turned(state._replace(progress=progress, looks=0)))
    if isinstance(answer, GraphError) or error.passing or error.of_tenant:
        # What was lost may have been done, so it is looked at before it is asked for again.
        return _once_more(state._replace(progress=progress), error, Look(user=False))
    if error.fault not in _DEFERRED:
        return _next(_turned(state._replace(progress=progress)))
    state = state._replace(progress=progress.with_refusal(place, error.fault))
    preference = None if step.preferred else state.progress.preference_besides(place, state.wanted)
    if preference is not None:
        return state._replace(step=CheckStop(ChangeDefault(preference)))
    return _deferred(state)


def _turned(state: State) -> State:
    return state._replace(turn=state.turn._replace(queue=state.turn.queue[1:]))


def _deferred(state: State) -> State:
    turn = state.turn
    return _next(_turned(state._replace(turn=turn._replace(deferred=(*turn.deferred, turn.queue[0])))))


def _default_changed(state: State, step: ChangeDefault, answer: Response | GraphError) -> State:
    """Another method is the default now, or may be; then the one that was in the way is asked for again."""
    default, error = preferred(state.progress.default, answer)
    state = state._replace(progress=state.progress._replace(default=default))
    if error is None:
        method = state.progress.methods[state.turn.queue[0]]
        return state._replace(step=CheckStop(RemoveMethod(method, preferred=True)))
    if error.passing or isinstance(answer, GraphError):
        return _once_more(state, error, CheckStop(step))
    return _deferred(state)


def _sessions(state: State) -> State:
    """Nothing is left to remove: the sessions end, and the methods are read again where they may have changed."""
    if state.progress.to_revoke:
        return state._replace(step=CheckStop(RevokeAndRead(revoke=True)))
    if state.asked or state.found is None:
        return state._replace(step=RevokeAndRead(revoke=False))
    return _finished(state, state.found)


def _stopped(state: State) -> State:
    """No change may be made any more; what was asked for is looked at."""
    if state.asked:
        return state._replace(step=RevokeAndRead(revoke=False))
    return _finished(state, state.found)


def _confirmed(state: State, answer: Confirmed | GraphError, *, revoke: bool) -> State:
    again = CheckStop(RevokeAndRead(revoke=True))  # ending sessions twice does no more than once
    if isinstance(answer, GraphError):
        sessions = state.progress.sessions
        sessions = sessions._replace(unknown=sessions.unknown or revoke)
        state = state._replace(progress=state.progress._replace(sessions=sessions))
        return _once_more(state, answer, again) if revoke else _failed(state, answer)
    sessions, error = revoked(state.progress.sessions, answer.revocation)
    state = state._replace(progress=state.progress._replace(sessions=sessions))
    if isinstance(answer.found, GraphError):
        return _failed(state, answer.found)
    state = state._replace(progress=state.progress.compared(answer.found).with_newer(answer.found))
    return _once_more(state, error, again) if error is not None and error.passing else _finished(state)


def _once_more(state: State, error: GraphError, step: Look | CheckStop) -> State:
    """Take `step` within this run, so that one lost answer costs no wait of the orchestration's; fail where that does not help."""
    if error.fault is Fault.UNAVAILABLE and state.looks < LOOKS and state.stop == "go" and state.fault is None:
        return state._replace(step=step, looks=state.looks + 1)
    return _failed(state, error)


def _failed(state: State, error: GraphError) -> State:
    """The run ends by a fault. Where no other follows, at least what is there now should be known."""
    last_look = state.progress.terms.last and error.passing and state.asked and state.fault is None
    state = state._replace(fault=error)
    return state._replace(step=RevokeAndRead(revoke=False)) if last_look else _finished(state)


def _refused(state: State, refusal: Refusal) -> State:
    return state._replace(step=Finish(RunResult(state.progress.saved, refused=refusal, progressed=True)))


def _finished(state: State, found: Found | None = None) -> State:
    """The run's end; what `found` shows that is newer than the plan was not added yet."""
    progress = state.progress.with_newer(found) if found is not None else state.progress
    return state._replace(progress=progress, step=Finish(run_result(progress, stop=state.stop, fault=state.fault)))
