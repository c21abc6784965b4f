import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text import clean, clean_lines


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Adele Vance", "Adele Vance"),
        ("  Adele \t\r\n Vance ", "Adele Vance"),
        ("Adele\x00\x1b[31mVance\x7f", "Adele[31mVance"),
        ("adele\u202emoc.osotnoc@", "adelemoc.osotnoc@"),
        ("\u2066a\u2069\u200eb\u061cc", "abc"),
        ("pay\u200bpal\ufeff\u00ad\u2060", "paypal"),
        ("line\u2028para\u2029next\x85end", "line para next end"),
        ("hidden\U000e0041\U000e0042", "hidden"),
        ("half \ud83d", "half"),
        ("Zoe\u0308", "Zoë"),
        ("עדי ואן", "עדי ואן"),
        ("\u0646\u0645\u06cc\u200c\u062f", "\u0646\u0645\u06cc\u200c\u062f"),  # Persian needs the joiner
        ("👩\u200d💻", "👩\u200d💻"),
        ("<script>", "<script>"),
        ("", ""),
    ],
)
def test_clean_removes_invisible_characters_and_keeps_real_names(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert clean("a" * 300) == "a" * 300
    assert clean("a" * 64_000) == "a" * 299 + "…"
    assert clean("ab cd", limit=4) == "ab…"


def test_marks_do_not_pile_up() -> None:
    assert len(clean("Z" + "\u0335" * 50)) == 5


def test_clean_lines_keeps_lines_but_nothing_else() -> None:
    assert clean_lines("one\u202e \r\n two\x00\n\n\n\nthree\n") == "one\ntwo\n\nthree"
    assert clean_lines("a\n" * 5000, limit=10) == "a\na\na\na\na…"


@given(st.text())
def test_cleaning_again_changes_nothing_and_leaves_one_printable_line(raw: str) -> None:
    once = clean(raw)
    assert clean(once) == once
    assert len(once.splitlines()) <= 1
    once.encode()  # no half of a surrogate pair is left
