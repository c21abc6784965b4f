"""Mails, comments and the Teams card in the reader's language; German is complete, and names stay text in it."""

import json
import re
from copy import replace

import pytest

from languages import in_language
from messaging.comment_text import FORMATS, comment
from messaging.mail_text import (
    Mail,
    approval_mail,
    attestation_mail,
    follow_up_mail,
    manager_notice_mail,
    outcome_mail,
    reminder_mail,
    user_notice_mail,
)
from messaging.teams import approval_message
from scripts import catalogue
from tests.messaging.test_comment_text import TEMPLATES, VIEW
from tests.messaging.test_teams import VIEW as CHANNEL
from tests.teams_workflow import texts_of
from tests.web.markup import Markup
from tests.web.samples import APPROVAL, ATTESTATION, FOLLOW_UP, LINK, NOTICE, ONE_USER, OUTCOME

TO, REFERENCE = "lead@msp.example", "K7Q2M4XWAB"


def texts_of_messages() -> list[tuple[str, str]]:
    """Every text of mails and comments, with its German."""
    (german,) = [path for path in catalogue.paths() if path.stem == "de"]
    found = catalogue.read(german)
    return [
        (name, str(translated.string[0] if isinstance(translated.string, (list, tuple)) else translated.string))
        for message in catalogue.template()
        if message.id and any(place.startswith("messaging/") for place, _ in message.locations)
        for name in [message.id if isinstance(message.id, str) else message.id[0]]
        for translated in [found.get(message.id, message.context)]
        if translated is not None
    ]


def test_every_text_of_mails_and_comments_is_there_in_german() -> None:
    texts = texts_of_messages()
    assert len(texts) > 150
    assert [name for name, german in texts if not german] == []


def german_mails() -> dict[str, Mail]:
    with in_language("de"):
        return {
            "approval": approval_mail(APPROVAL, to=TO, link=LINK, reference=REFERENCE),
            "reminder": reminder_mail(ONE_USER, to=TO, link=LINK, reference=REFERENCE),
            "outcome": outcome_mail(replace(OUTCOME, retry_of="r-0", link="https://x.example/r"), to=TO),
            "user": user_notice_mail(NOTICE, to=TO),
            "manager": manager_notice_mail(NOTICE, to=TO),
            "attestation": attestation_mail(ATTESTATION, to=TO, link=LINK),
            "follow_up": follow_up_mail(FOLLOW_UP, to=TO),
        }


def test_mails_are_german_for_german_readers() -> None:
    mails = german_mails()
    assert mails["approval"].subject == "MFA-Zurücksetzung von 3 Benutzern genehmigen (INC0012345) [K7Q2M4XWAB]"
    assert mails["reminder"].subject.startswith("Erinnerung: MFA-Zurücksetzung von Adele Vance genehmigen")
    for name, parts in {
        "approval": [
            "sam@msp.example möchte die Multi-Faktor-Authentifizierung von 3 Benutzern zurücksetzen.",
            "Dabei werden 5 Methoden entfernt, 1 deaktiviert und alle Anmeldesitzungen beendet.",
            "Vor der Genehmigung wird nichts entfernt.",
            "Leiten Sie diese E-Mail nicht weiter",
        ],
        "outcome": ["Wiederholung von: r-0", "Anforderung anzeigen: https://x.example/r", "Beibehalten: "],
        "user": ["Guten Tag Adele Vance,", "Sie wurden überall abgemeldet.", "Ihr Kennwort wurde nicht geändert."],
        "manager": ["nennt.", "Fragen Sie Adele Vance persönlich oder telefonisch"],
        "attestation": ["hat gebeten, die Multi-Faktor-Authentifizierung", "Ansehen und antworten: "],
        "follow_up": ["Wer sich erneut registriert hat\n", "wurden am ", "erneut geprüft."],
    }.items():
        for part in parts:
            assert part in mails[name].text, (name, part, mails[name].text)
        assert '<html lang="de">' in mails[name].html


def test_no_sentence_of_a_german_mail_is_english() -> None:
    sentences = [re.escape(re.sub(r"</?strong>", "", name)) for name, _ in texts_of_messages() if name.count(" ") > 2]
    english = re.compile("|".join(re.sub(r"%\\?\((\w+)\\?\)s", ".{1,60}?", text) for text in sentences))
    for name, mail in german_mails().items():
        for text in (mail.subject, mail.text, Markup(mail.html).text):
            found = english.search(text)
            assert found is None, (name, found and found.group())


def test_a_language_that_is_not_chosen_or_not_there_is_english() -> None:
    plain = approval_mail(APPROVAL, to=TO, link=LINK, reference=REFERENCE)
    for code in ("en", "xx"):
        with in_language(code):
            assert approval_mail(APPROVAL, to=TO, link=LINK, reference=REFERENCE) == plain


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_comment_is_german_and_its_values_stay_text(template: str) -> None:
    hostile = replace(VIEW, asked_by="<b>[x](y)*{z}", customers=("[code]x[/code]",), users=1)
    with in_language("de"):
        text = comment(template, "accepted", hostile)  # type: ignore[arg-type]
    assert "1 Benutzer von " in text
    assert "Der Plan wird erstellt; es wurde nichts entfernt." in text
    form = FORMATS[template]  # type: ignore[index]
    if form == "html":
        assert "&lt;b&gt;" in text
        assert "<b>" not in text
    elif form == "wiki":
        assert r"\[x\]\(y\)\*\{z\}" in text
    else:
        assert "[code]" not in text
        assert "](" not in text


def test_the_card_is_german_and_says_so() -> None:
    with in_language("de"):
        made = approval_message(CHANNEL._replace(step_up=True))["attachments"][0]["content"]
    assert made["lang"] == "de"
    assert texts_of(made)[:4] == [
        "Genehmigung nötig: MFA-Zurücksetzung",
        "Sehen Sie genauer hin. Diese Anforderung braucht mehr Genehmigungen als üblich.",
        "Benutzer: 3",
        "Kunden: 2",
    ]
    assert made["actions"][0]["title"] == "Anforderung prüfen"
    assert "Review" not in json.dumps(made)
