"""The signature of a tree hash: Ed25519 (RFC 8032) by a key of the deployment."""

import base64
import binascii
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def signature_problem(signature: dict[str, Any], root: str, trusted: list[dict[str, Any]]) -> str | None:
    """Return what is wrong with a signature of `root`; None for a right one.

    `trusted` are the public keys that the reader has from elsewhere; without any the key in the signature is taken.
    """
    key = signature.get("key")
    if not isinstance(key, dict) or not isinstance(key.get("x"), str) or not isinstance(signature.get("value"), str):
        return "signature.json has another shape"
    if trusted and key["x"] not in {each.get("x") for each in trusted}:
        return "it was signed with a key that is none of the given ones"
    try:
        public = Ed25519PublicKey.from_public_bytes(_bytes(key["x"]))
        public.verify(_bytes(signature["value"]), f"mfareset evidence tree\n{root}\n".encode())
    except (InvalidSignature, ValueError, binascii.Error):
        return "the signature is not right"
    return None


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
