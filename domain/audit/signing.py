"""The deployment's keys for evidence: Ed25519 (RFC 8032), derived from APPROVAL_KEYS by HKDF (RFC 5869).

Derived, so that a deployment has a key from its first day and none more to keep. What is signed starts with what it is for.
"""

import base64
from typing import TypedDict

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.access.approval_links import KeyRing

_PURPOSE = b"mfareset evidence key"


class PublicKey(TypedDict):
    """A JSON Web Key (RFC 8037)."""

    kty: str
    crv: str
    kid: str
    x: str


class Signature(TypedDict):
    """The signature of a tree hash; `root` is in hexadecimal, `value` in base64url."""

    root: str
    key: PublicKey
    value: str


def signed_text(root: str) -> bytes:
    """Return what is signed for the tree hash `root`, in hexadecimal."""
    return f"mfareset evidence tree\n{root}\n".encode()


def sign_root(ring: KeyRing, root: str) -> Signature:
    """Return the signature of a tree hash by the key that signs now."""
    kid = ring.signing
    return Signature(root=root, key=_public(ring, kid), value=_text(_private(ring, kid).sign(signed_text(root))))


def public_keys(ring: KeyRing) -> list[PublicKey]:
    """Return the public keys of all keys of the ring, the one that signs first."""
    return [_public(ring, kid) for kid in ring.keys]


def _private(ring: KeyRing, kid: str) -> Ed25519PrivateKey:
    derived = HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(ring.keys[kid])
    return Ed25519PrivateKey.from_private_bytes(derived)


def _public(ring: KeyRing, kid: str) -> PublicKey:
    raw = _private(ring, kid).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return PublicKey(kty="OKP", crv="Ed25519", kid=kid, x=_text(raw))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
