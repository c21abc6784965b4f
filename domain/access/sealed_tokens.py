"""Tokens for links that are not an approver's: what they hold is signed for one purpose, and is valid for no other."""

import base64
import hashlib
import hmac
import json
import re
from typing import Literal

from domain.access.approval_links import KeyRing, LinkError

type Purpose = Literal["attestation", "presentation", "presentation key"]

_TOKEN = re.compile(r"([A-Za-z0-9_-]{1,16})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})", re.ASCII)
LONGEST = 600


def seal(ring: KeyRing, purpose: Purpose, values: list[str | int]) -> str:
    """Return a URL-safe token that holds `values`."""
    payload = _encoded(json.dumps(values, separators=(",", ":")).encode())
    unsigned = f"{ring.signing}.{payload}"
    return f"{unsigned}.{_mac(ring.keys[ring.signing], purpose, unsigned)}"


def unseal(ring: KeyRing, purpose: Purpose, token: str) -> list[str | int]:
    """Return what a token holds. Raises: LinkError for one that was not made here for this purpose."""
    match = _TOKEN.fullmatch(token) if len(token) < LONGEST else None
    if not match:
        raise LinkError("malformed")
    kid, payload, mac = match.groups()
    if kid not in ring.keys:
        raise LinkError("unknownKey")
    if not hmac.compare_digest(_mac(ring.keys[kid], purpose, f"{kid}.{payload}"), mac):
        raise LinkError("badSignature")
    try:
        values = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        raise LinkError("malformed") from None
    if not isinstance(values, list):
        raise LinkError("malformed")
    return values


def derived_key(ring: KeyRing, token: str) -> str:
    """Return a secret that goes with a token and that only this service can make: the key of a callback."""
    kid = token.partition(".")[0]
    return _mac(ring.keys[kid], "presentation key", token)


def _mac(key: bytes, purpose: Purpose, text: str) -> str:
    return _encoded(hmac.digest(key, f"mfareset {purpose}\n{text}".encode(), hashlib.sha256))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
