import base64
import hashlib
import re
from collections import Counter
from copy import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from tests.web.markup import Markup
from tests.web.samples import ADDRESS, ADELE, APPROVAL, ATTESTATION, CAREFUL, MADE, NOW, ONE_USER, PASS, STATE, large
from web import labels, pages
from web.evidence_summary import RequestSummary, evidence_summary
from web.pages import page_headers, render
from web.views import CustomerView, MethodView, PlanTotals, ProblemView

ERROR = replace(CAREFUL, error="commentNeeded", comment="line one\nline two", left_out=frozenset({1, 77}))
EVERY = {
    "several users": ("approval.html", APPROVAL),
    "one user": ("approval.html", ONE_USER),
    "step-up": ("approval.html", CAREFUL),
    "after a mistake": ("approval.html", ERROR),
    "many users": ("approval.html", large(2)),
    "resetting": ("approval_state.html", STATE),
    "waiting": ("approval_state.html", replace(STATE, status="awaitingApproval", notice="", decisions=())),
    "problem": ("problem.html", ProblemView("notYours", "ab12")),
    "manager": ("attestation.html", ATTESTATION),
    "manager after a mistake": ("attestation.html", replace(ATTESTATION, error="answerNeeded")),
    "evidence of a period": ("evidence_summary.html", None),
    "manager before the reset": (
        "attestation.html",
        replace(ATTESTATION, state="verified", access_pass=PASS, standing="notYet"),
    ),
    "manager who may open a pass": (
        "attestation.html",
        replace(ATTESTATION, state="verified", access_pass=PASS, standing="ready"),
    ),
    "manager who is shown a pass": (
        "attestation.html",
        replace(ATTESTATION, state="verified", access_pass=PASS, standing="shown", made=MADE),
    ),
    "manager too late": ("attestation.html", replace(ATTESTATION, state="missing")),
}


@pytest.fixture(params=EVERY.values(), ids=list(EVERY))
def page(request: pytest.FixtureRequest) -> str:
    template, view = request.param
    return render(template, view=view) if view is not None else summary()


def summary() -> str:
    """The evidence of a period with one request."""
    line = RequestSummary(
        id="r1",
        created_at=NOW,
        ended_at=NOW,
        status="completed",
        kind="reset",
        ticket="INC0012345",
        asked_by="tech@msp.example",
        approved_by=("owner@contoso.com",),
        users=1,
        outcomes=Counter({"reset": 1}),
        removed=Counter({"phone": 1}),
        followed_up=Counter(),
        dry_run=False,
    )
    return evidence_summary(
        customer="Contoso", tenant_id="t1", start=NOW, end=NOW, made_at=NOW, requests=[line], deleted=1
    )


def test_no_template_without_a_test() -> None:
    folder = Path(pages.__file__).parent / "templates"
    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        template for template, _ in EVERY.values()
    } | {"base.html", "pass_offered.html"}


def test_page_is_well_formed_and_its_references_exist(page: str) -> None:
    markup = Markup(page)
    assert page.startswith("<!doctype html>\n")
    assert len(markup.ids) == len(set(markup.ids))
    assert markup.references <= set(markup.ids)


def test_page_has_language_title_landmarks_and_headings_in_order(page: str) -> None:
    markup = Markup(page)
    assert markup.all("html")[0]["lang"] == "en"
    assert len(markup.all("main")) == len(markup.all("header")) == len(markup.all("footer")) == 1
    assert markup.elements[[tag for tag, _ in markup.elements].index("body") + 1] == (
        "a",
        {"class": "skip", "href": "#main"},
    )
    assert markup.headings.count(1) == 1
    assert markup.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(markup.headings, markup.headings[1:], strict=False))


def test_page_asks_for_nothing_else_and_runs_only_what_the_policy_allows(page: str) -> None:
    markup = Markup(page)
    scripts = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    assert len(scripts) == len(markup.all("script")) == ("data-review" in page)
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy = page_headers(scripted=True)["Content-Security-Policy"]
        assert f"; script-src 'sha256-{digest}'; connect-src 'self'; style-src " in policy
        assert "script-src" not in page_headers()["Content-Security-Policy"]
    assert not markup.all("link")
    assert not markup.all("img")
    assert not re.search(r"\s(?:src|style|on[a-z]+)=", page)
    assert "url(" not in page
    assert "@import" not in page


def test_style_is_the_one_that_the_policy_allows(page: str) -> None:
    found = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in page_headers()["Content-Security-Policy"]


