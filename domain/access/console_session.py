"""Signed values of the console: the session of a test identity, and the nonce of a form. Keys are those of approval links."""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from domain.access.approval_links import KeyRing
from domain.access.sign_in import STRENGTHS, Strength

# A working day. A form left open longer asks to be looked at again.
LIFETIME = timedelta(hours=10)
# Two instances of the app may differ by this much.
_CLOCK_DIFFERENCE = timedelta(minutes=1)
# What is signed starts with what it is for, so that one is never taken for another.
_FOR_SESSIONS, _FOR_FORMS = b"mfareset console session\n", b"mfareset console form\n"
_SHAPE = re.compile(r"([A-Za-z0-9_-]{1,16})\.([0-9]{1,11})\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]{43})", re.ASCII)


class LocalSession(NamedTuple):
    """The session of a test identity. `strength`: how it signed in for approval pages; None: there the link alone counts."""

    mail: str
    at: datetime
    strength: Strength | None = None


def session_for(ring: KeyRing, mail: str, now: datetime, strength: Strength | None = None) -> str:
    """Return the session cookie of a test identity: no two are the same, so that each is ended by itself."""
    text = f"{secrets.token_hex(8)} {mail} {strength or ''}"
    return _signed(ring, _FOR_SESSIONS, base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode(), now)


def session_of(ring: KeyRing, cookie: str, now: datetime) -> LocalSession | None:
    """Return the session in a cookie; None for one that has expired or was not signed by us."""
    text = _read(ring, _FOR_SESSIONS, cookie, now)
    if not text:
        return None
    _, mail, strength = (*base64.urlsafe_b64decode(text + "==").decode("utf-8", "replace").split(" "), "", "")[:3]
    at = datetime.fromtimestamp(int(cookie.split(".")[1]), UTC)
    return LocalSession(mail, at, next((known for known in STRENGTHS if known == strength), None))


def form_nonce(ring: KeyRing, identity: str, now: datetime) -> str:
    """Return the nonce of a form, a hidden field, valid for one working day.

    It is bound to one account by `identity`, tenant and object id: an address can be another account's tomorrow, or another
    tenant's today.
    """
    return _signed(ring, _FOR_FORMS + identity.encode() + b"\n", "", now)


def is_form_nonce(ring: KeyRing, identity: str, nonce: str, now: datetime) -> bool:
    return _read(ring, _FOR_FORMS + identity.encode() + b"\n", nonce, now) is not None


def _signed(ring: KeyRing, purpose: bytes, text: str, now: datetime) -> str:
    body = f"{ring.signing}.{int(now.timestamp())}.{text}"
    return f"{body}.{_mac(ring.keys[ring.signing], purpose, body)}"


def _read(ring: KeyRing, purpose: bytes, signed: str, now: datetime) -> str | None:
    match = _SHAPE.fullmatch(signed) if len(signed) < 1000 else None
    if not match or match[1] not in ring.keys:
        return None
    body = signed.rpartition(".")[0]
    age = now - datetime.fromtimestamp(int(match[2]), UTC)
    good = hmac.compare_digest(_mac(ring.keys[match[1]], purpose, body), match[4])
    return match[3] if good and -_CLOCK_DIFFERENCE <= age < LIFETIME else None


def _mac(key: bytes, purpose: bytes, text: str) -> str:
    digest = hmac.digest(key, purpose + text.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
