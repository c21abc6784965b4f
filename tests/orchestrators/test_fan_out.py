"""The fan-out by itself: lanes, widths, breakers, jobs that fail again and again. Activities answer at once, time jumps."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from durabletask.task import CompletableTask, WhenAnyTask

from contracts.words import Fault
from contracts.workflow import Activity, Progress
from orchestrators.fan_out import BROKEN, FanOut
from orchestrators.lanes import FAULTS, Lane

type Work = dict[str, Any]
type Answer = Callable[[Work], Work | None]
JOB: Activity[Work, Progress] = Activity("job")
OK = {"retry_after": None, "fault": "", "progressed": True}


class Context:
    """As much of an orchestration context as a fan-out uses. `answer` None: the activity raised.

    With `early`, timers fire up to a second early, as on Azure Storage, and a turn takes a fiftieth of a second.
    """

    def __init__(self, answer: Answer, *, early: random.Random | None = None) -> None:
        self.current_utc_datetime = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001 - the engine's own are naive, in UTC
        self.instance_id = "r1:0"
        self.calls: list[dict[str, Any]] = []
        self.most = Counter[str]()
        self.turns = 0
        self.fired = 0
        self.early = early
        self._answer = answer
        self._open: list[tuple[CompletableTask[Any], dict[str, Any], str]] = []
        self._timers: list[tuple[datetime, CompletableTask[Any]]] = []

    def call_activity(self, name: str, *, input: dict[str, Any], retry_policy: object) -> CompletableTask[Any]:  # noqa: A002
        task = CompletableTask[Any]()
        self._open.append((task, input, name))
        if name == "job":
            self.calls.append(input)
            running = Counter(work.get("customer", "") for _, work, kind in self._open if kind == "job")
            self.most |= running
        return task

    def create_timer(self, at: datetime) -> CompletableTask[Any]:
        task = CompletableTask[Any]()
        self._timers.append((at, task))
        return task

    def step(self) -> None:
        """Ends the oldest activity, or else lets the next timer fire."""
        if self._open:
            task, work, name = self._open.pop(0)
            answer = self._answer(work) if name == "job" else {"stop": "cancelled"}
            if answer is None:
                task.fail("raised", RuntimeError("raised"))
            else:
                task.complete(answer)
            return
        at, task = min(self._timers, key=lambda timer: timer[0])
        self._timers.remove((at, task))
        self.fired += 1
        early = timedelta(seconds=self.early.random()) if self.early else timedelta(0)
        self.current_utc_datetime = max(at - early, self.current_utc_datetime)
        task.complete(None)


def run(fan_out: FanOut[Work], ctx: Context) -> None:
    steps = fan_out.run()
    try:
        waits = next(steps)
        while True:
            while not waits.is_complete:
                assert isinstance(waits, WhenAnyTask)
                ctx.step()
            ctx.turns += 1
            ctx.current_utc_datetime += timedelta(seconds=0.02 if ctx.early else 0)
            waits = steps.send(waits.get_result())
    except StopIteration:
        return


def made(answer: Answer, works: list[dict[str, Any]], width: int, **more: Any) -> tuple[FanOut[Work], Context]:
    ctx = Context(answer)
    fan_out = FanOut(ctx, JOB, works, width, **more)  # type: ignore[arg-type]  # as much of a context as it uses
    run(fan_out, ctx)
    return fan_out, ctx


def test_each_job_runs_once_and_never_more_than_the_width_at_once() -> None:
    _, ctx = made(lambda _: OK, [{"number": n} for n in range(50)], 8)
    assert [work["number"] for work in ctx.calls] == list(range(50))
    assert ctx.most[""] == 8


def test_lanes_have_a_width_each_and_all_of_them_a_total() -> None:
    works = [{"customer": f"c{n % 5}", "number": n} for n in range(50)]
    _, ctx = made(lambda _: OK, works, 2, total=8)
    assert max(ctx.most.values()) == 2
    assert len(ctx.calls) == 50


@pytest.mark.parametrize(
    ("fault", "reason"), [("unavailable", "customerUnreachable"), ("tokenRejected", "tokenRejected")]
)
def test_customer_that_is_away_is_given_up_and_the_others_are_done(fault: str, reason: str) -> None:
    def answer(work: dict[str, Any]) -> dict[str, Any]:
        if work["customer"] == "away":
            return {"retry_after": None if work.get("last") else 0.0, "fault": fault, "progressed": False}
        return OK

    works = [{"customer": name, "number": n} for n in range(20) for name in ("away", "there")]
    fan_out, ctx = made(answer, works, 4, total=8)
    assert fan_out.lanes["away"].breaker == reason
    assert not fan_out.lanes["there"].breaker
    assert {why for _, why in fan_out.left} == {reason}
    done = Counter(work["customer"] for work in ctx.calls)
    assert done["there"] == 20
    assert done["away"] < 20 * FAULTS
    settled = sum(bool(work.get("last")) for work in ctx.calls)
    assert settled + len(fan_out.left) == 20  # each has an end


def failing(*numbers: int) -> Answer:
    """Graph fails at these, and only at these, for good."""

    def answer(work: dict[str, Any]) -> dict[str, Any]:
        if work["number"] in numbers:
            last = bool(work.get("last"))
            return {
                "retry_after": None if last else 0.0,
                "fault": "unavailable",
                "progressed": last,
            }  # the last run records the end
        return OK

    return answer


def test_users_at_whom_graph_fails_are_given_up_and_the_customer_is_not() -> None:
    """They are done with long after the others, one after another, and that is no sign of the customer being away."""
    bad = {3, 10, 40, 70, 95}
    fan_out, ctx = made(failing(*bad), [{"number": n} for n in range(100)], 8)
    calls = Counter(work["number"] for work in ctx.calls)
    assert (fan_out.lanes[""].breaker, fan_out.left) == ("", [])
    assert all(calls[n] == (FAULTS + 1 if n in bad else 1) for n in range(100))


def test_windows_that_get_further_but_for_one_user_each_are_all_planned() -> None:
    tries = Counter[int]()

    def answer(work: dict[str, Any]) -> dict[str, Any]:
        tries[work["number"]] += 1
        last = bool(work.get("last"))
        return {
            "retry_after": None if last else 0.0,
            "fault": "unavailable",
            "progressed": last or tries[work["number"]] == 1,
        }

    fan_out, _ = made(answer, [{"number": n} for n in range(20)], 2)
    assert (fan_out.lanes[""].breaker, fan_out.left) == ("", [])
    assert set(tries) == set(range(20))


def test_customer_that_goes_away_in_the_middle_is_given_up_from_there() -> None:
    fan_out, ctx = made(failing(*range(50, 100)), [{"number": n} for n in range(100)], 4)
    assert fan_out.lanes[""].breaker == "customerUnreachable"
    assert {work["number"] for work in ctx.calls} >= set(range(50))
    assert len(fan_out.left) > 40


@pytest.mark.parametrize("fault", ["consentMissing", "credentialInvalid", "conditionalAccess", "unknownTenant"])
def test_a_tenant_that_gives_no_token_ends_the_lane_at_once(fault: str) -> None:
    fan_out, ctx = made(lambda _: {"retry_after": None, "fault": fault}, [{"number": n} for n in range(100)], 8)
    assert fan_out.lanes[""].breaker == fault
    assert len(ctx.calls) == 8


def test_job_that_raises_again_and_again_is_left_and_the_rest_is_done() -> None:
    fan_out, ctx = made(lambda work: None if work["number"] == 3 else OK, [{"number": n} for n in range(10)], 4)
    assert fan_out.left == [({"number": 3}, "internalError")]
    assert Counter(work["number"] for work in ctx.calls)[3] == BROKEN
    assert len(ctx.calls) == 9 + BROKEN


@pytest.mark.parametrize("steady", [True, False])
def test_a_user_who_fails_while_others_are_done_narrows_nothing(*, steady: bool) -> None:
    failed: list[Work] = []

    def answer(work: Work) -> Work:
        if work["number"] == 3 and not failed:
            failed.append(work)
            return {"retry_after": 0.0, "fault": "unavailable", "progressed": False}
        return OK

    fan_out, _ = made(answer, [{"number": n} for n in range(40)], 8, steady=steady)
    assert fan_out.lanes[""].throttled is not steady


def test_a_customer_where_every_user_fails_is_asked_for_less() -> None:
    fan_out, _ = made(failing(*range(8)), [{"number": n} for n in range(8)], 8, steady=True)
    assert fan_out.lanes[""].width == 1


def test_throttling_halves_the_width_and_clean_rounds_widen_it() -> None:
    throttled = dict.fromkeys(range(8), 1)

    def answer(work: dict[str, Any]) -> dict[str, Any]:
        if throttled.pop(work["number"], 0):
            return {"retry_after": 90.0, "fault": "throttled", "progressed": False}
        return OK

    ctx = Context(answer)
    fan_out = FanOut(ctx, JOB, [{"number": n} for n in range(60)], 8)  # type: ignore[arg-type]
    begin = ctx.current_utc_datetime
    run(fan_out, ctx)
    assert fan_out.lanes[""].throttled
    assert 1 < fan_out.lanes[""].width <= 8
    assert ctx.current_utc_datetime - begin >= timedelta(seconds=90)


@pytest.mark.parametrize("early", [None, random.Random(1)], ids=["in time", "early"])  # noqa: S311 - guards nothing
def test_nothing_of_a_customer_begins_before_its_tenant_said_and_the_others_go_on(early: random.Random | None) -> None:
    at: dict[str, list[float]] = {"busy": [], "idle": []}

    def answer(work: dict[str, Any]) -> dict[str, Any]:
        after = (ctx.current_utc_datetime - begin).total_seconds()
        at[work["customer"]].append(after)
        if work["customer"] == "busy" and after < 90:
            return {"retry_after": 90.0, "fault": "throttled", "progressed": False}
        return OK

    ctx = Context(answer, early=early)
    begin = ctx.current_utc_datetime
    works = [{"customer": name, "number": n} for n in range(100) for name in at]
    fan_out = FanOut(ctx, JOB, works, 8, total=16)  # type: ignore[arg-type]
    run(fan_out, ctx)
    too_early = [after for after in at["busy"] if after < 90]
    assert len(too_early) == 8  # those that ran when it was said
    assert len(at["busy"]) == 108
    assert max(at["idle"]) < 10


def widths(*answers: tuple[str, float], start: int = 8, most: int = 8) -> list[int]:
    """A lane's width after each of these answers: (fault, pressure)."""
    lane = Lane[Work](most, start)
    found: list[int] = []
    for fault, pressure in answers:
        lane.adapt(cast("Fault", fault), pressure)
        found.append(lane.width)
    return found


