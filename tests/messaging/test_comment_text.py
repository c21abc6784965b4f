"""Comments for tickets: what they say, and that what comes from outside stays text in every system."""

import re
from copy import replace
from typing import get_args

import pytest

from domain.policy.load import Template
from messaging.comment_text import FORMATS, CommentView, comment, plain_text, wiki_text
from messaging.events import KINDS
from tests.web.samples import NOW, OUTCOME
from web.views import CustomerView, DecisionView, UserView

VIEW = CommentView(
    request_id="r-1",
    status="partiallyCompleted",
    users=5,
    dry_run=False,
    undo=False,
    asked_by="sam@msp.example",
    reason="Lost phone",
    customers=("Contoso", "Fabrikam"),
    waiting_for=("lead@msp.example", "owner@contoso.com"),
    quorum=2,
    expires_at=NOW,
    proof_until=NOW,
    proofs=("verifiedId", "managerAttestation"),
    decisions=(DecisionView("lead@msp.example", "approve", NOW, "Called her", 1),),
    outcomes=OUTCOME.customers,
    follow_up=(("grady@contoso.com", "exposed"), ("adele@contoso.com", "quick")),
)
TEMPLATES: tuple[Template, ...] = get_args(Template)


def shown(template: Template, kind: str, view: CommentView = VIEW) -> str:
    """What a reader sees: the markup taken away."""
    text = comment(template, kind, view)  # type: ignore[arg-type]
    if FORMATS[template] == "html":
        return re.sub(r"<[^>]+>", "", text)
    return re.sub(r"\\(.)", r"\1", text) if FORMATS[template] == "wiki" else text


def test_every_system_has_a_format() -> None:
    assert set(FORMATS) == set(TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_event_has_its_comment(template: Template) -> None:
    accepted = shown(template, "accepted")
    assert "5 users of Contoso, Fabrikam, requested by sam@msp.example" in accepted
    waiting = shown(template, "awaitingApproval")
    assert "2 approvals needed by" in waiting
    for approver in VIEW.waiting_for:
        assert approver in waiting
    unverified = shown(template, "awaitingVerification")
    assert "Proof is needed that users of Contoso, Fabrikam asked for this, by" in unverified
    assert "What counts: Verified ID, manager." in unverified
    decided = shown(template, "decided")
    assert "lead@msp.example approved, without 1 user" in decided
    assert "Called her" in decided
    assert "denied" in shown(template, "decided", replace(VIEW, status="denied"))
    completed = shown(template, "completed")
    assert "Partly completed" in completed
    for customer in VIEW.outcomes:
        for user in customer.users:
            assert user.user_principal_name in completed
    assert "; Phone number mobile" in completed
    assert not re.search(r"[.;][A-Z]", completed)
    followed = shown(template, "followedUp")
    assert followed.index("grady@contoso.com") < followed.index("adele@contoso.com")
    assert "Everybody has registered again." in shown(template, "followedUp", replace(VIEW, follow_up=()))
    for kind in KINDS:
        assert "Request r-1" in shown(template, kind)
        assert "\n\n\n" not in comment(template, kind, VIEW)


@pytest.mark.parametrize("template", ["servicenow", "jira", "connectwise"])
def test_every_user_has_a_line(template: Template) -> None:
    lines = comment(template, "completed", VIEW).splitlines()
    assert len([line for line in lines if line.startswith("- ")]) == 5
    decisions = (*VIEW.decisions, DecisionView("owner@contoso.com", "approve", NOW))
    decided = comment(template, "decided", replace(VIEW, decisions=decisions)).splitlines()
    assert len([line for line in decided if line.startswith("- ")]) == 2
    assert decided[-1].startswith("Request ")


@pytest.mark.parametrize("template", TEMPLATES)
def test_trouble_comes_first_and_long_lists_are_cut(template: Template) -> None:
    users = tuple(
        UserView(n, "", f"user{n}@contoso.com", outcome="reset" if n else "failed") for n in range(500, -1, -1)
    )
    view = replace(
        VIEW,
        users=501,
        outcomes=(CustomerView("Contoso", "contoso", users, targets=501),),
        waiting_for=tuple(f"a{n}@msp.example" for n in range(30)),
        follow_up=tuple((f"u{n}", "exposed") for n in range(50)),
        followed=60,
    )
    text = shown(template, "completed", view)
    assert text.index("user0@contoso.com") < text.index("user500@contoso.com")
    assert "and 451 more" in text
    assert "and 20 more" in shown(template, "awaitingApproval", view)
    assert "and 10 more" in shown(template, "followedUp", view)


HOSTILE = {
    "servicenow": "[code]<b onclick=x>[/code] [CODE]",
    "connectwise": "[look here](https://evil.example)",
    "jira": "{color:red}h1. *bold* [click|https://evil.example] !https://evil.example/x.png! [~admin] {noformat}",
    "zendesk": "<img src=https://evil.example onerror=alert(1)>",
    "halopsa": "<script>alert(1)</script>",
    "freshservice": "<a href='https://evil.example'>click</a>",
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_comes_from_outside_is_no_markup(template: Template) -> None:
    bad = HOSTILE[template]
    view = replace(
        VIEW,
        asked_by=bad,
        customers=(bad,),
        waiting_for=(bad,),
        decisions=(DecisionView(bad, "deny", NOW, bad),),
        outcomes=(CustomerView(bad, "x", (UserView(1, bad, bad, outcome="failed", reason=bad),), targets=1),),
        follow_up=((bad, "exposed"),),
    )
    for kind in KINDS:
        text = comment(template, kind, view)
        match FORMATS[template]:
            case "html":
                assert not re.search(r"<(?!/?(p|ul|li|strong)>)", text)
            case "wiki":
                assert not re.search(r"(?<!\\)[{\[!|]", text)
            case _:
                assert "[code]" not in text.lower()
                assert "](" not in text


def test_escapes() -> None:
    assert wiki_text("a*b_c {x} [y|z] (/) @a") == r"a\*b\_c \{x\} \[y\|z\] \(/\) \@a"
    assert plain_text("[Code]x[/CODE] [a](b)") == "[ Code]x[ /CODE] [a] (b)"


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("kind", ["accepted", "awaitingApproval", "decided", "completed", "followedUp"])
def test_a_comment_says_that_it_is_about_a_retry_or_a_takeover(template: Template, kind: str) -> None:
    text = shown(template, kind, VIEW._replace(retry_of="r-0"))
    assert "Retry of an MFA reset" in text
    assert "a retry of r-0" in text.replace("\\", "")
    assert "a takeover of r-0" in shown(template, kind, VIEW._replace(takeover_of="r-0")).replace("\\", "")
