"""Authentication of deliveries: the signature schemes of the sources, checked on the raw body.

Standard Webhooks: github.com/standard-webhooks/standard-webhooks, spec. The `standardwebhooks` package verifies one
secret against the machine's clock and wants UTF-8 bodies; we need several secrets and a given time, so these few lines
do it and tests hold them against the package.
GitHub: docs.github.com "Validating webhook deliveries". Jira: Jira platform docs, "Secure admin webhooks".
Zendesk: developer.zendesk.com "Verifying webhooks" and "Anatomy of a webhook request".
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from domain.policy.model import Scheme

TOLERANCE = timedelta(minutes=5)  # Standard Webhooks; either way, clocks differ
# The longest id known is a UUID with a prefix; the delivery record's key has room for this.
LONGEST_ID = 128
# One per secret in rotation; more only makes us work.
MOST_SIGNATURES = 16

_HEX_SHA256 = re.compile(r"sha256=([0-9a-fA-F]{64})", re.ASCII)
_UNIX_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)

type _Headers = Mapping[str, str]
type _Check = Callable[[Sequence[str], _Headers, bytes, datetime], str]


class SignatureError(Exception):
    """A delivery that no known secret signed in time. Callers answer 401 and keep `reason` for the log."""

    def __init__(self, reason: Literal["missing", "stale", "mismatch", "malformed"]) -> None:
        super().__init__(f"delivery not accepted: {reason}")
        self.reason = reason


class Verified(NamedTuple):
    """`delivery_id` stays the same when the source sends the delivery again; printable ASCII, 1 to 128 characters.

    `signed` is what the signature covers where the id is not part of it: a captured delivery could be
    replayed under any id, so the signed bytes have to be remembered, too. None where the id is as good as the body.
    """

    delivery_id: str
    signed: bytes | None = None


def verify(scheme: Scheme, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> Verified:
    """Check that one of `secrets` signed `body`. Raises: SignatureError if none did, and never another exception.

    Header names may have any case. `now` is an aware instant. No secrets: nothing is accepted.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    delivery_id = _CHECKS[scheme](secrets, lower, body, now)
    signed = {
        "github": body,
        "jira": body,
        "zendesk": lower.get("x-zendesk-webhook-signature-timestamp", "").encode() + body,
    }
    return Verified(delivery_id, signed.get(scheme))


def has_signature(scheme: Scheme, headers: Mapping[str, str]) -> bool:
    """Return whether the headers hold what the scheme verifies, right or wrong; without it a body need not be read."""
    names = {name.lower() for name, value in headers.items() if value.strip()}
    return not names.isdisjoint(_SIGNATURE_HEADERS[scheme])


_SIGNATURE_HEADERS: Mapping[Scheme, set[str]] = {
    "standard-webhooks": {"webhook-signature", "svix-signature"},
    "github": {"x-hub-signature-256"},
    "jira": {"x-hub-signature"},
    "zendesk": {"x-zendesk-webhook-signature"},
    "bearer": {"authorization"},
}


def sign_standard(secret: str | Sequence[str], delivery_id: str, timestamp: datetime, body: bytes) -> dict[str, str]:
    """Return the Standard Webhooks headers for `body`; with several secrets, one signature of each."""
    seconds = str(int(timestamp.timestamp()))
    secrets = [secret] if isinstance(secret, str) else secret
    signatures = [_standard_signature(each, delivery_id, seconds, body) for each in secrets]
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in signatures),
    }


def _standard(secrets: Sequence[str], headers: _Headers, body: bytes, now: datetime) -> str:
    # Svix signs the same way under names of its own, and many senders with it. (docs.svix.com, "Verifying webhooks manually")
    prefix = "webhook" if headers.get("webhook-id") else "svix"
    delivery_id = _id(headers, f"{prefix}-id")
    seconds, signatures = _required(headers, f"{prefix}-timestamp"), _required(headers, f"{prefix}-signature")
    if not _UNIX_SECONDS.fullmatch(seconds):
        raise SignatureError("malformed")
    _require_fresh(datetime.fromtimestamp(int(seconds), UTC), now)
    given = [
        decoded
        for part in signatures.split(" ")[:MOST_SIGNATURES]
        if part.startswith("v1,") and (decoded := _base64(part.removeprefix("v1,"))) is not None
    ]
    if not given:
        raise SignatureError("malformed")
    _require_match([_standard_signature(secret, delivery_id, seconds, body) for secret in secrets], given)
    return delivery_id


