"""Each kind of proof: what it takes to count, and every way in which it does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.methods import STANDARD_SCOPE
from domain.policy.verification import VerificationTerms, VerifiedId
from domain.request.involved import Identities
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.callback import Callback
from domain.verification.evidence import Evidence, EvidenceKind, EvidenceRefusedError, Invitation, TargetVerification
from domain.verification.external_proof import ExternalProof, ProofBody
from domain.verification.manager_attestation import ManagerAttestation
from domain.verification.proof import Proof, Subject, evidence_of
from domain.verification.verified_id import Presentation, PresentationEvent

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TENANT = "11111111-1111-1111-1111-111111111111"
USER = "aaaaaaaa-0000-0000-0000-000000000001"
MANAGER = f"{TENANT}/bbbbbbbb-0000-0000-0000-000000000002"
TECH = "99999999-9999-9999-9999-999999999999/cccccccc-0000-0000-0000-000000000003"
DID = "did:web:verifiedid.contoso.com"
TERMS = VerificationTerms(
    required="always",
    accept=tuple(EvidenceKind),
    max_age=timedelta(hours=4),
    wait_for=timedelta(hours=4),
    otherwise="refuse",
)


def subject(
    *, state: str = "waiting", accept: tuple[EvidenceKind, ...] = tuple(EvidenceKind), **request: Any
) -> Subject:
    asked = ResetRequest(
        id="req-1",
        created_at=NOW - timedelta(hours=1),
        source="api",
        requester="tech@msp.example",
        methods=list(STANDARD_SCOPE),
        target_count=1,
        ranges=[("contoso", 0, 1)],
        identities=Identities(requester=[TECH]),
    ).model_copy(update=request)
    target = Target(
        number=0,
        customer="contoso",
        tenant_id=TENANT,
        asked="adele@contoso.com",
        user_id=USER,
        user_principal_name="Adele@contoso.com",
        planned=True,
        verification=TargetVerification.model_validate(
            {
                "state": state,
                "accept": accept,
                "until": NOW + timedelta(hours=3),
                "invitation": Invitation(account=MANAGER, name="Miriam", mail="sent", at=NOW),
            }
        ),
    )
    return Subject(asked, target, TERMS, NOW)


def proof(**fields: Any) -> ExternalProof:
    body = {
        "id": "proof-1",
        "request": "req-1",
        "user": USER,
        "method": "passport and selfie",
        "result": "verified",
        "verified_at": NOW - timedelta(minutes=5),
    } | fields
    return ExternalProof("idproof", None, ProofBody.model_validate(body))


def presentation(at: datetime = NOW, expected: str = "presentation-1", **credential: Any) -> Presentation:
    shown = {
        "issuer": DID,
        "type": ["VerifiableCredential", "VerifiedEmployee"],
        "claims": {"revocationId": "adele@contoso.com", "displayName": "Adele Vance"},
        "credentialState": {"revocationStatus": "VALID"},
        "expirationDate": "2027-01-01T00:00:00Z",
    } | credential
    event = PresentationEvent.model_validate(
        {
            "requestId": "presentation-1",
            "requestStatus": "presentation_verified",
            "state": "state",
            "verifiedCredentialsData": [shown],
            "receipt": {"id_token": "..."},
        }
    )
    return Presentation(event, expected, VerifiedId(authority="did:web:msp.example"), (DID,), at)


CALLBACK = Callback("second@msp.example", "99999999-9999-9999-9999-999999999999/other", "+1 425 555 0112", "Asked HR.")
ATTESTATION = ManagerAttestation(MANAGER, "miriam@contoso.com", signed_in=True)


def refusal(given: Proof, about: Subject | None = None) -> str:
    with pytest.raises(EvidenceRefusedError) as refused:
        evidence_of(given, about or subject())
    return refused.value.reason


def test_an_external_proof_says_who_how_and_when() -> None:
    evidence = evidence_of(proof(), subject())
    assert evidence == Evidence(
        id="proof-1",
        kind=EvidenceKind.EXTERNAL_PROOF,
        by="idproof",
        by_id="service:idproof",
        at=NOW - timedelta(minutes=5),
        received_at=NOW,
        detail="Verified by passport and selfie.",
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"request": "req-2"}, "otherRequest"),
        ({"user": "aaaaaaaa-0000-0000-0000-00000000000f"}, "otherUser"),
        ({"user": "alex@contoso.com"}, "otherUser"),
        ({"result": "failed"}, "notVerified"),
        ({"verified_at": NOW - timedelta(hours=5)}, "stale"),
        ({"verified_at": NOW - timedelta(hours=1, minutes=6)}, "stale"),  # before the request
        ({"verified_at": NOW + timedelta(minutes=6)}, "fromTheFuture"),
    ],
)
def test_an_external_proof_that_does_not_count(fields: dict[str, Any], reason: str) -> None:
    assert refusal(proof(**fields)) == reason


def test_evidence_that_is_newer_than_the_request_is_too_old_after_the_time_of_the_policy() -> None:
    waiting = subject(created_at=NOW - timedelta(days=1))
    assert refusal(proof(verified_at=NOW - TERMS.max_age - timedelta(seconds=1)), waiting) == "stale"
    assert evidence_of(proof(verified_at=NOW - TERMS.max_age), waiting).at == NOW - TERMS.max_age


def test_a_proof_may_name_the_user_by_name_in_any_case_and_never_by_mail_address_of_another() -> None:
    assert evidence_of(proof(user="ADELE@contoso.com"), subject()).id == "proof-1"
    assert refusal(proof(user="adele.vance@contoso.com")) == "otherUser"


def test_a_service_verifies_only_users_of_its_customers() -> None:
    assert refusal(proof()._replace(covers=("fabrikam",))) == "otherIssuer"
    assert evidence_of(proof()._replace(covers=("contoso",)), subject()).by == "idproof"


def test_a_presentation_of_the_user_counts_with_its_issuer() -> None:
    evidence = evidence_of(presentation(), subject())
    assert (evidence.kind, evidence.by, evidence.by_id) == (EvidenceKind.VERIFIED_ID, DID, DID)
    assert "VerifiedEmployee" in evidence.detail


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"issuer": "did:web:verifiedid.fabrikam.com"}, "otherIssuer"),
        ({"claims": {"revocationId": "alex@contoso.com"}}, "otherUser"),
        ({"claims": {}}, "otherUser"),
        ({"claims": {"revocationId": ["adele@contoso.com"]}}, "otherUser"),
        ({"credentialState": {"revocationStatus": "REVOKED"}}, "revoked"),
        ({"credentialState": {}}, "revoked"),
        ({"expirationDate": "2026-03-02T11:59:59Z"}, "expired"),
        ({"type": ["VerifiableCredential", "LibraryCard"]}, "notVerified"),
    ],
)
def test_a_presentation_that_does_not_count(fields: dict[str, Any], reason: str) -> None:
    assert refusal(presentation(**fields)) == reason


def test_a_presentation_for_another_target_does_not_count() -> None:
    assert refusal(presentation(expected="presentation-2")) == "otherRequest"


def test_an_old_presentation_does_not_count() -> None:
    assert refusal(presentation(at=NOW - timedelta(hours=5))) == "stale"


def test_the_manager_who_was_asked_may_say_so() -> None:
    evidence = evidence_of(ATTESTATION, subject())
    assert (evidence.by, evidence.by_id, evidence.at) == ("miriam@contoso.com", MANAGER, NOW)
    assert "signed in" in evidence.detail


def test_another_person_than_the_manager_may_not() -> None:
    assert refusal(ATTESTATION._replace(account=f"{TENANT}/{USER}")) == "otherIssuer"
    assert refusal(ATTESTATION._replace(account=MANAGER.replace("1111", "2222", 1))) == "otherIssuer"


def test_a_manager_who_asked_for_the_reset_may_not_vouch_for_it() -> None:
    own = subject(identities=Identities(requester=[MANAGER]))
    assert refusal(ATTESTATION, own) == "involved"
    assert refusal(ATTESTATION, subject(requester="miriam@contoso.com")) == "involved"


def test_a_callback_masks_the_number_that_was_called() -> None:
    evidence = evidence_of(CALLBACK, subject())
    assert evidence.detail == "Called back on the number on file, •••12. Asked HR."
    assert evidence.by == "second@msp.example"
    assert "555" not in evidence.model_dump_json()


def test_who_asked_or_is_reset_may_not_record_a_callback() -> None:
    assert refusal(CALLBACK._replace(operator="Tech@msp.example")) == "involved"
    assert refusal(CALLBACK._replace(operator_id=TECH)) == "involved"
    assert refusal(CALLBACK._replace(operator="adele@contoso.com")) == "involved"


@pytest.mark.parametrize("given", [proof(), presentation(), ATTESTATION, CALLBACK])
def test_only_accepted_kinds_count(given: Proof) -> None:
    others = tuple(kind for kind in EvidenceKind if kind is not given.kind)
    assert refusal(given, subject(accept=others)) == "notAccepted"
    assert evidence_of(given, subject(accept=(given.kind,))).kind is given.kind


@pytest.mark.parametrize("given", [proof(), presentation(), ATTESTATION, CALLBACK])
def test_no_evidence_is_taken_twice_or_late(given: Proof) -> None:
    for state in ("verified", "denied", "missing"):
        assert refusal(given, subject(state=state)) == "notWaiting"
    assert refusal(given, subject()._replace(now=NOW + timedelta(hours=3))) == "notWaiting"
