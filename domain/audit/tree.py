"""The tree hash over the files of a pack: the Merkle Tree Hash of RFC 9162, section 2.1.1, with SHA-256."""

import hashlib
from collections.abc import Sequence


def leaf(name: str, content_hash: str) -> bytes:
    """Return the data of a file's leaf: its name and the SHA-256 of its content in hexadecimal, a line each."""
    return f"{name}\n{content_hash}\n".encode()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """Return the hash of the tree with these leaves, in this order."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1  # the largest power of two below their number
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:left]) + tree_hash(leaves[left:])).digest()
