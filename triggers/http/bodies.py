"""Read the body of a call."""

import logging

import azure.functions as func

from domain.errors import LengthRequiredError
from languages import Message
from telemetry.metrics import count

_log = logging.getLogger("mfareset.http")


def read_body(req: func.HttpRequest, *, needed: bool = True) -> bytes:
    """Return the bytes of the body; empty where none is `needed` and none was sent.

    The Functions host reads a body only by its Content-Length and passes a chunked one on as empty (its issue 7930), so that a
    signature over it could never be valid. Raises: LengthRequiredError.
    """
    body: bytes = req.get_body()
    if body:
        return body
    sent_in_chunks = "transfer-encoding" in req.headers
    if sent_in_chunks or (needed and "content-length" not in req.headers):
        raise LengthRequiredError(
            Message(
                "The body came without Content-Length (Transfer-Encoding: chunked). Azure Functions does not pass such a body on: "
                "send it with its length, or through a proxy that adds it."
            )
        )
    return body


def count_without_length(endpoint: str) -> None:
    """Log and count a call whose body came without its length."""
    _log.warning("a call of %s came without the length of its body", endpoint)
    count("mfareset.bodies.refused", endpoint=endpoint, reason=LengthRequiredError.reason)
