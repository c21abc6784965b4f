"""What holds on every way through a removal, with a directory and faults that hypothesis makes up."""

import itertools
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from domain.methods import Method
from domain.outcomes import GONE as ENDED_WELL
from domain.outcomes import MethodOutcome, TargetOutcome
from domain.request.target import Answered, Target
from graph.found import Found
from reset.progress import Terms
from reset.result import RunResult
from reset.state import PASSES, State, advance, start
from reset.steps import (
    Answer,
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
from tests.reset.examples import (
    ALTERNATE,
    APP,
    CODES,
    DEFAULT,
    GONE,
    LOST,
    MOBILE,
    NO_TOKEN,
    NOW,
    REFUSAL,
    REVOKED,
    THROTTLED,
    TOKEN,
    UNDATED,
    error,
    method_of_target,
    target,
    terms,
    words,
)

PLANNED = [APP, CODES, TOKEN, ALTERNATE, MOBILE]
NEWER = [
    APP.model_copy(update={"id": "another"}),
    MOBILE.model_copy(update={"number_hash": "new", "created_at": NOW}),
    CODES.model_copy(update={"created_at": NOW}),
]
UNANSWERED: list[Answer] = [LOST, NO_TOKEN, THROTTLED]
REFUSED = [DEFAULT, error(400), error(401), error(403), error(429), error(503)]


class Directory:
    """One user as Graph has it; `draw` says how each call ends."""

    def __init__(self, draw: st.DataObject, present: list[Method]) -> None:
        self._draw = draw
        self.present = {(m.type, m.id): m for m in present}
        self.removed: list[Method] = []
        self.read: list[Method] | None = None

    def answer(self, step: Step) -> Answer:
        match step:
            case Look() | LookAtUser():
                return self._seen(self._looked(step), LOST, THROTTLED)
            case CheckStop():
                return self._mostly("go", "cancelled", "held")
            case WriteDown():
                return self._mostly(Written(done=True), Written(done=False))
            case RemoveMethod(method, _):
                return self._removed(method)
            case ChangeDefault():
                return self._mostly(GONE, *REFUSED, *UNANSWERED)
            case RevokeAndRead(revoke):
                return self._confirmed(revoke=revoke)
            case Finish():
                raise AssertionError

    def _mostly(self, well: Answer, *otherwise: Answer) -> Answer:
        """Seven times in eight as it should be, so that long ways are walked, too."""
        return well if self._draw.draw(st.integers(0, 7)) else self._draw.draw(st.sampled_from(otherwise))

    def _looked(self, step: Step) -> Answer:
        refusal = self._draw.draw(st.sampled_from([*[None] * 7, REFUSAL]))
        return Judged(refusal) if isinstance(step, LookAtUser) else Looked(self._found(), refusal)

    def _found(self) -> Found:
        return Found(list(self.present.values()))

    def _removed(self, method: Method) -> Answer:
        if self._draw.draw(st.integers(0, 2)) == 0:
            return self._draw.draw(
                st.sampled_from([*REFUSED, *UNANSWERED, GONE])
            )  # GONE: it was not, and Graph says so
        gone = self.present.pop((method.type, method.id), None)
        if gone is None:
            return error(404)
        self.removed.append(gone)
        return self._mostly(GONE, LOST)

    def _confirmed(self, *, revoke: bool) -> Answer:
        revocation = self._draw.draw(st.sampled_from([REVOKED, error(403), error(429), error(503)])) if revoke else None
        found = self._draw.draw(st.sampled_from(["found", "found", "found", "lost"]))
        read = Confirmed(revocation, self._found() if found == "found" else LOST)
        return self._seen(read, *UNANSWERED)

    def _seen(self, read: Answer, *otherwise: Answer) -> Answer:
        answer = self._mostly(read, *otherwise)
        if isinstance(answer, Looked | Confirmed) and isinstance(answer.found, Found):
            self.read = answer.found.methods
        return answer


class Walk(NamedTuple):
    """`present` is what the user had at the start, `states` one before each step and one at the end."""

    before: Target
    terms: Terms
    present: list[Method]
    directory: Directory
    steps: list[tuple[Step, Answer]]
    states: list[State]

    @property
    def result(self) -> RunResult:
        step = self.states[-1].step
        assert isinstance(step, Finish)
        return step.result

    @property
    def stop(self) -> Answer:
        stops = [answer for step, answer in self.steps if isinstance(step, CheckStop) and answer != "go"]
        assert len(stops) <= 1
        return stops[0] if stops else "go"


@st.composite
def targets(draw: st.DrawFn) -> Target:
    """A planned target with what earlier runs may have left."""
    methods = []
    for planned in draw(st.lists(st.sampled_from(PLANNED), unique_by=lambda m: m.id)):
        registered = UNDATED if planned is MOBILE and draw(st.booleans()) else planned
        answered = draw(st.sampled_from(["", "", "", *Answered]))
        methods.append(method_of_target(registered, answered=answered, is_default=draw(st.booleans())))
    return target(
        *methods,
        reads=draw(st.integers(0, 4)),
        begun_at=draw(st.sampled_from([None, NOW])),
        sessions_revoked=draw(st.sampled_from([None, None, True])),
    )


def walk(draw: st.DataObject) -> Walk:
    before = draw.draw(targets())
    there: dict[str, Method] = {m.id: m for m in before.methods if draw.draw(st.booleans())}
    there |= {m.id: m for m in NEWER if m.id not in there and draw.draw(st.booleans())}
    present = [Method(**m.model_dump(include=set(Method.model_fields))) for m in there.values()]
    directory = Directory(draw, present)
    allowed = frozenset(m.type for m in PLANNED) - draw.draw(st.sampled_from([frozenset(), frozenset({APP.type})]))
    ruled = terms(scope=allowed, allowed=allowed, revoke=draw.draw(st.booleans()), last=draw.draw(st.booleans()))
    states, steps = [start(before, ruled)], list[tuple[Step, Answer]]()
    while not isinstance(step := states[-1].step, Finish):
        answer = directory.answer(step)
        steps.append((step, answer))
        states.append(advance(states[-1], answer))
        assert len(steps) <= bound(before)
    return Walk(before, ruled, present, directory, steps, states)


def bound(of: Target) -> int:
    """The longest way: three steps per method and pass, six more for the alternate mobile; and the ends."""
    return 8 + PASSES * (3 * len(of.methods) + 6)


def _changes(step: Step) -> bool:
    return isinstance(step, RemoveMethod | ChangeDefault) or (isinstance(step, RevokeAndRead) and step.revoke)


@given(st.data())
def test_no_change_without_leave_and_none_after_a_stop(draw: st.DataObject) -> None:
    way = walk(draw)
    for n, (step, _) in enumerate(way.steps):
        if _changes(step):
            asked, answer = next(p for p in reversed(way.steps[:n]) if not isinstance(p[0], WriteDown | LookAtUser))
            assert isinstance(asked, CheckStop)
            assert asked.then is step or words(asked.then) == words(step)
            assert answer == "go"
    if way.stop != "go":
        last = max(n for n, (step, _) in enumerate(way.steps) if isinstance(step, CheckStop))
        assert all(words(step) == "read" for step, _ in way.steps[last + 1 :])


@given(st.data())
def test_each_removal_is_written_down_right_before_it_and_no_other(draw: st.DataObject) -> None:
    way = walk(draw)
    reached = {m.id for m in way.before.methods if m.answered}
    for (before, _), (step, _) in itertools.pairwise(way.steps):
        if isinstance(before, WriteDown):
            assert before.target.begun_at is not None
            assert before.target.outcome is TargetOutcome.PENDING
        if isinstance(step, RemoveMethod):
            assert isinstance(before, WriteDown)
            reached.add(step.method.id)
            written = {m.id: m for m in before.target.methods}
            assert written[step.method.id].answered
            assert {m.id for m in before.target.methods if m.answered} <= reached
    changes = [n for n, (step, _) in enumerate(way.steps) if _changes(step)]
    assert not changes or any(isinstance(step, WriteDown) for step, _ in way.steps[: changes[0]])


@given(st.data())
def test_only_what_the_plan_lists_and_the_look_showed_is_removed(draw: st.DataObject) -> None:
    way = walk(draw)
    there = {m.id: m for m in way.present}
    planned = {m.id: m for m in way.before.methods}
    for step, _ in way.steps:
        if isinstance(step, RemoveMethod):
            assert step.method.type in way.terms.allowed or planned[step.method.id].answered
            assert planned[step.method.id].same_registration(there[step.method.id], way.before.planned_at)
    for removed in way.directory.removed:
        assert planned[removed.id].number_hash == removed.number_hash


@given(st.data())
def test_gone_is_only_what_the_last_read_does_not_list(draw: st.DataObject) -> None:
    way = walk(draw)
    for method in way.result.target.methods:
        if method.outcome in ENDED_WELL:
            assert way.directory.read is not None
            assert not any(
                m.id == method.id and method.same_registration(m, way.before.planned_at) for m in way.directory.read
            )
        if method.outcome is MethodOutcome.ALREADY_GONE:
            assert method.id not in {m.id for m in way.directory.removed}


@given(st.data())
def test_each_planned_method_has_one_outcome_and_the_last_run_ends(draw: st.DataObject) -> None:
    way = walk(draw)
    result, before = way.result, way.before.methods
    of_plan, added = result.target.methods[: len(before)], result.target.methods[len(before) :]
    assert [m.id for m in of_plan] == [m.id for m in before]
    assert all(m.outcome is MethodOutcome.KEPT_NEWER for m in added)
    assert result.target.settled == (result.retry_after is None and result.refused is None)
    if way.terms.last:
        assert result.target.settled or result.refused or result.fault in {"held", "overtaken"}
    if result.target.settled and way.stop != "cancelled":
        assert MethodOutcome.PENDING not in {m.outcome for m in result.target.methods}
    if result.target.outcome in {TargetOutcome.CANCELLED, TargetOutcome.FAILED}:
        assert not way.directory.removed


@given(st.data())
def test_transition_changes_nothing_and_depends_on_nothing_else(draw: st.DataObject) -> None:
    way = walk(draw)
    texts = [repr(state) for state in way.states]
    for state, (_, answer), after in zip(way.states, way.steps, way.states[1:], strict=False):
        assert repr(advance(state, answer)) == repr(after)
    assert [repr(state) for state in way.states] == texts
    assert repr(start(way.before, way.terms)) == texts[0]
