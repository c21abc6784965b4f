import re
from copy import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.partner.warnings import KeptWarning
from domain.reconciliation.alerts import RemovalAlert
from domain.request.forecast import Forecast
from messaging import mail_text
from messaging.mail_text import (
    Mail,
    Question,
    approval_mail,
    approvals_mail,
    attestation_mail,
    follow_up_mail,
    manager_notice_mail,
    outcome_mail,
    partner_warnings_mail,
    reminder_mail,
    removal_alerts_mail,
    user_notice_mail,
)
from tests.web.markup import Markup
from tests.web.samples import (
    ADELE,
    APPROVAL,
    ATTESTATION,
    CAREFUL,
    FOLLOW_UP,
    LINK,
    NOTICE,
    NOW,
    ONE_USER,
    OUTCOME,
    UNKNOWN,
    large,
)
from web import labels
from web.views import CustomerView, DecisionView, MethodView, PlanTotals

TO = "lead@msp.example"
REFERENCE = "K7Q2M4XWAB"
# Somebody whom nothing makes register again, and whose authenticator app, if any, keeps nothing of it.
UNASKED = replace(NOTICE, user=replace(OUTCOME.customers[0].users[1], outcome="reset"))
ALERT = RemovalAlert(
    id="0a1b2c3d4e5f60718293a4b5",
    kind="unrequestedRemoval",
    customer="contoso",
    tenant_id="11111111-1111-1111-1111-111111111111",
    user_id="5d1f6a3c-27f8-4c33-9f7c-2f8f8f0f4b11",
    at=NOW,
    found_at=NOW + timedelta(minutes=5),
    activity="Admin deleted security info",
    entry_id="Authentication Methods_1",
)
MISSING = ALERT.model_copy(
    update={"kind": "missingRemoval", "activity": "", "entry_id": "", "request_id": APPROVAL.request_id, "user_id": ""}
)
ENDING = KeptWarning(
    id="w1",
    kind="relationshipEnding",
    customer="contoso",
    tenant_id="11111111-1111-1111-1111-111111111111",
    at=ALERT.at,
    relationship="Contoso <admins>",
    roles=2,
    role_names=["Helpdesk Administrator", "User Administrator"],
    found_at=ALERT.found_at,
)
LOST = ENDING.model_copy(
    update={"kind": "consentLost", "customer": "fabrikam", "relationship": "", "roles": 0, "role_names": []}
)
EVERY = {
    "approval": approval_mail(CAREFUL, to=TO, link=LINK, reference=REFERENCE),
    "reminder": reminder_mail(APPROVAL, to=TO, link=LINK, reference=REFERENCE),
    "approvals": approvals_mail(
        [Question(CAREFUL, LINK, reminder=False), Question(ONE_USER, f"{LINK}2", reminder=True)],
        to=TO,
        reference=REFERENCE,
    ),
    "outcome": outcome_mail(OUTCOME, to=TO),
    "user_notice": user_notice_mail(replace(NOTICE, user=replace(NOTICE.user, forecast="mustRegister")), to=TO),
    "unasked_notice": user_notice_mail(UNASKED, to=TO),
    "manager_notice": manager_notice_mail(NOTICE, to=TO),
    "follow_up": follow_up_mail(FOLLOW_UP, to=TO),
    "removal_alerts": removal_alerts_mail([ALERT, MISSING], {"contoso": "Contoso"}, ALERT.found_at, to=TO),
    "partner_warnings": partner_warnings_mail([ENDING, LOST], {"contoso": "Contoso"}, ALERT.found_at, to=TO),
    "attestation": attestation_mail(ATTESTATION, to=TO, link=LINK),
}


@pytest.fixture(params=EVERY.values(), ids=list(EVERY))
def mail(request: pytest.FixtureRequest) -> Mail:
    assert isinstance(request.param, Mail)
    return request.param


def test_no_template_without_a_test() -> None:
    folder = Path(mail_text.__file__).parent / "templates"
    assert {path.stem for path in folder.iterdir()} == (EVERY.keys() - {"reminder", "unasked_notice"}) | {
        "layout",
        "parts",
    }


def test_mail_suits_outlook(mail: Mail) -> None:
    markup = Markup(mail.html)
    assert mail.to == TO
    assert not {"img", "script", "link", "style", "form", "div"} & {tag for tag, _ in markup.elements}
    assert all(table["role"] == "presentation" for table in markup.all("table"))
    assert any(table.get("width") == "600" for table in markup.all("table"))
    assert markup.headings[0] == 1
    assert markup.headings.count(1) == 1


