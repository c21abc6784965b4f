from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.escaping import escape, unescape

_names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=200)
_ascii = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)


@pytest.mark.parametrize(
    ("name", "key"),
    [("a/b", "a.1b"), ("a.b", "a.0b"), ("#EXT#", '"1EXT"1'), ("a.1", "a.01"), ("100%", "100$1"), ("o'b", "o&1b")],
)
def test_examples(name: str, key: str) -> None:
    assert escape(name) == key
    assert unescape(key) == name


@given(_names)
def test_it_is_reversible_and_leaves_nothing_that_is_refused(name: str) -> None:
    key = escape(name)
    assert unescape(key) == name
    assert not set(key) & set("/\\#?%'")
    assert len(key) <= 2 * len(name)


@given(st.lists(_ascii, min_size=2, max_size=5))
def test_order_is_kept(names: list[str]) -> None:
    for one, other in pairwise(names):
        assert (one < other) == (escape(one) < escape(other))


@given(_ascii, _ascii)
def test_prefixes_are_kept(name: str, prefix: str) -> None:
    assert name.startswith(prefix) == escape(name).startswith(escape(prefix))
    assert escape(prefix + name).startswith(escape(prefix))
