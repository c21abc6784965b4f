"""Texts follow the current language, and templates clean and escape what they put into them."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import languages
from languages import accepted, gettext, in_language, ngettext, number, pgettext, texts, when
from languages import catalogue as catalogues
from languages import selection as choices
from web.evidence_summary import evidence_summary
from web.templating import environment

GERMAN = r"""
msgid ""
msgstr ""
"Language: de\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"Content-Type: text/plain; charset=utf-8\n"

msgid "Being prepared"
msgstr "In Vorbereitung"

msgid "%(num)s user"
msgid_plural "%(num)s users"
msgstr[0] "%(num)s Benutzer"
msgstr[1] "%(num)s Benutzern"

msgctxt "noun"
msgid "Reset"
msgstr "Zurücksetzung"

msgid "Reset MFA of <b>%(name)s</b>?"
msgstr "MFA von <b>%(name)s</b> zurücksetzen?"

msgid "%(num)s user of %(customer)s"
msgid_plural "%(num)s users of %(customer)s"
msgstr[0] "%(num)s Benutzer von %(customer)s"
msgstr[1] "%(num)s Benutzer von %(customer)s"
"""


@pytest.fixture(autouse=True)
def _german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "de.po").write_text(GERMAN, encoding="utf-8")
    for module in (choices, catalogues):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    _forget()
    yield
    _forget()


def _forget() -> None:
    choices.tags.cache_clear()
    choices.languages.cache_clear()
    catalogues.translations.cache_clear()


def test_one_file_is_all_of_a_language(tmp_path: Path) -> None:
    (tmp_path / "fr.po").write_text(GERMAN.replace("de", "fr").replace("In Vorbereitung", "En préparation"), "utf-8")
    _forget()
    assert dict(languages.languages()) == {"de": "Deutsch", "en": "English", "fr": "français"}
    with in_language("fr"):
        assert gettext("Being prepared") == "En préparation"


def test_texts_are_english_without_a_language_and_where_a_catalogue_lacks_them() -> None:
    assert gettext("Being prepared") == "Being prepared"
    with in_language("de"):
        assert gettext("Being prepared") == "In Vorbereitung"
        assert gettext("Nobody has translated this") == "Nobody has translated this"
    assert gettext("Being prepared") == "Being prepared"
    with in_language("xx"):
        assert languages.current() == "en"


def test_plurals_contexts_and_numbers() -> None:
    assert ngettext("%(num)s user", "%(num)s users", 10_000) == "10,000 users"
    assert pgettext("noun", "Reset") == "Reset"
    with in_language("de"):
        assert ngettext("%(num)s user", "%(num)s users", 1) == "1 Benutzer"
        assert ngettext("%(num)s user", "%(num)s users", 10_000) == "10.000 Benutzern"
        assert pgettext("noun", "Reset") == "Zurücksetzung"
        assert gettext("Reset") == "Reset"
        assert number(1_234_567) == "1.234.567"


def test_instants_are_written_as_the_language_does() -> None:
    at = datetime(2026, 3, 24, 10, 43, tzinfo=UTC)
    assert when(at) == "Tue 24 Mar 2026, 10:43 UTC"
    with in_language("de"):
        assert when(at) == "Di., 24. März 2026, 10:43 UTC"


def test_a_table_is_translated_when_it_is_read_and_not_when_it_is_made() -> None:
    with in_language("de"):
        first = texts({"planning": "Being prepared", "other": "Other"})
        both = texts(first, {"other": "Another"})
        pairs = texts({"a": ("Being prepared", "Other")})
        assert first["planning"] == both.get("planning") == "In Vorbereitung"
        assert pairs["a"] == ("In Vorbereitung", "Other")
        assert dict(both) == {"planning": "In Vorbereitung", "other": "Another"}
    assert dict(both) == {"planning": "Being prepared", "other": "Another"}
    assert len(both) == 2


async def test_tasks_at_the_same_time_have_their_own_language() -> None:
    async def read(code: str) -> str:
        with in_language(code):
            await asyncio.sleep(0)
            return gettext("Being prepared")

    assert [*await asyncio.gather(read("de"), read("en"), read("de"))] == [
        "In Vorbereitung",
        "Being prepared",
        "In Vorbereitung",
    ]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, en;q=0.1", "en"),
        ("en;q=0.5, de;q=0.7", "de"),
        ("de;q=0", "en"),
        ("de;q=x, *", "en"),
        ("DE_ch", "de"),
        ("de;level=1", "de"),
    ],
)
def test_the_language_that_a_browser_likes_best(header: str, code: str) -> None:
    assert accepted(header) == code


def _shown(source: str, name: str = "page.html", **view: object) -> str:
    jinja = environment(Path(__file__).parent)
    (Path(choices.FOLDER) / name).write_text(source, "utf-8")
    jinja.loader.searchpath = [str(choices.FOLDER)]  # type: ignore[union-attr]
    return jinja.get_template(name).render(view)


def test_a_template_cleans_and_escapes_what_it_puts_into_a_text() -> None:
    source = "{% trans name=user %}Reset MFA of <b>{{ name }}</b>?{% endtrans %}"
    user = "<i>\u202eeve</i>"
    assert _shown(source, user=user) == "Reset MFA of <b>&lt;i&gt;eve&lt;/i&gt;</b>?"
    with in_language("de"):
        assert _shown(source, user=user) == "MFA von <b>&lt;i&gt;eve&lt;/i&gt;</b> zurücksetzen?"
        assert _shown("{{ _('Reset MFA of <b>%(name)s</b>?', name=user) }}", "mail.txt", user="<eve>") == (
            "MFA von <b><eve></b> zurücksetzen?"
        )


def test_a_template_counts() -> None:
    source = (
        "{% trans num=n, customer=customer %}{{ num }} user of {{ customer }}"
        "{% pluralize %}{{ num }} users of {{ customer }}{% endtrans %}"
    )
    assert _shown(source, n=1, customer="A&B") == "1 user of A&amp;B"
    with in_language("de"):
        assert _shown(source, n=20_000, customer="A&B") == "20.000 Benutzer von A&amp;B"
        assert _shown("{{ pgettext('noun', 'Reset') }} {{ 5000|number }}") == "Zurücksetzung 5.000"


def test_the_evidence_summary_is_english_for_every_reader() -> None:
    day = datetime(2026, 3, 24, tzinfo=UTC)

    def page() -> str:
        return evidence_summary(
            customer="Contoso", tenant_id="x", start=day, end=day, made_at=day, requests=[], deleted=10_000
        )

    english = page()
    assert '<html lang="en">' in english
    with in_language("de"):
        assert page() == english
