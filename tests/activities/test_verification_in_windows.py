"""Who of a long request is verified is known per window: evidence has its window read again, and no step reads all targets."""

from datetime import timedelta

import pytest

from activities.settle_verification import read_window, settle
from contracts.workflow import AwaitingEvidence, EvidenceEnded
from domain.model import iso
from domain.outcomes import RequestStatus, TargetOutcome
from domain.policy.verification import Verification, VerificationService
from domain.request.plan import WINDOW
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import Evidence, EvidenceKind, EvidenceRefusedError
from domain.verification.external_proof import ProofBody
from domain.verification.settlement import verified
from records.targets import StoredTarget
from records.verification_windows import VerificationWindows, WindowVerification
from tests.activities.conftest import CONTOSO, Clock, Works
from tests.reads import counted
from triggers.timers.reconcile import _has_evidence
from use_cases import take_proof

USERS = 2 * WINDOW + 10
LAST = 2 * WINDOW
PLANNED = {4, WINDOW - 1, WINDOW, LAST, USERS - 1}  # the others were refused, so nothing has to be shown of them


@pytest.fixture
async def long(works: Works) -> ResetRequest:
    """A planned request, five of whose users have to be verified within four hours."""
    policy = works.services.policy
    terms = Verification(required="always", accept=(EvidenceKind.CALLBACK,), wait_for=timedelta(hours=4))
    works.use_policy(policy.model_copy(update={"verification": terms}))
    request = ResetRequest(
        id="r1",
        created_at=works.clock(),
        source="api",
        methods=[],
        target_count=USERS,
        ranges=[("contoso", 0, USERS)],
    )
    targets = [
        Target(
            number=n,
            customer="contoso",
            asked=f"u{n}@contoso.com",
            tenant_id=CONTOSO,
            user_id=f"user-{n}",
            user_principal_name=f"u{n}@contoso.com",
            planned=n in PLANNED,
        )
        for n in range(USERS)
    ]
    await works.services.requests.create(request, targets)
    for start in await works.services.target_drafts.starts("r1"):
        await works.services.target_drafts.write("r1", start)
    return request


async def waited_for(works: Works) -> AwaitingEvidence | EvidenceEnded:
    """What the orchestration waits for once it has read the windows that it was asked to read."""
    while True:
        with counted(works.services.store) as reads:
            state = await settle(works.services, "r1")
        assert reads.targets == 0
        if not (state["next"] == "wait" and "windows" in state):
            return state
        for start in state["windows"]:
            with counted(works.services.store) as reads:
                await read_window(works.services, "r1", start)
            assert 0 < reads.targets <= 4 * WINDOW, "assessed, once more after a write, counted, and named"


async def asked(works: Works) -> list[int]:
    """The windows that are to be read now."""
    state = await settle(works.services, "r1")
    return state.get("windows", []) if state["next"] == "wait" else []


async def kept(works: Works, number: int) -> StoredTarget:
    found = await works.services.targets.get("r1", number)
    assert found is not None
    return found


async def verify(works: Works, number: int) -> None:
    now = works.clock()
    evidence = Evidence(
        id=f"e{number}",
        kind=EvidenceKind.CALLBACK,
        at=now,
        received_at=now,
        by="second@msp.example",
        by_id="x/y",
        detail="",
    )
    stored = await kept(works, number)
    assert await works.services.evidence.add("r1", stored, verified(stored.target, evidence), evidence)


async def test_the_windows_are_read_once_and_then_only_those_with_evidence(works: Works, long: ResetRequest) -> None:
    assert await asked(works) == [0, WINDOW, 2 * WINDOW]
    until = iso(works.clock() + timedelta(hours=4))
    assert await waited_for(works) == {"next": "wait", "until": until, "announce": True}
    assert await asked(works) == []
    await verify(works, LAST)
    assert await asked(works) == [2 * WINDOW]
    assert await waited_for(works) == {"next": "wait", "until": until, "announce": True}
    for number in PLANNED - {LAST}:
        await verify(works, number)
    assert await waited_for(works) == {"next": "end"}
    events = await works.services.audits.all("r1")
    assert sum(event.event == "evidenceRecorded" for event in events) == len(PLANNED)
    (ended,) = (event for event in events if event.event == "verificationEnded")
    assert ended.data == {"verified": len(PLANNED)}