def test_headers() -> None:
    headers = page_headers()
    policy = headers.pop("Content-Security-Policy").split("; ")
    assert policy[0] == "default-src 'none'"
    assert policy[2:] == ["form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


def test_headers_are_the_callers_own() -> None:
    page_headers()["Cache-Control"] = "public"
    assert page_headers()["Cache-Control"] == "no-store"


def test_only_the_page_with_the_form_relaxes_the_referrer(page: str) -> None:
    markup = Markup(page)
    relaxed = [meta for meta in markup.all("meta") if meta.get("name") == "referrer"]
    assert relaxed == ([{"name": "referrer", "content": "same-origin"}] if markup.all("form") else [])


def test_a_view_that_lacks_something_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("problem.html")


HOSTILE = "\"><script>alert(1)</script>\u202e\x00' onfocus=x"


def test_what_comes_from_outside_is_escaped_and_cleaned() -> None:
    user = replace(
        ADELE, display_name=HOSTILE, user_principal_name=HOSTILE, methods=(MethodView("phone", HOSTILE), *ADELE.methods)
    )
    texts: dict[str, Any] = dict.fromkeys(("asked_by", "ticket", "reason", "request_id"), HOSTILE)
    view = replace(
        ERROR,
        **texts,
        source=HOSTILE,
        approver=HOSTILE,
        comment=HOSTILE,
        customers=(CustomerView(HOSTILE, HOSTILE, (user, replace(user, number=9, refused=HOSTILE)), 2),),
        hidden=((HOSTILE, HOSTILE),),
        error=HOSTILE,
    )
    state = replace(STATE, **texts, status=HOSTILE, notice=HOSTILE)
    for html in (
        render("approval.html", view=view),
        render("approval_state.html", view=state),
        render("problem.html", view=ProblemView(HOSTILE, HOSTILE)),
    ):
        markup = Markup(html)
        assert "alert(1)" in markup.text or markup.headings == [1]
        assert len(markup.all("script")) == ("data-review" in html)  # our own
        assert not [a for _, a in markup.elements if "onfocus" in a]
        shown = re.sub(r'<input type="hidden"[^>]*>', "", html)
        assert "\u202e" not in shown
        assert "\x00" not in shown


def test_hidden_fields_have_this_order_of_attributes_and_exact_values() -> None:
    view = replace(APPROVAL, hidden=(("nonce", "a" * 3000), ("digest", 'x  y&"z')))
    html = render("approval.html", view=view)
    assert re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', html) == [
        ("nonce", "a" * 3000),
        ("digest", "x  y&amp;&#34;z"),
    ]
    assert html.count('type="hidden"') == 2


def test_summary_says_who_asks_why_for_whom_and_until_when() -> None:
    text = Markup(render("approval.html", view=CAREFUL)).text
    for part in (
        "Reset multi-factor authentication of 3 users?",
        "Removes 5 methods , deactivates 1 and ends all sign-in sessions.",
        "Take a closer look. It includes accounts with an administrator role.",
        "5 users in the request: 3 to reset, 2 not touched.",
        "2 users are not touched, whatever you decide: 1 user: This account is protected",
        "1 user was not found.",
        "Requested by sam@msp.example through helpdesk",
        "Ticket INC0012345",
        "Why Lost phones after the break-in at the Contoso office",
        "Decide by 23 hours left Wed 25 Nov 2026, 10:43 UTC",
        "1 of 2 given; yours is the last one needed",
        "owner@contoso.com approved, Tue 24 Nov 2026, 10:52 UTC , without 1 user",
    ):
        assert part in text


def test_what_follows_is_said_only_where_it_does() -> None:
    some = Markup(render("approval.html", view=APPROVAL)).text
    assert "2 of them have to register again as soon as a sign-in asks for MFA." in some
    assert "Removed methods cannot be brought back; deactivated tokens can, for 7 days." in some
    one = Markup(render("approval.html", view=ONE_USER)).text
    assert "This person has to register again as soon as a sign-in asks for MFA." in one
    assert "Removed methods cannot be brought back. Requested by" in one
    token = replace(ONE_USER, totals=PlanTotals(1, 0, removed=0, deactivated=1), undo_within=timedelta(hours=36))
    text = Markup(render("approval.html", view=token)).text
    assert "Deactivated tokens can be activated again for 36 hours." in text
    assert "register again" not in text
    assert "cannot be" not in text


def test_users_show_what_is_removed_kept_warned_of_and_refused() -> None:
    text = Markup(render("approval.html", view=APPROVAL)).text
    for part in (
        "Adele Vance adele@contoso.com",
        "Remove Phone number mobile •••34",
        "Remove Microsoft Authenticator Pixel 8 default",
        "Keep Passkey or security key YubiKey 5C , Windows Hello LAPTOP-7 (not part of this reset)",
        "Deactivate Hardware token •••8841",
        "the password alone may be enough to sign in",
        "Break Glass breakglass@contoso.com Not touched This account is protected",
        "Lynne Robbins Administrator",
        "nobody@fabrikam.com Not touched There is no such user in this customer.",
    ):
        assert part in text


def test_one_user_is_named_and_cannot_be_left_out() -> None:
    markup = Markup(render("approval.html", view=ONE_USER))
    assert "Reset multi-factor authentication of Adele Vance ?" in markup.text
    assert not [box for box in markup.all("input") if box["type"] == "checkbox"]


def test_privileged_users_are_pointed_out_even_where_no_more_approvals_are_needed() -> None:
    assert labels.STEP_UP["privilegedUser"] in Markup(render("approval.html", view=APPROVAL)).text