def _standard_signature(secret: str, delivery_id: str, seconds: str, body: bytes) -> bytes:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return hmac.digest(key, f"{delivery_id}.{seconds}.".encode() + body, hashlib.sha256)


def _github(secrets: Sequence[str], headers: _Headers, body: bytes, _now: datetime) -> str:
    _check_hex(secrets, _required(headers, "x-hub-signature-256"), body)
    return _id(headers, "x-github-delivery")


def _jira(secrets: Sequence[str], headers: _Headers, body: bytes, _now: datetime) -> str:
    _check_hex(secrets, _required(headers, "x-hub-signature"), body)
    return _id(headers, "x-atlassian-webhook-identifier")


def _zendesk(secrets: Sequence[str], headers: _Headers, body: bytes, now: datetime) -> str:
    stamp = _required(headers, "x-zendesk-webhook-signature-timestamp")
    given = _base64(_required(headers, "x-zendesk-webhook-signature"))
    try:
        at = datetime.fromisoformat(stamp)
        known = at.utcoffset() is not None
    except ValueError:
        raise SignatureError("malformed") from None
    if given is None or not known:
        raise SignatureError("malformed")
    _require_fresh(at, now)
    _require_match([hmac.digest(secret.encode(), stamp.encode() + body, hashlib.sha256) for secret in secrets], [given])
    # An invocation keeps its id through all its attempts; the webhook's id is the same for every ticket.
    return _id(headers, "x-zendesk-webhook-invocation-id")


def _bearer(secrets: Sequence[str], headers: _Headers, body: bytes, _now: datetime) -> str:
    token = _token(*_required(headers, "authorization").partition(" ")[::2])
    # Digests of equal length, so that the time taken says nothing of the secret's length.
    _require_match([_sha256(secret.encode()) for secret in secrets], [_sha256(token)])
    for name in ("webhook-id", "x-request-id", "idempotency-key"):
        if headers.get(name):
            return _id(headers, name)
    return hashlib.sha256(body).hexdigest()


def _token(kind: str, value: str) -> bytes:
    """Return the token of an Authorization header; systems that know only Basic send it as the password."""
    token = value.strip().encode()
    if kind.lower() == "basic":
        token = (_base64(value.strip()) or b"").partition(b":")[2]
    elif kind.lower() != "bearer":
        token = b""
    if not token:
        raise SignatureError("malformed")
    return token


_CHECKS: Mapping[Scheme, _Check] = {
    "standard-webhooks": _standard,
    "github": _github,
    "jira": _jira,
    "zendesk": _zendesk,
    "bearer": _bearer,
}


def _check_hex(secrets: Sequence[str], signature: str, body: bytes) -> None:
    match = _HEX_SHA256.fullmatch(signature)
    if not match:
        raise SignatureError("malformed")
    _require_match(
        [hmac.digest(secret.encode(), body, hashlib.sha256) for secret in secrets], [bytes.fromhex(match[1])]
    )


def _required(headers: _Headers, name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise SignatureError("missing")
    if not (value.isascii() and value.isprintable()):
        raise SignatureError("malformed")
    return value


def _id(headers: _Headers, name: str) -> str:
    value = _required(headers, name)
    if len(value) > LONGEST_ID:
        raise SignatureError("malformed")
    return value


def _require_fresh(at: datetime, now: datetime) -> None:
    if abs(now - at) > TOLERANCE:
        raise SignatureError("stale")


def _require_match(expected: Sequence[bytes], given: Sequence[bytes]) -> None:
    """Compare every pair in constant time, without an early exit."""
    found = False
    for one in expected:
        for other in given:
            found |= hmac.compare_digest(one, other)
    if not found:
        raise SignatureError("mismatch")


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
