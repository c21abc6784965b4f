"""Every kind of audit event has a sentence that names people."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.audit.chain import AuditEvent, chained
from domain.methods import MethodType
from domain.outcomes import RequestStatus
from domain.request.reset_request import Approver, ResetRequest
from tests.system import ROOT
from tests.web.markup import Markup
from web import console_labels
from web.audit_sentences import KINDS, Names, tell

# Where a kind is no literal of the call: what it can be.
_OTHERS: dict[str, set[str]] = {
    "activities/send_outcome_mail.py": {"outcomeMailSent", "followUpMailSent", "mailFailed"},
    "activities/post_teams_message.py": {"teamsMessageAccepted", "teamsMessageFailed"},
    "activities/send_callback.py": {"callbackDelivered", "callbackFailed"},
    "activities/settle_approval.py": {
        status.value
        for status in (RequestStatus.DENIED, RequestStatus.EXPIRED, RequestStatus.CANCELLED, RequestStatus.RESETTING)
    },
    "records/holds.py": {"takenOver"},
    "use_cases/activate_token.py": {"tokenActivated", "tokenCodeRefused"},
    "use_cases/send_approval_mails.py": {"reminderSent", "approvalMailSent"},
    "use_cases/show_access_pass.py": {"accessPassShown", "accessPassFailed"},
}
NOW = datetime(2026, 11, 24, 10, 43, tzinfo=UTC)


def written() -> set[str]:
    """The kinds of event that the code writes."""
    found: set[str] = set()
    for folder in ("activities", "use_cases", "records", "triggers", "reset", "orchestrators"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("audits.append"):
                    found |= kinds_of(node.args[3], str(path.relative_to(ROOT)))
    return found


def kinds_of(argument: ast.expr, path: str) -> set[str]:
    if isinstance(argument, ast.Constant):
        return {str(argument.value)}
    assert path in _OTHERS, f"{path} writes {ast.unparse(argument)}: name in _OTHERS which kinds that can be"
    return _OTHERS[path]


def request(**more: Any) -> ResetRequest:
    return ResetRequest(
        id="r1",
        created_at=NOW,
        source="console",
        requester="tech@msp.example",
        ticket="INC7 <b>",
        reason="Lost phones",
        methods=[MethodType.PHONE],
        target_count=12,
        ranges=[("contoso", 0, 12)],
        **more,
    )


def names(**more: Any) -> Names:
    return Names(
        request=request(**more),
        customers={"contoso": "Contoso", "fabrikam": "Fabrikam"},
        users={0: "Adele Vance", 1: "<i>Grady</i>"},
        ids={"u-0": "Adele Vance"},
        people={"nora.hall@contoso.com": "Nora Hall", "tech@msp.example": "Tom Tech"},
    )


def event(kind: str, data: dict[str, Any] | None = None, actor: str = "service") -> AuditEvent:
    return chained("r1", 7, "0" * 64, NOW, actor, kind, data or {})


def text_of(sentence: str) -> str:
    """A sentence as it is read, without the spaces that reading elements one by one leaves before a comma."""
    return re.sub(r" (?=[.,)])", "", Markup(f"<p>{sentence}</p>").text)


def said(kind: str, data: dict[str, Any] | None = None, actor: str = "nora.hall@contoso.com", **more: Any) -> str:
    return text_of(tell(event(kind, data, actor), names(**more)).sentence)


def test_every_kind_that_the_code_writes_has_a_sentence_and_a_name_for_the_filter() -> None:
    kinds = written()
    assert len(kinds) > 30
    assert kinds - {*KINDS} == set()
    assert {*KINDS} - {*console_labels.EVENT} == set()
    assert kinds - {*console_labels.EVENT} == set()


def test_others_are_written_where_the_table_says() -> None:
    for path, kinds in _OTHERS.items():
        source = Path(ROOT / path).read_text("utf-8")
        assert "audits.append" in source.replace("_audits", "audits"), path
        assert kinds, path


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_is_one_even_of_an_event_without_data(kind: str) -> None:
    told = tell(event(kind), names())
    text = text_of(told.sentence)
    assert text.endswith(".")
    assert "%(" not in text
    assert "<i>" not in str(told.sentence)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (
            "decided",
            {"decision": "approve", "without": []},
            "Nora Hall approved request INC7 <b> at Contoso.",
        ),
        (
            "decided",
            {"decision": "approve", "without": [0]},
            "Nora Hall approved request INC7 <b> at Contoso and excluded 1 user.",
        ),
        (
            "decided",
            {"decision": "deny", "comment": "No"},
            "Nora Hall denied request INC7 <b> at Contoso.",
        ),
        (
            "accepted",
            {},
            "Nora Hall, on behalf of Tom Tech, requested a reset of 12 users at Contoso (request INC7 <b>).",
        ),
        ("cancelAccepted", {}, "Nora Hall cancelled request INC7 <b>."),
        ("accessPassShown", {"target": 1}, "Nora Hall was shown a Temporary Access Pass for <i>Grady</i>."),
        ("reminderSent", {"approver": "nora.hall@contoso.com"}, "Nora Hall was reminded by mail to decide."),
        (
            "removalAlert",
            {"customer": "contoso", "userId": "u-0"},
            "The audit log of Contoso disagrees with the records about Adele Vance.",
        ),
        (
            "planned",
            {"quorum": 1, "approvers": ["nora.hall@contoso.com", "x@y.example"]},
            "The plan of request INC7 <b> was made. It needs 1 approval, and Nora Hall, x@y.example may decide.",
        ),
        (
            "targetsEnded",
            {"customer": "contoso", "targets": [{"number": 0, "outcome": "reset"}]},
            "Adele Vance at Contoso : Reset.",
        ),
        (
            "targetsEnded",
            {"customer": "contoso", "targets": [{"number": 0, "outcome": "reset"}, {"number": 5, "outcome": "failed"}]},
            "2 users at Contoso finished: Reset 1, Failed 1.",
        ),
        ("ended", {"status": "completed"}, "Request INC7 <b> ended: Completed."),
        ("verificationDenied", {"target": 9}, "Nora Hall said that user 10 did not ask for this."),
    ],
)
def test_sentences_name_people_users_and_customers(kind: str, data: dict[str, Any], text: str) -> None:
    assert said(kind, data) == text


def test_an_approver_of_some_customers_decides_on_their_users() -> None:
    ranges = [("contoso", 0, 10), ("fabrikam", 10, 2)]
    asked = request().approval.model_copy(
        update={"approvers": [Approver(approver="nora.hall@contoso.com", customers=["fabrikam"])]}
    )
    many = names()._replace(request=request().model_copy(update={"ranges": ranges, "approval": asked}))
    told = tell(event("decided", {"decision": "approve"}, "nora.hall@contoso.com"), many)
    assert "INC7 <b> at Fabrikam." in text_of(told.sentence)


def test_who_is_no_person_is_said_to_be_what_it_is() -> None:
    assert said("accepted", actor="tech@msp.example").startswith("Tom Tech requested a reset")
    assert said("accepted", actor="key:ticketing").startswith("API key ticketing, on behalf of Tom Tech, requested")
    assert said("decided", {"decision": "approve"}, actor="service").startswith("The service approved")


def test_a_user_whom_an_approver_excluded_is_not_called_cancelled() -> None:
    data = {"customer": "contoso", "targets": [{"number": 0, "outcome": "cancelled"}]}
    told = tell(event("targetsEnded", data), names()._replace(reasons={0: "excludedByApprover"}))
    assert text_of(told.sentence) == "Adele Vance at Contoso : Excluded by an approver."


def test_an_undo_and_a_dry_run_are_said_to_be_one() -> None:
    assert "dry run" in said("accepted", dry_run=True)
    assert "activate the hardware tokens" in said("accepted", undo_of="r0")
    assert "codes of its tokens" in said("resetting", undo_of="r0")


def test_what_a_kind_without_a_sentence_shows_is_the_event_by_its_own_name() -> None:
    assert said("somethingNew") == "somethingNew"