@pytest.mark.parametrize("fault", ["throttled", "unavailable"])
def test_width_is_halved_by_each_fault_of_the_tenant_down_to_one(fault: Fault) -> None:
    assert widths(*[(fault, 0.0)] * 5) == [4, 2, 1, 1, 1]


def test_width_grows_by_one_for_a_whole_clean_round_and_never_over_what_was_permitted() -> None:
    assert widths(*[("", 0.0)] * 12, start=2, most=4) == [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]


def test_a_fault_begins_the_clean_round_anew() -> None:
    assert widths(("", 0.0), ("", 0.0), ("throttled", 0.0), ("", 0.0), ("", 0.0), start=3) == [3, 3, 1, 2, 2]


def test_what_graph_says_of_its_limit_holds_the_width_and_at_the_limit_lowers_it() -> None:
    assert widths(*[("", 0.79)] * 2, start=2) == [2, 3]
    assert widths(*[("", 0.8)] * 9, start=2) == [2] * 9
    assert widths(("", 1.0), ("", 1.4), ("", 1.0), ("", 1.0), start=3) == [2, 1, 1, 1]


def test_warnings_of_the_tenant_narrow_what_runs_side_by_side() -> None:
    """From the answers of the activity on: the last of sixty jobs run one by one, though none was refused."""
    running: list[int] = []

    def answer(work: dict[str, Any]) -> dict[str, Any]:
        running.append(fan_out.lanes[""].running)
        return OK | {"pressure": 1.0}

    ctx = Context(answer)
    fan_out = FanOut(ctx, JOB, [{"number": n} for n in range(60)], 8)  # type: ignore[arg-type]
    run(fan_out, ctx)
    assert (running[0], set(running[10:])) == (8, {1})
    assert fan_out.lanes[""].throttled  # so that the next window begins as narrow