def test_accepted_users_can_be_left_out_refused_ones_are_out() -> None:
    markup = Markup(render("approval.html", view=APPROVAL))
    boxes = [box for box in markup.all("input") if box["type"] == "checkbox"]
    assert [(box["name"], box["value"]) for box in boxes] == [("without", "0"), ("without", "1"), ("without", "3")]
    assert {box["id"] for box in boxes} <= {label["for"] for label in markup.all("label")}


def test_the_first_button_decides_nothing_and_only_approval_goes_without_a_comment() -> None:
    # Enter in a checkbox presses the first button of a form: it must not approve.
    for view in (APPROVAL, CAREFUL, large(2)):
        markup = Markup(render("approval.html", view=view))
        buttons = markup.all("button")
        assert [b.get("value") for b in buttons[:3]] == [None, "deny", "approve"]
        assert "decision" not in buttons[0].values()
        assert ["formnovalidate" in button for button in buttons[:3]] == [True, False, True]
        assert "required" in markup.all("textarea")[0]


def test_step_up_asks_once_more_before_approval() -> None:
    assert not Markup(render("approval.html", view=APPROVAL)).all("details")
    page = render("approval.html", view=CAREFUL)
    inside = page[page.index("<details") : page.index("</details>")]
    assert 'value="approve"' in inside
    assert "6 methods of 3 users, without those you exclude" in inside


def test_after_a_mistake_the_form_is_as_it_was_and_names_the_mistake() -> None:
    html = render("approval.html", view=ERROR)
    markup = Markup(html)
    assert "<title>Error: " in html
    assert ">line one\nline two</textarea>" in html
    assert markup.all("textarea")[0]["aria-describedby"] == "comment-hint error"
    assert markup.all("textarea")[0]["aria-invalid"] == "true"
    assert "Error: Say why you deny." in markup.text
    assert [box["value"] for box in markup.all("input") if "checked" in box] == ["1"]


def test_who_was_left_out_on_another_page_stays_left_out() -> None:
    html = render("approval.html", view=ERROR)
    assert '<input type="hidden" name="without" value="77">' in html
    assert "You exclude 1 user of other pages." in Markup(html).text


def test_large_requests_come_in_pages_that_keep_what_was_ticked() -> None:
    markup = Markup(render("approval.html", view=large(2)))
    assert "Page 2 of 50." in markup.text
    assert "Removes 10,000 methods" in markup.text
    # Buttons of the form, because a link would lose the boxes ticked here.
    assert [b["formaction"] for b in markup.all("button") if "formaction" in b] == [
        f"{ADDRESS}&page=2",  # to count again without those who are left out
        f"{ADDRESS}&page=1",
        f"{ADDRESS}&page=3",
    ]
    first = Markup(render("approval.html", view=large(1)))
    assert [b["formaction"] for b in first.all("button") if "formaction" in b] == [
        f"{ADDRESS}&page=1",
        f"{ADDRESS}&page=2",
    ]


@pytest.mark.parametrize("status", labels.STATUS)
def test_state_says_in_plain_words_how_it_stands(status: str) -> None:
    markup = Markup(render("approval_state.html", view=replace(STATE, status=status)))
    assert labels.STATUS[status] in markup.text
    assert labels.STATUS_TEXT[status] in markup.text
    assert not markup.all("form")
    assert len(markup.all("progress")) == (status == "resetting")


def test_state_lists_decisions_and_totals() -> None:
    text = Markup(render("approval_state.html", view=STATE)).text
    assert labels.NOTICE["approved"] in text
    assert "lead@msp.example approved, without 1 user Tue 24 Nov 2026, 11:03 UTC Called Sam back, fine." in text
    assert "1 of 3 users done" in text
    assert "Not started yet 2 Reset 1 Refused, not touched 2" in text


@pytest.mark.parametrize("code", labels.PROBLEM)
def test_problem_says_what_happened_and_what_to_do(code: str) -> None:
    title, text = labels.PROBLEM[code]
    shown = Markup(render("problem.html", view=ProblemView(code, "ab12"))).text
    assert title in shown
    assert text in shown
    assert "Reference for your service desk: ab12" in shown


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), "From 1 Nov 2026 to 30 Nov 2026 (inclusive, UTC)"),
        (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC), "From 1 Nov 2026 to 1 Nov 2026 (inclusive, UTC)"),
        (datetime(2026, 11, 1, tzinfo=UTC), NOW, "From Sun 1 Nov 2026, 00:00 UTC up to, but not including, Tue 24 Nov 2026, 10:43 UTC"),
    ],
)  # fmt: skip
def test_a_period_is_said_with_its_last_day(start: datetime, end: datetime, words: str) -> None:
    page = evidence_summary(
        customer="Contoso", tenant_id="t1", start=start, end=end, made_at=NOW, requests=[], deleted=0
    )
    assert f"Period {words} Created" in Markup(page).text
