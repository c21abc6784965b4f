"""Evidence is judged by who asked as it is known when the target waits for it, whatever the caller has read before."""

from datetime import timedelta
from typing import Any

import pytest

from domain.methods import STANDARD_SCOPE
from domain.request.involved import Identities
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.callback import Callback
from domain.verification.evidence import EvidenceKind, EvidenceRefusedError, TargetVerification
from tests.activities.conftest import CONTOSO, Works, works
from use_cases.record_evidence import ProofSource, record_evidence

__all__ = ["works"]

ACCOUNT = f"{CONTOSO}/55555555-5555-5555-5555-555555555555"


async def test_who_asked_is_known_though_the_request_was_read_before(works: Works) -> None:
    before = ResetRequest(
        id="r1",
        created_at=works.clock(),
        source="api",
        methods=list(STANDARD_SCOPE),
        requester="tech@msp.example",
        target_count=1,
        ranges=[("contoso", 0, 1)],
    )
    until = works.clock() + timedelta(hours=1)
    verification = TargetVerification(accept=[EvidenceKind.CALLBACK], until=until)
    target = Target(number=0, customer="contoso", asked="adele@contoso.com", planned=True, verification=verification)
    await works.services.requests.create(before, [target])
    found = Identities(requester=[ACCOUNT], customers=["contoso"])
    await works.services.requests.update("r1", lambda r: r.model_copy(update={"identities": found}))
    proof = Callback("Somebody Else", ACCOUNT, "+1 425 555 0112")
    client: Any = None  # nothing is woken
    with pytest.raises(EvidenceRefusedError) as refused:
        await record_evidence(works.services, client, before, 0, proof, ProofSource("Somebody Else"))
    assert refused.value.reason == "involved"
    (kept,) = await works.services.targets.range("r1", 0, 1)
    assert kept.target == target
