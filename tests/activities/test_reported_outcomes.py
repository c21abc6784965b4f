"""Whatever users have and whatever fails: nothing outside the plan is removed, nothing present is reported as gone, and
everything in the plan has one outcome."""

import asyncio
import itertools
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from domain.methods import ALTERNATE_MOBILE_PHONE_ID, MOBILE_PHONE_ID, STANDARD_SCOPE, Method, MethodType
from domain.outcomes import GONE, MethodOutcome, TargetOutcome
from graph.client import GraphClient
from localhost.simulator.model import entities, method_kinds
from records.errors import StoreUnavailableError
from records.sqlite import SqliteStore
from tests.activities.conftest import DiedError, Works, made_works

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("phone", {"phoneType": "mobile"}),
    ("phone", {"phoneType": "alternateMobile"}),
    ("phone", {"phoneType": "office"}),
    ("microsoftAuthenticator", {}),
    ("microsoftAuthenticator", {"displayName": "second"}),
    ("softwareOath", {}),
    ("hardwareOath", {}),
    ("fido2", {}),
    ("windowsHelloForBusiness", {}),
    ("email", {}),
    ("externalAuthenticationMethod", {}),
]
PREFERENCES = ["push", "oath", "sms", "voiceMobile", "voiceAlternateMobile", "voiceOffice", None]
SCOPES = [
    STANDARD_SCOPE,
    (MethodType.MICROSOFT_AUTHENTICATOR,),
    (MethodType.PHONE, MethodType.FIDO2),
    tuple(MethodType),
]
FAULTS: list[dict[str, Any]] = [
    {"status": 503},
    {"status": 429, "retry_after": 3},
    {"status": 500, "applied": True},
    {"drop": "before"},
    {"drop": "after"},
    {"method": "DELETE", "status": 403, "code": "accessDenied"},
    {"method": "DELETE", "status": 400, "code": "badRequest", "message": "Not now."},
    {"method": "DELETE", "status": 404, "wrapped": False},
    {"method": "DELETE", "status": 204},  # answered as done, and not done
    {"method": "DELETE", "visible_after_reads": 2},
    {"path": "*/revokeSignInSessions", "status": 403},
    {"path": "*/hardwareOathMethods", "method": "GET", "status": 403},
    {"path": "*/hardwareOathMethods", "method": "GET", "status": 404},
    {"path": "*/$batch", "status": 503},
]

# What tells a phone that was registered again from the one that was there. Without a date and with the number of before a look
# at it does not tell; test_drift.py has what is done about that.
SIGNS = ["later", "number", "undated number"]


NOT_DONE = {MethodOutcome.FAILED, MethodOutcome.FORBIDDEN, MethodOutcome.REFUSED_DEFAULT, MethodOutcome.THROTTLED}


@contextmanager
def dying(place: int | None, what: str, *, done: bool) -> Iterator[None]:
    """The worker dies at the await number `place`, or the records do not answer there; `done`: after what was awaited."""
    counts = itertools.count()

    def mortal(call: Callable[..., Awaitable[Any]], *, records: bool) -> Callable[..., Awaitable[Any]]:
        async def called(*args: Any, **named: Any) -> Any:
            here = (what == "dies" or records) and next(counts) == place
            error = DiedError() if what == "dies" else StoreUnavailableError("away")
            if here and not done:
                raise error
            answer = await call(*args, **named)
            if here:
                raise error
            return answer

        return called

    with ExitStack() as stack:
        for name in ("get", "insert", "replace", "put", "delete", "apply", "scan") if place is not None else ():
            patched = mortal(getattr(SqliteStore, name), records=True)
            stack.enter_context(patch.object(SqliteStore, name, patched))
        if place is not None:
            stack.enter_context(patch.object(GraphClient, "send_once", mortal(GraphClient.send_once, records=False)))
        yield


@st.composite
def stories(draw: st.DrawFn) -> dict[str, Any]:
    methods = draw(st.lists(st.sampled_from(range(len(KINDS))), unique=True, max_size=7))
    if 1 in methods and 0 not in methods:
        methods.append(0)  # an alternate mobile needs a mobile
    return {
        "methods": sorted(methods),
        "undated": draw(st.sets(st.integers(0, 10), max_size=4)),
        "prefer": draw(st.sampled_from(PREFERENCES)),
        "scope": draw(st.sampled_from(SCOPES)),
        "text": draw(st.sampled_from(["with-others", "matches", "unknown"])),
        "blockers": draw(st.sampled_from(["capable", "any"])),
        "enforces": draw(st.booleans()),
        "faults": draw(st.lists(st.tuples(st.sampled_from(FAULTS), st.sampled_from([0.2, 0.5, 1.0])), max_size=3)),
        "every_call": draw(st.sampled_from([0.0, 0.2])),
        # Places of phones that are taken anew after the plan.
        "again": [(n, draw(st.sampled_from(SIGNS))) for n in (0, 1, 2) if n in methods and draw(st.booleans())],
        "later": draw(st.lists(st.sampled_from([3, 5, 7]), unique=True, max_size=2)),  # registered after the plan
        "later_run": draw(st.sampled_from([0, 0, 1, 2, 3])),
        "cancel_run": draw(st.none() | st.integers(0, 4)),
        # In this run, at this await: the worker dies, or the records do not answer; before or after it was done; for so long.
        "dies": draw(
            st.dictionaries(
                st.integers(0, 5),
                st.tuples(
                    st.integers(0, 35),
                    st.sampled_from(["dies", "no records"]),
                    st.booleans(),
                    st.sampled_from([2, 30, 600]),
                ),
                max_size=3,
            )
        ),
        "seed": draw(st.integers(0, 2**16)),
    }


