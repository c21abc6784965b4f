"""The reference in an approver's mail, by which a non-delivery report is recognized.

`[K7Q2M9XWAB]` at the end of the subject and in the last line: a report repeats the subject, in whatever language the rest is.
Each mail has its own, so a late report of an old mail says nothing of a new one. References cannot be guessed; someone who has the
mail can at most have it marked as not delivered.
"""

import base64
import hashlib
import hmac
import json
import re

from domain.access.approval_links import KeyRing

_LENGTH = 10  # 50 bits: short enough for a subject, too many to guess one of the few that are expected
_IN_TEXT = re.compile(rf"\[([A-Z2-7]{{{_LENGTH}}})\]")
# What is signed starts with what it is for, so that a reference is never a piece of a link or a nonce.
_FOR_MAILS = b"mfareset approval mail\n"


def next_reference(ring: KeyRing, request_id: str, approver: str, before: str) -> str:
    """Return the reference of the approver's mail after the one with the reference `before` ("": the first); a repeat gives the same."""
    text = json.dumps([request_id, approver, before]).encode()
    mac = hmac.digest(ring.keys[ring.signing], _FOR_MAILS + text, hashlib.sha256)
    return base64.b32encode(mac).decode()[:_LENGTH]


def in_brackets(reference: str) -> str:
    return f"[{reference}]"


def references_in(text: str) -> frozenset[str]:
    """Return everything in `text` that looks like a reference."""
    return frozenset(_IN_TEXT.findall(text))