def test_getting_further_starts_the_count_of_faults_anew() -> None:
    left = {"tries": 5 * FAULTS}

    def answer(_: dict[str, Any]) -> dict[str, Any]:
        left["tries"] -= 1
        if not left["tries"]:
            return OK
        return {"retry_after": 0.0, "fault": "unavailable", "progressed": left["tries"] % 5 == 0}

    fan_out, ctx = made(answer, [{"number": 1}], 1)
    assert len(ctx.calls) == 5 * FAULTS
    assert not any(work.get("last") for work in ctx.calls)
    assert not fan_out.left


def test_held_ends_the_fan_out_without_asking_for_the_rest() -> None:
    fan_out, ctx = made(lambda _: {"retry_after": 0.0, "fault": "held"}, [{"number": n} for n in range(100)], 8)
    assert fan_out.stop == "held"
    assert len(ctx.calls) == 8


def test_long_wait_ends_when_the_request_was_cancelled() -> None:
    answer = {"retry_after": 3000.0, "fault": "throttled", "progressed": False}
    ctx = Context(lambda _: answer)
    fan_out = FanOut(ctx, JOB, [{"number": 1}], 1, watch={"id": "r1"})  # type: ignore[arg-type]
    begin = ctx.current_utc_datetime
    run(fan_out, ctx)
    assert fan_out.stop == "cancelled"
    assert ctx.current_utc_datetime - begin <= timedelta(seconds=120)


