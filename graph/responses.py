"""One answer of Graph, from a call of its own or out of a batch, and the error it stands for."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from graph.errors import Fault, GraphError

# Whatever the status: a token that Graph does not take (for a while after Entra's signing keys have changed:
# msgraph-sdk-dotnet-core#222), an app that the tenant does not (or no longer) know, and a tenant that is gone.
_BY_CODE = {
    "InvalidAuthenticationToken": Fault.REJECTED,
    "Authentication_MissingOrMalformed": Fault.REJECTED,
    "Authorization_IdentityNotFound": Fault.CONSENT,
    "Directory_ExpiredOrInvalidTenant": Fault.UNKNOWN_TENANT,
}

# How Graph answers 400 to a path that it does not have. [i msgraph-sdk-dotnet#1293 and others]
_NO_SEGMENT = "resource not found for the segment"

# An escape of half a surrogate pair, alone or not.
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


class Response(NamedTuple):
    """`headers` have lower-case names. `body` is what the JSON held, {} where there was none."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        return self.headers.get("request-id")

    @property
    def pressure(self) -> float:
        """How full the throttling bucket is (1.0 = at the limit), 0 where Graph says nothing."""
        return max(_number(self.headers.get("x-ms-throttle-limit-percentage")) or 0.0, 0.0)

    @property
    def says_no_such_path(self) -> bool:
        """Whether this Graph has no such path at all, as that of a national cloud or another server may not have.

        Any other 400 is a refusal of the call, and says nothing of what is there.
        """
        if self.status == 400:
            return _NO_SEGMENT in self.error().detail.lower()
        return self.status in {404, 501}

    def items(self, *, last: bool = True) -> list[dict[str, Any]]:
        """Return the objects of a list.

        What cannot be read is never an empty list: that would say that nothing is there.

        Raises: GraphError where it failed, is no list, or, with `last`, goes on elsewhere.
        """
        if not self.ok:
            raise self.error()
        return items_in(self.body, last=last)

    def error(self) -> GraphError:
        """Return the typed error of an answer that is not ok; copes with bodies that have no `error` wrapper."""
        wrapped = self.body.get("error")
        error = wrapped if isinstance(wrapped, dict) else self.body
        code = str(error.get("code") or "")
        message = str(error.get("message") or error.get("Message") or f"status {self.status}")
        return GraphError(
            _fault(self.status, code, message),
            message[:500],
            status=self.status,
            code=code,
            request_id=self.request_id,
            retry_after=retry_after(self.headers),
        )


def is_repeatable(response: Response, *, harmless: bool) -> bool:
    """Return whether the same call may be made again at once. `harmless`: done twice it does no more than once, as a read does.

    Nothing was done where it was throttled or its token was not taken; otherwise it must be harmless and have failed for a
    passing reason.
    """
    if response.status == 401:
        return response.error().passing
    return response.status == 429 or (harmless and (response.status >= 500 or response.status == 408))


def items_in(body: Mapping[str, Any], *, last: bool = True) -> list[dict[str, Any]]:
    """Return the objects of a list, as `Response.items`."""
    value = body.get("value")
    if not isinstance(value, list) or (last and body.get("@odata.nextLink") is not None):
        raise GraphError.of_unreadable("Graph's answer has no whole list in it")
    if not all(isinstance(item, dict) for item in value):
        raise GraphError.of_unreadable("Graph's answer has a list of something else in it")
    return value


def _fault(status: int, code: str, message: str) -> Fault:
    if status == 429 or code == "TooManyRequests":
        return Fault.THROTTLED
    if status >= 500 or status == 408 or status < 400:  # a success would not ask; a redirect is none of Graph's
        return Fault.UNAVAILABLE
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status == 401:
        return Fault.REJECTED
    if status == 403:
        return Fault.FORBIDDEN
    if status == 404:
        return Fault.NOT_FOUND
    # Two wordings are known and neither is documented; every one of them speaks of the default.
    if status in {400, 409} and "default" in message.lower():
        return Fault.DEFAULT_METHOD
    return Fault.REFUSED


def is_id(value: object, longest: int = 2000) -> bool:
    """Whether a value can be the id of something: it is stored and part of addresses. Those of passkeys can be long."""
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by the Retry-After header: whole, fractional or an HTTP date; None where there is none."""
    text = headers.get("retry-after")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is None:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), 3600.0)  # an hour is longer than any Retry-After that was ever seen


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    return number if number is not None and math.isfinite(number) else None


def parsed(content: bytes) -> dict[str, Any]:
    """Return the JSON object in `content`; {} for an empty or unreadable body (proxies send HTML)."""
    if not content:
        return {}
    try:
        body = json.loads(content)
        if not isinstance(body, dict):  # no list of Graph's is bare
            return {}
        return _whole_characters(body) if _HALF.search(content) else body
    except (ValueError, RecursionError):  # nothing that Graph describes is nested a thousand times
        return {}


def _whole_characters(value: Any) -> Any:
    """`value` without halves of surrogate pairs, which JSON can write and no record can hold."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_whole_characters(key): _whole_characters(inner) for key, inner in value.items()}
        case list():
            return [_whole_characters(inner) for inner in value]
    return value