def test_text_says_what_the_html_says(mail: Mail) -> None:
    def said(text: str) -> set[str]:
        return set(re.findall(r"\w+", text.lower()))

    # What only the HTML says: the hint about the button.
    hint = said("you decide on the page if the button does not work copy this address")
    assert said(Markup(mail.html).text) <= said(mail.text) | hint
    assert not re.search(r"\n{4,}", mail.text)
    assert "&#" not in mail.text


def test_approval_mail_says_who_asks_for_whom_why_what_and_until_when() -> None:
    mail = EVERY["approval"]
    assert mail.subject == "Approve MFA reset of 3 users (INC0012345) [K7Q2M4XWAB]"
    for part in (
        "sam@msp.example asks to reset the multi-factor authentication of 3 users.",
        "It removes 5 methods, deactivates 1 and ends all sign-in sessions.",
        "It includes accounts with an administrator role.",
        "Why: Lost phones after the break-in at the Contoso office",
        "Ticket: INC0012345",
        "Decide by: Wed 25 Nov 2026, 10:43 UTC (23 hours left)",
        "Approvals: 1 of 2 given",
        "- Adele Vance <adele@contoso.com>",
        "    Remove: Microsoft Authenticator Pixel 8 (default)\n",
        "    Deactivate: Hardware token •••8841\n",
        "5 users in the request: 3 to reset, 2 not touched.",
        "2 users are not touched, whatever you decide\n- Break Glass <breakglass@contoso.com>: This account is protected",
        "Do not forward this mail",
        f"\n{LINK}\n",
    ):
        assert part in mail.text


def test_the_link_is_one_anchor_and_stands_in_the_text_too() -> None:
    for mail in (EVERY["approval"], EVERY["reminder"]):
        markup = Markup(mail.html)
        assert [anchor["href"] for anchor in markup.all("a")] == [LINK]
        assert f'href="{LINK}"' in mail.html
        assert LINK in markup.text


def test_a_long_link_is_never_cut() -> None:
    link = "https://mfa.msp.example/api/approvals?token=" + "t" * 1500
    mail = approval_mail(APPROVAL, to=TO, link=link, reference=REFERENCE)
    assert f'href="{link}"' in mail.html
    assert f"\n{link}\n" in mail.text


def test_refused_users_are_named_as_not_touched_and_not_as_losing_anything() -> None:
    for words in (EVERY["approval"].text, Markup(EVERY["approval"].html).text):
        losing, _, untouched = words.partition("2 users are not touched, whatever you decide")
        assert "breakglass" not in losing
        assert "breakglass@contoso.com" in untouched
        assert (
            f"nobody@fabrikam.com{':' if words.endswith(chr(10)) else ''} {labels.REASON['userNotFound']}" in untouched
        )


def test_only_the_first_ten_refused_users_are_named() -> None:
    crowd = tuple(replace(UNKNOWN, number=n, user_principal_name=f"gone{n:02}@contoso.com") for n in range(14))
    view = replace(
        APPROVAL,
        customers=(CustomerView("Contoso", "contoso", (ADELE, *crowd), targets=15),),
        totals=PlanTotals(1, 14, removed=3, deactivated=0, refusals={"userNotFound": 14}),
        targets=15,
    )
    mail = approval_mail(view, to=TO, link=LINK, reference=REFERENCE)
    for words in (mail.text, mail.html):
        assert "gone09@contoso.com" in words
        assert "gone10@contoso.com" not in words
        assert "and 4 more. The page shows everybody." in words


def test_only_the_first_twenty_users_are_listed() -> None:
    mail = approval_mail(large(1), to=TO, link=LINK, reference=REFERENCE)
    assert mail.text.count("- User Number") == mail.html.count("<strong>User Number") == 20
    assert "and 9,980 more." in mail.text
    assert "and 9,980 more." in mail.html
    assert "more." not in approval_mail(ONE_USER, to=TO, link=LINK, reference=REFERENCE).text


def test_reminder_says_that_it_is_one() -> None:
    mail = EVERY["reminder"]
    assert mail.subject == "Reminder: approve MFA reset of 3 users (INC0012345) [K7Q2M4XWAB]"
    assert mail.text.startswith("Reminder: your decision is needed\n")


def test_one_user_is_named_in_the_subject() -> None:
    assert (
        approval_mail(ONE_USER, to=TO, link=LINK, reference=REFERENCE).subject
        == "Approve MFA reset of Adele Vance (INC0012345) [K7Q2M4XWAB]"
    )