@settings(max_examples=100, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
def test_truth(story: dict[str, Any]) -> None:
    note(str(story))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run(Path(folder), story))


async def _run(folder: Path, story: dict[str, Any]) -> None:
    async with made_works(folder) as works:
        await _play(works, story)


async def _play(works: Works, story: dict[str, Any]) -> None:  # noqa: C901 - one case per kind of step
    world = works.world
    world.default_text, world.default_blockers, world.enforces_default = (
        story["text"],
        story["blockers"],
        story["enforces"],
    )
    works.allow(*MethodType)
    user = works.user(*(KINDS[n] for n in story["methods"]), prefer=story["prefer"])
    for number, method in enumerate(list(user.methods.values())):
        if number in story["undated"]:
            method.created = None
    before = {id_: method for id_, method in user.methods.items() if method.kind.name != "password"}
    await works.planned(user, methods=story["scope"])
    methods = (await works.target()).methods
    plan, planned = {method.id for method in methods}, {_registration(method) for method in methods}

    world.faults.reseed(story["seed"])
    for fault, probability in story["faults"]:
        world.faults.add(user=user.id, probability=probability, **fault)
    if story["every_call"]:
        world.faults.add(probability=story["every_call"], status=503)

    newer: list[entities.Method] = []
    for run in range(25):
        if run == story["later_run"]:
            newer = [world.register("contoso", user.upn, KINDS[n][0], **KINDS[n][1]) for n in story["later"]]
            newer += _registered_again(works, user, before, story["again"])
        if run == story["cancel_run"]:
            await works.services.requests.cancel("r1", "tester", works.clock())
        place, what, done, away = story["dies"].get(run, (None, "", False, 0))
        try:
            with dying(place, what, done=done):
                answer = await works.once(last=run == 24)
        except (DiedError, StoreUnavailableError):
            works.clock.pass_(seconds=away)
            continue
        if answer["retry_after"] is None:
            break
        works.clock.pass_(seconds=max(1.0, answer["retry_after"]))
    target = await works.target()
    left = works.present(user)
    # Of what was there before the plan, what is there still: a place may have another registration by now.
    same = {id_ for id_ in left & set(before) if user.methods[id_] is before[id_]}

    # Nothing outside the plan goes.
    taken = {method.id for method in newer}
    assert set(before) - plan - taken <= same | {i for i, m in before.items() if not m.usable}
    assert all(user.methods.get(method.id) is method for method in newer), newer
    assert user.methods["28c10230-6103-485e-b985-444c60001490"]
    # Nothing that is still there is reported as gone.
    told_gone = {m.id for m in target.methods if m.outcome in GONE}
    assert not told_gone & same, (told_gone, same)
    assert {_registration(m) for m in target.methods if m.outcome in GONE} <= planned
    if target.outcome in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}:
        assert not plan & same
    # And what is gone is not reported as untouched.
    untouched = {m.id for m in target.methods if m.outcome is MethodOutcome.PENDING}
    assert untouched <= left
    assert {m.id for m in target.methods if m.outcome in NOT_DONE} <= left
    if target.outcome in {TargetOutcome.CANCELLED, TargetOutcome.REFUSED, TargetOutcome.FAILED}:
        assert plan <= left
        assert user.sessions_revoked_at is None
        assert user.preferred == story["prefer"]
    # What the service did is not reported as done by others.
    ours = set(works.deletes(user, status=204))
    assert not {m.id for m in target.methods if m.outcome is MethodOutcome.ALREADY_GONE} & ours
    # Everything in the plan has one outcome; pending is one only where a cancel came before its turn.
    assert target.settled
    of_plan = [_registration(m) for m in target.methods if _registration(m) in planned]
    assert len(of_plan) == len(planned)
    assert set(of_plan) == planned
    assert not untouched or story["cancel_run"] is not None
    totals = await works.services.targets.totals("r1")
    assert totals[target.outcome.value] == 1
    assert sum(totals.values()) == 1


def _registered_again(
    works: Works, user: entities.User, before: dict[str, entities.Method], places: list[tuple[int, str]]
) -> list[entities.Method]:
    """What the user registers in places that had a phone before, whether a reset got to it already or not."""
    made: list[entities.Method] = []
    for number, sign in places:
        kind, properties = KINDS[number]
        place = method_kinds.PHONE_IDS[properties["phoneType"]]
        old = before.get(place)
        if old is None or (place == ALTERNATE_MOBILE_PHONE_ID and MOBILE_PHONE_ID not in user.methods):
            continue
        own = old.properties["phoneNumber"] if sign == "later" else "+1 2065559999"
        new = works.world.register("contoso", user.upn, kind, **properties | {"phoneNumber": own})
        if sign == "undated number":
            new.created = None
        made.append(new)
    return made


def _registration(method: Method) -> tuple[Any, ...]:
    """What makes a registration this one and no other in the same place."""
    return method.type, method.id, method.number_hash, method.created_at
