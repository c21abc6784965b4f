"""The catalogues are right, and the command that keeps them finds what is marked and what is missing."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from scripts import catalogue
from scripts.catalogue import Text, in_module, in_template, mistakes, paths, update
from tests.system import ROOT

HEAD = 'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.stem)
def test_every_catalogue_is_complete_and_right(path: Path) -> None:
    """Every text is there and translated, with the placeholders, tags and plural forms of its source; none is fuzzy, none is left."""
    assert list(mistakes(path)) == []


def test_marked_texts_of_a_module_are_found() -> None:
    source = """
TABLE = texts(OTHER, {"a": "One", "b": "", "c": ("Title", "Text")})
x = gettext("Two %(n)s", n=1) + languages.ngettext("one", "many", 3)
y = pgettext("verb", "Reset"); z = active().gettext(text)
"""
    assert sorted(in_module("x.py", source), key=str) == sorted(
        [
            Text("x.py", "One", None),
            Text("x.py", "Title", None),
            Text("x.py", "Text", None),
            Text("x.py", "Two %(n)s", None),
            Text("x.py", ("one", "many"), None),
            Text("x.py", "Reset", "verb"),
        ],
        key=str,
    )
    with pytest.raises(SystemExit, match=r"x\.py:1: gettext needs its texts as literals"):
        list(in_module("x.py", "gettext(text)"))


def test_marked_texts_of_a_template_are_found() -> None:
    source = b"""{% trans n=n %}
  {{ n }} of
  them{% endtrans %}<a title="{{ _('Title') }}">{% trans num=n %}{{ num }} user{% pluralize %}{{ num }} users{% endtrans %}
{{ pgettext("verb", "Reset") }}"""
    assert list(in_template("x.html", source)) == [
        Text("x.html", "%(n)s of them", None),
        Text("x.html", "Title", None),
        Text("x.html", ("%(num)s user", "%(num)s users"), None),
        Text("x.html", "Reset", "verb"),
    ]


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ('msgid "Now %(n)s"\nmsgstr "Jetzt %(n)s"', None),
        ('msgid "Now %(n)s"\nmsgstr "Jetzt %(m)s"', "other placeholders"),
        ('msgid "Now %(n)s"\nmsgstr "Jetzt"', "other placeholders"),
        ('msgid "<b>Now</b>"\nmsgstr "Jetzt"', "other tags"),
        ('#, fuzzy\nmsgid "Now"\nmsgstr "Jetzt"', "fuzzy"),
        ('msgid "Now"\nmsgstr ""', "not translated"),
        ('msgid "%(num)s a"\nmsgid_plural "%(num)s b"\nmsgstr[0] "%(num)s c"\nmsgstr[1] ""', "not translated"),
        ('msgid "one a"\nmsgid_plural "%(num)s b"\nmsgstr[0] "ein c"\nmsgstr[1] "%(num)s d"', None),
        ('msgid "%(num)s a"\nmsgid_plural "%(num)s b"\nmsgstr[0] "ein c"\nmsgstr[1] "%(num)s d"', None),
    ],
)
def test_a_mistake_of_a_catalogue_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str, wrong: str | None
) -> None:
    path = tmp_path / "de.po"
    path.write_text(f"{HEAD}\n{entry}\n", "utf-8")
    with path.open("rb") as file:
        ids = [message.id for message in read_po(file) if message.id]
    monkeypatch.setattr(catalogue, "of_client", lambda: iter(()))
    monkeypatch.setattr(
        catalogue,
        "found",
        lambda: iter([Text("x.py", one if isinstance(one, str) else (one[0], one[1]), None) for one in ids]),
    )
    assert [line.partition(":")[0] for line in mistakes(path)] == ([wrong] if wrong else [])


def test_a_text_that_is_missing_or_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "de.po"
    path.write_text(f'{HEAD}\nmsgid "Old"\nmsgstr "Alt"\n', "utf-8")
    monkeypatch.setattr(catalogue, "of_client", lambda: iter([Text("client/x.py", "Of the client", None)]))
    monkeypatch.setattr(catalogue, "found", lambda: iter([Text("x.py", "New", None)]))
    assert list(mistakes(path)) == ["not in it: New", "not in it: Of the client", "not a text any more: Old"]
    update(path)
    assert list(mistakes(path)) == ["not translated: New", "not translated: Of the client"]


def test_an_update_keeps_translations_and_changes_nothing_twice(tmp_path: Path) -> None:
    for path in paths():
        copy = tmp_path / path.name
        shutil.copy(path, copy)
        update(copy)
        once = copy.read_text("utf-8")
        update(copy)
        assert copy.read_text("utf-8") == once
        assert not re.search("-Date:|Generated-By", once)


def _run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "scripts/catalogue", command], capture_output=True, text=True, check=False)


def test_the_command_prints_all_texts() -> None:
    assert 'msgid "Waiting for approval"' in _run("extract").stdout


def test_the_command_says_what_is_missing() -> None:
    wrong = [f"languages/{path.name}: {line}" for path in paths() for line in mistakes(path)]
    done = _run("check")
    assert done.stdout.splitlines() == (wrong or ["every catalogue is complete"])
    assert done.returncode == (1 if wrong else 0)