def test_a_user_without_a_display_name_is_named_by_the_principal_name() -> None:
    nameless = replace(ADELE, display_name="")
    view = replace(ONE_USER, customers=(CustomerView("Contoso", "contoso", (nameless,), 1),))
    mail = approval_mail(view, to=TO, link=LINK, reference=REFERENCE)
    assert mail.subject == "Approve MFA reset of adele@contoso.com (INC0012345) [K7Q2M4XWAB]"
    assert "authentication of adele@contoso.com." in mail.text


def test_outcome_mail_says_what_happened_to_every_user_and_method() -> None:
    mail = EVERY["outcome"]
    assert mail.subject == "MFA reset partly completed (INC0012345)"
    for part in (
        "- Grady Archie <grady@contoso.com>: Partly reset\n",
        f"    {labels.REASON['forbidden']}\n",
        f"    Hardware token •••8841: {labels.METHOD_OUTCOME['forbidden']}\n",
        "    Phone number mobile •••34: was already gone\n",
        "    Sign-in sessions: ended\n",
        "    Sign-in sessions: not ended\n",
        "- nobody@fabrikam.com: Not found\n",
        "Failed: 1 user\n",
        "lead@msp.example approved, without 1 user",
    ):
        assert part in mail.text


def test_outcome_mail_links_to_the_request_and_names_what_was_kept_and_who_was_excluded() -> None:
    link = "https://reset.msp.example/console/requests/r-1"
    decision = replace(OUTCOME.decisions[0], left_out=2, left_out_names=("grady@contoso.com",))
    mail = outcome_mail(replace(OUTCOME, link=link, retry_of="r-0", decisions=(decision,)), to=TO)
    assert [anchor["href"] for anchor in Markup(mail.html).all("a")] == [link]
    for part in (
        f"\nShow request: {link}\n",
        "\nRetry of: r-0\n",
        "approved, without 2 users (grady@contoso.com, …), ",
        "    Kept: Passkey or security key YubiKey 5C, Windows Hello LAPTOP-7 (not part of this reset)\n",
    ):
        assert part in mail.text
    assert mail.subject.startswith("Retry of MFA reset partly completed")
    assert "Kept:" not in outcome_mail(replace(OUTCOME, undo=True), to=TO).text
    assert "Show request" not in EVERY["outcome"].text  # no one can sign in there


def test_a_comment_keeps_its_lines_in_the_outcome_mail() -> None:
    decision = DecisionView("lead@msp.example", "deny", NOW, "Not her.\n\nCall <b>me</b>.")
    mail = outcome_mail(replace(OUTCOME, decisions=(decision,)), to=TO)
    assert "“Not her.<br><br>Call &lt;b&gt;me&lt;/b&gt;.”" in mail.html
    assert '\n    "Not her.\n\n    Call <b>me</b>."\n' in mail.text


def test_mails_to_the_requester_use_the_words_of_the_pages() -> None:
    outcome, later = outcome_mail(OUTCOME, to=TO), follow_up_mail(FOLLOW_UP, to=TO)
    for text in (outcome.text, outcome.html, later.text, later.html):
        assert ", requested by " in text
        assert "asked by" not in text
    assert "Results by user" in outcome.text
    assert "Results by user" in outcome.html


def test_outcome_mail_begins_with_sessions_that_are_still_open() -> None:
    mail = outcome_mail(replace(OUTCOME, open_sessions=("adele@contoso.com",)), to=TO)
    for part in (mail.text, mail.html):
        said = " ".join(re.sub("<[^>]*>", "", part).split())
        alert = "IMPORTANT: sign-in sessions of 1 user are still open, though methods were removed: adele@contoso.com."
        assert alert in said
        assert said.index(alert) < said.index("Ticket")
        assert "IMPORTANT" not in outcome_mail(OUTCOME, to=TO).text


def test_outcome_mail_lists_trouble_first_and_counts_the_rest() -> None:
    fine = tuple(replace(ADELE, number=n, display_name=f"Fine {n}", outcome="reset") for n in range(150))
    bad = replace(ADELE, number=150, display_name="Stuck", outcome="failed")
    view = replace(OUTCOME, customers=(CustomerView("Contoso", "contoso", (*fine, bad), 151),), targets=151)
    text = outcome_mail(view, to=TO).text
    assert text.index("- Stuck") < text.index("- Fine 0")
    assert text.count("- Fine") == 99
    assert "and 51 more." in text


