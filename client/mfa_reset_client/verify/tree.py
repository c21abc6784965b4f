"""The tree hash of RFC 9162, section 2.1.1, with SHA-256, over the names and hashes of files."""

import hashlib
from collections.abc import Mapping, Sequence


def tree_hash(files: Mapping[str, str]) -> str:
    """Return the hash of the tree over files, name and SHA-256 of each in their order, in hexadecimal."""
    return _hash([f"{name}\n{content}\n".encode() for name, content in files.items()]).hex()


def _hash(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1  # the largest power of two below their number
    return hashlib.sha256(b"\x01" + _hash(leaves[:left]) + _hash(leaves[left:])).digest()
