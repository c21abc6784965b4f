"""The token in an approver's link and the nonce in an approver's page. Both locate and bind; neither decides anything.

Token: `1.<kid>.<payload>.<signature>`, payload the base64url of a JSON list, signature HMAC-SHA256 over all before it.
Expiry is part of the token but not of its validity: an old link still leads to the live state.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, Self

VERSION = "1"
# Mail clients and proxies leave links of this length intact.
LONGEST_TOKEN = 600
# Long enough to read a large plan, short enough that a forgotten tab cannot decide tomorrow.
NONCE_LIFETIME = timedelta(hours=1)
# Two instances of the app may differ by this much.
_CLOCK_DIFFERENCE = timedelta(minutes=1)
_SHORTEST_KEY = 32  # HMAC-SHA256 is as strong as its key, up to the hash's 32 bytes

PATH = "/api/approvals"
# What is signed starts with what it is for, so that a nonce is never a token.
_FOR_LINKS, _FOR_NONCES = b"mfareset approval link\n", b"mfareset approval page nonce\n"

_KID = re.compile(r"[A-Za-z0-9_-]{1,16}", re.ASCII)
_TOKEN = re.compile(rf"({VERSION}\.([A-Za-z0-9_-]{{1,16}})\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]{{43}})", re.ASCII)
# Eleven digits reach the year 5138; with more, datetime gives up.
_NONCE = re.compile(r"([A-Za-z0-9_-]{1,16})\.([0-9]{1,11})\.([A-Za-z0-9_-]{43})", re.ASCII)


class LinkKeyError(ValueError):
    """APPROVAL_KEYS cannot be used; the message says why and shows no key."""

    reason = "badApprovalKeys"


class LinkError(Exception):
    """The token is malformed, or was not signed with one of our keys."""

    def __init__(self, reason: Literal["malformed", "badSignature", "unknownKey"]) -> None:
        super().__init__(f"no approval link of ours: {reason}")
        self.reason = reason


class KeyRing:
    """Keys by their id. The first signs, all verify: add a new one in front, drop an old one when its links expired."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self.keys = keys

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the ring that `kid:base64,kid2:base64` describes; keys of at least 32 bytes."""
        keys: dict[str, bytes] = {}
        for number, part in enumerate(text.split(","), start=1):
            kid, colon, encoded = part.strip().partition(":")
            if not colon or not _KID.fullmatch(kid):
                raise LinkKeyError(f"key {number} is not of the form kid:base64 (kid: 1 to 16 letters, digits, - or _)")
            if kid in keys:
                raise LinkKeyError(f"there are two keys called {kid!r}")
            keys[kid] = _key(kid, encoded)
        return cls(keys)

    @property
    def signing(self) -> str:
        return next(iter(self.keys))


def _key(kid: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded.translate(_FROM_URL_SAFE) + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise LinkKeyError(f"the key {kid!r} is not base64") from None
    if len(key) < _SHORTEST_KEY:
        raise LinkKeyError(f"the key {kid!r} has {len(key)} bytes, {_SHORTEST_KEY} are needed")
    return key


_FROM_URL_SAFE = str.maketrans("-_", "+/")


class ApprovalLink(NamedTuple):
    """Which request, which approver, which plan, until when (to the millisecond)."""

    request_id: str
    approver: str
    plan_digest: str
    expires_at: datetime

    def expired(self, now: datetime) -> bool:
        return now >= self.expires_at


def sign(ring: KeyRing, link: ApprovalLink) -> str:
    """Return the token for `link`: URL-safe, under 600 characters."""
    expires = (link.expires_at - _EPOCH) // timedelta(milliseconds=1)
    payload = json.dumps(
        [link.request_id, link.approver, link.plan_digest, expires], separators=(",", ":"), ensure_ascii=False
    )
    unsigned = f"{VERSION}.{ring.signing}.{_encoded(payload.encode())}"
    token = f"{unsigned}.{_mac(ring.keys[ring.signing], _FOR_LINKS, unsigned)}"
    if len(token) >= LONGEST_TOKEN:
        raise ValueError("the approver's address or the request's id is too long for a link")
    return token


def read(ring: KeyRing, token: str) -> ApprovalLink:
    """Return the link that `token` stands for, whether it expired or not. Raises: LinkError for a token that we did not sign."""
    match = _TOKEN.fullmatch(token) if len(token) < LONGEST_TOKEN else None
    if not match:
        raise LinkError("malformed")
    unsigned, kid, payload, mac = match.groups()
    if kid not in ring.keys:
        raise LinkError("unknownKey")
    # Texts are compared, not bytes: base64 has several spellings of the same bytes, and only ours is right.
    if not hmac.compare_digest(_mac(ring.keys[kid], _FOR_LINKS, unsigned), mac):
        raise LinkError("badSignature")
    try:
        request_id, approver, plan_digest, expires = json.loads(base64.urlsafe_b64decode(payload + "=="))
        return ApprovalLink(
            str(request_id), str(approver), str(plan_digest), _EPOCH + timedelta(milliseconds=int(expires))
        )
    except (ValueError, TypeError, OverflowError):
        raise LinkError("malformed") from None


def link_path(token: str) -> str:
    """Return the path and query of the page for `token`.

    The token is in the query: the Functions host leaves values of the query out of its request spans, and keeps paths whole.
    """
    return f"{PATH}?token={token}"


def issue_nonce(ring: KeyRing, token: str, now: datetime, identity: str = "") -> str:
    """Return a nonce for one display of the page of `token`; a decision has to include it within the hour.

    `identity` is the tenant and object id of the account that sees the page; "" where nobody is signed in.
    """
    seconds = int(now.timestamp())
    bound_to = f"{seconds}\n{identity}\n{token}"
    return f"{ring.signing}.{seconds}.{_mac(ring.keys[ring.signing], _FOR_NONCES, bound_to)}"


def check_nonce(ring: KeyRing, token: str, nonce: str, now: datetime, identity: str = "") -> bool:
    """Return whether `nonce` was issued for this token and account, less than an hour ago."""
    match = _NONCE.fullmatch(nonce)
    if not match or match[1] not in ring.keys:
        return False
    expected = _mac(ring.keys[match[1]], _FOR_NONCES, f"{match[2]}\n{identity}\n{token}")
    age = now - datetime.fromtimestamp(int(match[2]), UTC)
    return hmac.compare_digest(expected, match[3]) and -_CLOCK_DIFFERENCE <= age < NONCE_LIFETIME


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _mac(key: bytes, purpose: bytes, text: str) -> str:
    return _encoded(hmac.digest(key, purpose + text.encode("utf-8", "surrogatepass"), hashlib.sha256))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