def test_user_notice_says_what_happened_what_next_and_whom_to_call_without_a_link() -> None:
    mail = EVERY["user_notice"]
    for part in ("Hello Adele Vance", "Tue 24 Nov 2026, 11:08 UTC", "Phone number mobile •••34: was already gone"):
        assert part in mail.text
    assert "You were signed out everywhere." in mail.text
    assert "Call the MSP service desk, +1 555 0100 now" in mail.text
    assert "You will be asked to register again: follow the steps." in mail.text
    assert "In your authenticator app, remove the old entry" in mail.text
    for notice in (mail, EVERY["unasked_notice"]):
        assert not Markup(notice.html).all("a")
        assert "http" not in notice.text


def test_users_who_are_never_prompted_learn_where_to_register() -> None:
    text = EVERY["unasked_notice"].text
    assert "Nothing will ask you to register again, so do it yourself: type mysignins.microsoft.com" in text
    assert "You will be asked" not in text
    assert "authenticator app" not in text
    text = manager_notice_mail(UNASKED, to=TO).text
    assert "Nothing makes it register again" in text
    assert "when a sign-in asks" not in text


@pytest.mark.parametrize("word", [*Forecast, ""])
def test_only_who_must_register_again_reads_so(word: str) -> None:
    notice = replace(NOTICE, user=replace(NOTICE.user, forecast=word))
    for mail in (user_notice_mail(notice, to=TO), manager_notice_mail(notice, to=TO)):
        says = "will be asked to register again" in mail.text or "has to register again" in mail.text
        assert says is (word == "mustRegister")


def test_approval_and_outcome_mails_say_what_it_means_for_each_user() -> None:
    assert labels.FORECAST["passwordOnly"] in EVERY["approval"].text
    assert "The password alone may be enough for 1 user afterwards." in EVERY["approval"].text
    users = [replace(ADELE, outcome=end, forecast="cannotRegister") for end in ("reset", "failed")]
    customer = OUTCOME.customers[0]._replace(users=tuple(users))
    text = outcome_mail(replace(OUTCOME, customers=(customer,)), to=TO).text
    assert text.count(labels.FORECAST["cannotRegister"]) == 1


def test_an_approval_mail_says_only_of_removals_that_they_are_final() -> None:
    assert "brought back; deactivated tokens can, for 7 days. Nothing is removed before" in EVERY["approval"].text
    token = replace(ONE_USER, totals=PlanTotals(1, 0, removed=0, deactivated=1))
    assert "cannot be" not in approval_mail(token, to=TO, link=LINK, reference=REFERENCE).text


HOSTILE = 'Eve</strong><a href="https://evil.example">x</a>\r\nBcc: all@contoso.com\u202e\x00' + "y" * 70_000


def test_hostile_names_stay_text_and_short() -> None:
    user = replace(ADELE, display_name=HOSTILE, user_principal_name=HOSTILE, methods=(MethodView("phone", HOSTILE),))
    names: dict[str, Any] = dict.fromkeys(("asked_by", "ticket", "reason"), HOSTILE)
    customers = (CustomerView(HOSTILE, "contoso", (user,), 1),)
    asking = approval_mail(replace(ONE_USER, **names, customers=customers), to=TO, link=LINK, reference=REFERENCE)
    assert asking.subject.endswith(f" [{REFERENCE}]")  # by it a report that the mail did not arrive is known
    for mail in (
        asking,
        outcome_mail(replace(OUTCOME, **names, status=HOSTILE, customers=customers), to=TO),
        user_notice_mail(replace(NOTICE, user=user, contact=HOSTILE, customer=HOSTILE), to=TO),
    ):
        assert [a["href"] for a in Markup(mail.html).all("a")] in ([LINK], [])
        assert mail.subject == " ".join(mail.subject.split())
        assert len(mail.subject) <= mail_text.SUBJECT
        assert not re.search("[\u202e\x00\r]", mail.html + mail.text + mail.subject)
        assert "\nBcc" not in mail.text
        assert len(mail.html) < 30_000


def test_partner_warnings_say_what_ends_when_and_how_many_more_there_are() -> None:
    mail = EVERY["partner_warnings"]
    assert mail.subject == "The relationships with 2 customers need a look"
    assert "The relationship ends: “Contoso <admins>”" in mail.text
    assert "2 roles that no other relationship has: Helpdesk Administrator, User Administrator" in mail.text
    assert "The consent is lost, last seen" in mail.text
    assert "Contoso &lt;admins&gt;" in mail.html
    last = partner_warnings_mail([ENDING.model_copy(update={"is_last": True})], {}, ALERT.found_at, to=TO)
    assert last.subject == "The relationships with 1 customer need a look"
    assert "no other relationship" not in last.text
    many = partner_warnings_mail([ENDING] * 130, {}, ALERT.found_at, to=TO)
    assert many.text.count("The relationship ends") == 100
    assert "and 30 more." in many.text
