"""Posts an event to a source's callback: to the address that was checked, signed, without following redirects."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import httpx

from domain.ingress.signatures import sign_standard
from domain.policy.load import Callback
from graph.responses import retry_after
from messaging.addresses import Resolve, allowed_addresses, look_up
from messaging.errors import NoAnswerError
from messaging.events import CONTENT_TYPE

# Standard Webhooks asks senders for 15 to 30 seconds.
_WHOLE = 20.0
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
# Addresses of one name that are tried: the usual two families, and one more of each.
_ADDRESSES = 4


class Answer(NamedTuple):
    """`retry_after` is in seconds, None where the receiver named none."""

    status: int
    retry_after: float | None = None

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The receiver wants no more of it (Standard Webhooks: 410)."""
        return self.status == 410


def body_of(event: Mapping[str, Any]) -> bytes:
    """Return the bytes of an event: always the same for the same event."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


async def post_event(
    callback: Callback, event: Mapping[str, Any], now: datetime, *, resolve: Resolve = look_up
) -> Answer:
    """Return the receiver's answer.

    Raises: NoAnswerError or AddressNotAllowedError where there is none.
    """
    body = body_of(event)
    headers = {"Content-Type": CONTENT_TYPE}
    headers |= sign_standard(list(callback.secrets), str(event["id"]), now, body)
    return await post(callback.url, body, headers, allow_private=callback.allow_private, resolve=resolve)


async def post(
    url: str, body: bytes, headers: dict[str, str], *, allow_private: bool = False, resolve: Resolve = look_up
) -> Answer:
    """Return the answer of the address to `body`.

    Raises: NoAnswerError or AddressNotAllowedError where there is none. Neither repeats the path, which may be a secret.
    """
    headers = {"User-Agent": "mfa-reset"} | headers
    try:
        async with asyncio.timeout(_WHOLE):
            return await _post(httpx.URL(url), body, headers, allow_private=allow_private, to=resolve)
    except TimeoutError as error:
        raise NoAnswerError(f"no answer within {_WHOLE:.0f} seconds") from error


async def _post(url: httpx.URL, body: bytes, headers: dict[str, str], *, allow_private: bool, to: Resolve) -> Answer:
    port = url.port or (443 if url.scheme == "https" else 80)
    addresses = await allowed_addresses(url.host, port, allow_private=allow_private, resolve=to)
    # The checked address is called by number; the name stays in Host, in the handshake and in the certificate's check.
    headers |= {"Host": url.netloc.decode("ascii")}
    async with httpx.AsyncClient(
        verify=_trusted(), timeout=_TIMEOUT, follow_redirects=False, trust_env=False
    ) as client:
        for address in addresses[:_ADDRESSES]:
            request = client.build_request(
                "POST",
                url.copy_with(host=address),
                content=body,
                headers=headers,
                extensions={"sni_hostname": url.host},
            )
            try:
                answer = await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.TransportError as error:
                raise NoAnswerError(f"the connection failed: {type(error).__name__}") from error
            await answer.aclose()  # what the receiver has to say beyond the status is not read
            return Answer(answer.status_code, retry_after({k.lower(): v for k, v in answer.headers.items()}))
    raise NoAnswerError(f"{url.host} could not be connected to")


@cache
def _trusted() -> ssl.SSLContext:
    # Reading the certificates takes tens of milliseconds; they do not change while the process lives.
    return httpx.create_ssl_context(trust_env=False)
