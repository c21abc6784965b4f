"""Asks a timestamp authority when it saw some data (RFC 3161, over HTTP as its section 3.4 describes)."""

import httpx
from rfc3161_client import PKIStatus, TimestampRequestBuilder, decode_timestamp_response

_TIMEOUT = httpx.Timeout(20.0, connect=5.0)
# A response with its certificates has a few kilobytes.
_LARGEST = 64 * 1024


class TimestampError(Exception):
    """The authority did not answer with a timestamp."""

    reason = "noTimestamp"


async def timestamp(authority: str, data: bytes) -> bytes:
    """Return the authority's response for the SHA-512 of `data`, as DER. Raises: TimestampError.

    The request has a nonce and asks for the authority's certificate, so that the token can be verified offline.
    """
    request = TimestampRequestBuilder().data(data).build()
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            answer = await client.post(authority, content=request.as_bytes(), headers=headers)
    except httpx.HTTPError as error:
        raise TimestampError(f"the timestamp authority does not respond: {type(error).__name__}") from error
    if answer.status_code != httpx.codes.OK or len(answer.content) > _LARGEST:
        raise TimestampError(f"the timestamp authority answered {answer.status_code}")
    try:
        token = decode_timestamp_response(answer.content)
    except ValueError as error:
        raise TimestampError("the timestamp authority answered with no timestamp") from error
    if token.status not in {PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS}:
        raise TimestampError(f"the timestamp authority refused: status {token.status}")
    if (
        token.tst_info.nonce != request.nonce
        or token.tst_info.message_imprint.message != request.message_imprint.message
    ):
        raise TimestampError("the timestamp authority answered another question")
    return answer.content
