"""The tree hash: the values of RFC 9162's own construction, and of the service."""

import hashlib

import pytest

from domain.audit.tree import leaf
from domain.audit.tree import tree_hash as of_the_service
from mfa_reset_client.verify.tree import tree_hash

FILES = {name: hashlib.sha256(name.encode()).hexdigest() for name in "abcdefg"}


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_seven_files_by_hand() -> None:
    a, b, c, d, e, f, g = (
        hashlib.sha256(b"\x00" + f"{name}\n{content}\n".encode()).digest() for name, content in FILES.items()
    )
    root = node(node(node(a, b), node(c, d)), node(node(e, f), g))
    assert tree_hash(FILES) == root.hex()


@pytest.mark.parametrize("count", range(8))
def test_it_is_the_one_of_the_service(count: int) -> None:
    some = dict(list(FILES.items())[:count])
    assert tree_hash(some) == of_the_service([leaf(name, content) for name, content in some.items()]).hex()


def test_names_contents_and_order_count() -> None:
    assert len({tree_hash(files) for files in (FILES, {**FILES, "a": "0"}, dict(reversed(FILES.items())))}) == 3
    renamed = {("h" if name == "a" else name): content for name, content in FILES.items()}
    assert tree_hash(renamed) != tree_hash(FILES)