def test_without_a_second_look_a_cancel_ends_what_waits_however_far_it_is() -> None:
    ctx = Context(lambda _: {"retry_after": 3000.0, "fault": "throttled", "progressed": True})
    fan_out = FanOut(ctx, JOB, [{"number": n} for n in range(3)], 1, watch={"id": "r1"}, look_again=False)  # type: ignore[arg-type]
    begin = ctx.current_utc_datetime
    run(fan_out, ctx)
    assert (fan_out.stop, len(ctx.calls)) == ("cancelled", 1)
    assert ctx.current_utc_datetime - begin <= timedelta(seconds=120)


def test_after_a_cancel_what_began_has_another_run_and_what_did_not_has_none() -> None:
    """Job 0 got no answer, so it may have changed something; job 1 was only throttled; job 2 learns of the cancel."""
    first = {
        0: {"retry_after": 100.0, "fault": "unavailable", "progressed": False},
        1: {"retry_after": 100.0, "fault": "throttled", "progressed": False},
        2: {"retry_after": 1.0, "fault": "notVisibleYet", "progressed": True},
    }
    fan_out, ctx = made(
        lambda work: first.pop(work["number"], {"retry_after": None, "fault": "cancelled", "progressed": True}),
        [{"number": n} for n in range(3)],
        8,
    )
    assert fan_out.stop == "cancelled"
    assert Counter(work["number"] for work in ctx.calls) == {0: 2, 1: 1, 2: 2}


class Throttle:
    """A tenant that answers so many calls a second; a user needs `calls` of them, and gets on as far as they go."""

    def __init__(self, ctx: Callable[[], Context], *, per_second: float, calls: int) -> None:
        self._ctx = ctx
        self._per_second = per_second
        self._calls = calls
        self._done = Counter[int]()
        self._used: list[datetime] = []

    def __call__(self, work: Work) -> Work:
        now = self._ctx().current_utc_datetime
        before = self._done[work["number"]]
        while self._done[work["number"]] < self._calls:
            self._used = [at for at in self._used if now - at < timedelta(seconds=1)]
            if len(self._used) >= self._per_second:
                free = self._used[0] + timedelta(seconds=1)
                progressed = self._done[work["number"]] > before
                return {"retry_after": (free - now).total_seconds(), "fault": "throttled", "progressed": progressed}
            self._used.append(now)
            self._done[work["number"]] += 1
        return OK


@pytest.mark.parametrize("seed", range(5))
def test_timers_that_fire_early_cost_no_turns(seed: int) -> None:
    """Eight users under a throttle of four calls a second: without rounding, most turns only set a timer again."""

    def throttled(early: random.Random | None) -> Context:
        throttle = Throttle(lambda: ctx, per_second=4, calls=12)
        ctx = Context(throttle, early=early)
        fan_out = FanOut(ctx, JOB, [{"number": n} for n in range(8)], 8)  # type: ignore[arg-type]
        run(fan_out, ctx)
        assert not fan_out.left
        return ctx

    in_time, early = throttled(None), throttled(random.Random(seed))  # noqa: S311 - guards nothing
    assert early.turns <= in_time.turns * 1.2
    assert early.turns <= len(early.calls) + early.fired  # a turn for each answer and each timer, and each once


def test_what_was_begun_and_brings_the_news_of_a_cancel_is_looked_at_once_more() -> None:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        return {"retry_after": 0.0, "fault": "cancelled", "begun": True} if len(ctx.calls) == 1 else OK

    ctx = Context(answer)
    fan_out = FanOut(ctx, JOB, [{"customer": "contoso", "number": 0}], 1)  # type: ignore[arg-type]
    run(fan_out, ctx)
    assert len(ctx.calls) == 2
    assert fan_out.stop == "cancelled"
