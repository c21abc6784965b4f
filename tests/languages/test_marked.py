"""Every text that people read is marked for translation."""

import pytest

from scripts.unmarked_texts import in_module, in_template
from tests.system import ROOT

# English for every reader: a record (docs/languages.md).
RECORDS = {"web/templates/evidence_summary.html"}
# No texts for people: headers of HTTP, pictures, and what is counted by its name in the source.
CODES = {"web/console.py", "web/icons.py", "web/name_elements.py", "web/pages.py", "web/times.py", "web/templating.py"}

TEMPLATES = [
    path.relative_to(ROOT).as_posix()
    for folder in ("web/templates", "messaging/templates", "messaging/comments")
    for path in sorted((ROOT / folder).rglob("*.*"))
]
MODULES = [
    path.relative_to(ROOT).as_posix()
    for folder in ("web", "messaging")
    for path in sorted((ROOT / folder).glob("*.py"))
]


@pytest.mark.parametrize("name", TEMPLATES)
def test_texts_of_a_template_are_marked(name: str) -> None:
    found = in_template((ROOT / name).read_text("utf-8"))
    assert bool(found) == (name in RECORDS), found


@pytest.mark.parametrize("name", [name for name in MODULES if name not in CODES])
def test_texts_of_a_module_are_marked(name: str) -> None:
    assert in_module((ROOT / name).read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Nothing is marked.</p>", ["Nothing is marked"]),
        ("<p>{% trans %}All of it{% endtrans %}</p>", []),
        ("<p>{{ _('All of it') }} {{ a.name }} · {{ b|time(classes='quiet small') }}</p>", []),
        ("<p>Reset <b>{{ name }}</b> now</p>", ["Reset", "now"]),
        ('<p>{{ "One word" if a else _("Two words") }}</p>', ["One word"]),
        ('<p class="{{ "good" if a == "Good code" else "plain" }}">{{ words["A code"] }}</p>', []),
        ('<a title="Close" href="/a b">{{ name or "Nobody" }}</a>', ["Close", "Nobody"]),
        ("{% for a, b in [('x', 'Shown here')] %}{{ b }}{% endfor %}", ["Shown here"]),
        ("<code>GET /api</code> MFA reset", []),
    ],
)
def test_the_search_in_a_template(source: str, found: list[str]) -> None:
    assert in_template(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('"""A documented module."""\nX = "two words"', ["two words"]),
        ('X = texts({"a": "two words"})\nY = gettext("two words %(a)s", a=f"{b} three words")', [" three words"]),
        ('raise ValueError("two words")', []),
        ('_log.warning("two words")', []),
        ('X = {"a-code": "oneWord"}', []),
    ],
)
def test_the_search_in_a_module(source: str, found: list[str]) -> None:
    assert in_module(source) == found