async def test_evidence_that_comes_while_its_window_is_read_is_not_overlooked(
    works: Works, long: ResetRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await waited_for(works)
    await verify(works, 4)
    end = VerificationWindows.end

    async def late(self: VerificationWindows, *given: object) -> None:
        monkeypatch.undo()
        await verify(works, WINDOW - 1)  # after its window was counted, before that is kept
        await end(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(VerificationWindows, "end", late)
    await read_window(works.services, "r1", 0)
    assert await asked(works) == [0]
    await waited_for(works)
    window = (await works.services.verification_windows.read("r1"))[0]
    assert (window.states, window.until) == ({"verified": 2}, None)


async def test_who_showed_nothing_in_time_is_refused_in_their_window(works: Works, long: ResetRequest) -> None:
    await waited_for(works)
    await verify(works, 4)
    await waited_for(works)
    works.clock.pass_(hours=4)
    assert await asked(works) == [0, WINDOW, 2 * WINDOW]
    assert await waited_for(works) == {"next": "end"}
    for number in sorted(PLANNED - {4}):
        assert (await kept(works, number)).target.reason == "unverified"
    assert not (await kept(works, 4)).target.settled


@pytest.mark.parametrize("seconds", [0, 1])
async def test_evidence_that_has_become_too_old_has_its_window_read(
    works: Works, long: ResetRequest, seconds: int
) -> None:
    policy = works.services.policy
    terms = policy.verification.model_copy(update={"max_age": timedelta(hours=1)})
    works.use_policy(policy.model_copy(update={"verification": terms}))
    await waited_for(works)
    await verify(works, WINDOW)
    await waited_for(works)
    works.clock.pass_(hours=1, seconds=seconds)
    assert await asked(works) == ([WINDOW] if seconds else [])
    await waited_for(works)
    verification = (await kept(works, WINDOW)).target.verification
    assert verification is not None
    assert verification.state == ("waiting" if seconds else "verified")


async def test_a_target_that_is_settled_meanwhile_is_not_waited_for(works: Works, long: ResetRequest) -> None:
    await waited_for(works)
    stored = await kept(works, WINDOW)
    settled = stored.target.settle(TargetOutcome.CANCELLED, "takenOver", "")
    assert await works.services.targets.save("r1", stored, settled)
    assert await asked(works) == [WINDOW]


async def test_the_reconciling_timer_wakes_for_windows_to_read_and_when_nobody_is_waited_for(
    works: Works, long: ResetRequest
) -> None:
    assert await _has_evidence(works.services, long)
    await waited_for(works)
    with counted(works.services.store) as reads:
        assert not await _has_evidence(works.services, long)
    assert reads.targets == 0
    await verify(works, 4)  # by a process that stopped before it woke the request
    assert await _has_evidence(works.services, long)
    for number in PLANNED - {4}:
        await verify(works, number)
    for start in await asked(works):
        await read_window(works.services, "r1", start)
    assert await _has_evidence(works.services, long)


def test_time_alone_makes_a_window_due() -> None:

    now = Clock()()
    window = WindowVerification({"waiting": 1}, until=now, fresh_until=now)
    assert window.is_due(now)
    assert not WindowVerification({"verified": 1}, fresh_until=now).is_due(now)
    assert WindowVerification({"verified": 1}, fresh_until=now).is_due(now + timedelta(microseconds=1))
    assert not WindowVerification({"denied": 1}).is_due(now + timedelta(days=9))


@pytest.mark.parametrize(
    ("user", "number"),
    [(f"USER-{LAST}", LAST), (f"u{WINDOW}@contoso.com", WINDOW), ("user-nobody", None), ("u9", None)],
)
async def test_a_proof_finds_its_user_without_reading_others(
    works: Works, long: ResetRequest, user: str, number: int | None
) -> None:
    assert await take_proof._number_of(works.services, long, user) == number, "nothing is kept yet"
    await waited_for(works)
    with counted(works.services.store) as reads:
        assert await take_proof._number_of(works.services, long, user) == number
    assert reads.targets == (number is not None)


async def test_of_two_targets_of_a_user_a_proof_is_about_the_open_one(works: Works, long: ResetRequest) -> None:
    for number, settled in ((3, True), (WINDOW + 1, True), (WINDOW + 3, False), (WINDOW + 5, True)):
        stored = await kept(works, number)
        target = stored.target.model_copy(update={"user_id": "twice"})
        target = target.settle(TargetOutcome.REFUSED, "duplicateUser", "") if settled else target
        assert await works.services.targets.save("r1", stored, target)
    await waited_for(works)
    assert await take_proof._number_of(works.services, long, "twice") == WINDOW + 3
    rows = await works.services.store.scan("r1", prefix="verificationusers:")
    assert "twice" not in str(rows)
    assert "contoso" not in str(rows)


async def test_a_proof_that_comes_too_late_reads_one_target_at_most(works: Works, long: ResetRequest) -> None:
    await waited_for(works)
    stored, now = await kept(works, LAST), works.clock()
    evidence = Evidence(
        id="used", kind=EvidenceKind.EXTERNAL_PROOF, at=now, received_at=now, by="idproof", by_id="service:idproof"
    )
    assert await works.services.evidence.add("r1", stored, verified(stored.target, evidence), evidence, "msg_1")
    for number in PLANNED - {LAST}:
        await verify(works, number)
    assert await waited_for(works) == {"next": "end"}
    assert await works.services.store.scan("r1", prefix="verificationusers:") == []
    await works.services.requests.update("r1", lambda r: r.model_copy(update={"status": RequestStatus.RESETTING}))
    service = VerificationService.model_construct(secrets=(), customers=None)

    async def post(proof: str, delivery: str) -> None:
        body = ProofBody.model_construct(
            id=proof, request="r1", user="user-4", method="", result="verified", verified_at=now
        )
        with counted(works.services.store) as reads:
            await take_proof.take_proof(works.services, None, "idproof", service, body, delivery)  # type: ignore[arg-type]
        assert reads.targets == 1

    await post("used", "msg_1")  # the same delivery again
    with pytest.raises(EvidenceRefusedError, match="used before"):
        await post("used", "msg_2")
    with counted(works.services.store) as reads, pytest.raises(EvidenceRefusedError, match="waits for no evidence"):
        await post("new", "msg_3")
    assert reads.targets == 0
