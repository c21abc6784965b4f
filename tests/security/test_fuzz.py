"""Every parser of what strangers send, with input of every kind: for seconds here, and for as long as FUZZ_SECONDS says.

FUZZ_SECONDS=3600 .venv/bin/python -m pytest tests/security/test_fuzz.py
"""

import hashlib
import json
import os
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.security.fuzz.__main__ import fuzz
from tests.security.fuzz.targets import SEEDS, TARGETS

_SECONDS = int(os.environ.get("FUZZ_SECONDS", "0"))
_EXAMPLES = 150 if not _SECONDS else 20_000
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def _changed(seed: bytes, positions: list[tuple[int, int]]) -> bytes:
    changed = bytearray(seed)
    for place, value in positions:
        changed[place % len(changed)] = value
    return bytes(changed)


def _near(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """What is good but for a few bytes."""
    places = st.lists(st.tuples(st.integers(0, 4096), st.integers(0, 255)), max_size=4)
    return st.builds(_changed, st.sampled_from(seeds), places)


@pytest.mark.parametrize("name", TARGETS)
def test_hypothesis_breaks_no_parser(name: str) -> None:
    target, seeds = TARGETS[name], SEEDS[name]
    as_json = _JSON.map(lambda value: json.dumps(value).encode())

    @settings(max_examples=_EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(
        st.binary(max_size=300)
        | st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace"))
        | as_json
        | _near(seeds)
    )
    def check(data: bytes) -> None:
        target(data)

    for seed in seeds:
        check = example(seed)(check)
    check()


@pytest.mark.parametrize("name", TARGETS)
def test_long_and_deep_input_breaks_no_parser(name: str) -> None:
    for data in (
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"<a href='" * 20_000,
        b"9" * 100_000,
        b"\xff\xfe" * 1000,
        b"k1." + b"A" * 200_000 + b"." + b"A" * 43,
        b"a@" * 50_000,
        b"(" * 50_000,
        hashlib.shake_256(b"any bytes").digest(10_000),
    ):
        TARGETS[name](data)


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris was not installed on this machine")
@pytest.mark.parametrize("name", TARGETS)
def test_atheris_breaks_no_parser(name: str) -> None:
    assert fuzz(name, _SECONDS or 1)
