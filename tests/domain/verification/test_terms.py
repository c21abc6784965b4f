"""Who has to be verified, and by what: the general terms, what customers and sources have instead, and mistakes in them."""

from datetime import timedelta

import pytest

from domain.methods import STANDARD_SCOPE
from domain.policy.load import Policy, PolicyError, parse_policy
from domain.request.plan import plan_line
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import Evidence, EvidenceKind, TargetVerification
from domain.verification.terms import may_need_verification, needs_verification, terms_for
from tests.domain.verification.test_proofs import NOW

BASE = """
[approval]
approvers = ["lead@msp.example", "second@msp.example"]
[customers.contoso]
tenantId = "11111111-1111-1111-1111-111111111111"
[customers.fabrikam]
tenantId = "22222222-2222-2222-2222-222222222222"
[sources.helpdesk]
scheme = "standard-webhooks"
secret = "env:S"
[sources.pipeline]
scheme = "standard-webhooks"
secret = "env:S"
"""


def policy(more: str) -> Policy:
    return parse_policy(BASE + more, None)


def mistake(more: str) -> str:
    with pytest.raises(PolicyError) as error:
        policy(more)
    return str(error.value)


def request(source: str = "helpdesk", **fields: object) -> ResetRequest:
    base = ResetRequest(
        id="r", created_at=NOW, source=source, methods=list(STANDARD_SCOPE), target_count=1, ranges=[("contoso", 0, 1)]
    )
    return base.model_copy(update=fields)


def target(**fields: object) -> Target:
    base = Target(number=0, customer="contoso", tenant_id="t", asked="adele@contoso.com", user_id="u", planned=True)
    return base.model_copy(update=fields)


def test_nothing_needs_evidence_unless_the_policy_says_so() -> None:
    assert not may_need_verification(policy(""), request())
    assert not needs_verification(terms_for(policy(""), "helpdesk", "contoso"), target(privileged=True))


def test_a_customer_and_a_source_have_terms_of_their_own() -> None:
    own = policy("""
[verification]
required = "privileged"
accept = ["managerAttestation", "callback"]
maxAge = "2h"
waitFor = "1h"
[customers.contoso.verification]
required = "always"
otherwise = "stepUp"
[sources.pipeline.verification]
required = "never"
maxAge = "30m"
""")
    contoso = terms_for(own, "helpdesk", "contoso")
    assert (contoso.required, contoso.otherwise, contoso.max_age) == ("always", "stepUp", timedelta(hours=2))
    assert terms_for(own, "helpdesk", "fabrikam").required == "privileged"
    assert terms_for(own, "pipeline", "fabrikam").required == "never"
    # Where both say something the stricter counts.
    assert terms_for(own, "pipeline", "contoso").required == "always"
    assert terms_for(own, "pipeline", "contoso").max_age == timedelta(minutes=30)


def test_a_kind_counts_only_where_it_is_set_up() -> None:
    own = policy("""
[verification]
required = "always"
[verification.verifiedId]
authority = "did:web:msp.example"
[verification.services.idproof]
secret = "env:P"
customers = ["fabrikam"]
[customers.contoso.verification]
issuers = ["did:web:verifiedid.contoso.com"]
""")
    assert terms_for(own, "api", "contoso").accept == (EvidenceKind.VERIFIED_ID, EvidenceKind.MANAGER_ATTESTATION)
    assert terms_for(own, "api", "fabrikam").accept == (EvidenceKind.EXTERNAL_PROOF, EvidenceKind.MANAGER_ATTESTATION)


def test_a_source_and_a_customer_that_accept_nothing_in_common_accept_nothing() -> None:
    own = policy("""
[customers.contoso.verification]
required = "always"
accept = ["managerAttestation"]
[sources.helpdesk.verification]
accept = ["callback"]
""")
    assert terms_for(own, "helpdesk", "contoso").accept == ()


def test_who_is_privileged_needs_evidence_where_only_they_do() -> None:
    terms = terms_for(policy('[verification]\nrequired = "privileged"'), "api", "contoso")
    assert needs_verification(terms, target(privileged=True))
    assert needs_verification(terms, target(privileges=["Global Administrator"]))
    assert not needs_verification(terms, target())
    assert not needs_verification(terms, target(privileged=True, planned=False))


def test_a_dry_run_and_an_undo_need_none() -> None:
    own = policy('[verification]\nrequired = "always"')
    assert may_need_verification(own, request())
    assert not may_need_verification(own, request(dry_run=True))
    assert not may_need_verification(own, request(undo_of="other"))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('[verification]\naccept = ["verifiedId"]', "verifiedId needs the table [verification.verifiedId]"),
        ('[verification]\naccept = ["externalProof"]', "externalProof needs a table [verification.services.NAME]"),
        ('[verification]\naccept = ["callback", "callback"]', "names a kind twice"),
        ("[verification]\naccept = []", "must not be empty"),
        ('[verification]\nrequired = "sometimes"', "required"),
        ('[customers.contoso.verification]\nissuers = ["did:web:a"]', "needs the table [verification.verifiedId]"),
        ('[verification.services.x]\nsecret = "env:P"\ncustomers = ["contosso"]', "did you mean 'contoso'"),
        ('[verification.verifiedId]\nauthority = "contoso.com"', "authority"),
    ],
)
def test_mistakes_are_named(more: str, words: str) -> None:
    assert words in mistake(more)


def test_the_plan_line_covers_the_evidence_and_stays_as_it_was_without_any() -> None:
    evidence = Evidence(
        id="p1", kind=EvidenceKind.CALLBACK, by="Second", by_id="t/o", at=NOW, received_at=NOW, detail="Called."
    )
    waiting = TargetVerification(accept=[EvidenceKind.CALLBACK], until=NOW)
    verified = waiting.model_copy(update={"state": "verified", "evidence": evidence})
    plain = plan_line(target())
    lines = {plain, plan_line(target(verification=waiting)), plan_line(target(verification=verified))}
    for change in (
        {"id": "p2"},
        {"by_id": "t/p"},
        {"kind": EvidenceKind.EXTERNAL_PROOF},
        {"at": NOW + timedelta(seconds=1)},
    ):
        other = verified.model_copy(update={"evidence": evidence.model_copy(update=change)})
        lines.add(plan_line(target(verification=other)))
    assert len(lines) == 7
    assert plain.endswith('"planned",[]]')
    assert plan_line(target(verification=verified).without_person()) == plan_line(target(verification=verified))


def test_the_record_of_a_forgotten_person_names_nobody() -> None:
    evidence = Evidence(
        id="p1",
        kind=EvidenceKind.CALLBACK,
        by="second@msp.example",
        by_id="t/o",
        at=NOW,
        received_at=NOW,
        detail="•••12",
    )
    kept = target(verification=TargetVerification(accept=[], until=NOW, evidence=evidence)).without_person()
    assert "second@" not in kept.model_dump_json()
    assert "12" not in (kept.verification.evidence.detail if kept.verification and kept.verification.evidence else "")
