"""Calls to the API without I/O, which the operations are made of: send with retries, submit, read page by page."""

from collections.abc import Callable, Generator, Mapping
from typing import TypeAlias
from urllib.parse import quote
from uuid import uuid4

import httpx

from mfa_reset_client.models import Accepted, Listing, ResetRequest, Unreachable
from mfa_reset_client.responses import Model, parse
from mfa_reset_client.retry import Call, Now, Steps, send_with_retries

REQUESTS = "/api/reset-requests"

Page: TypeAlias = tuple[list[Model], str | None]  # the items and the cursor of the next page
# A list: yields an operation per page, receives the page that the operation returned.
Pages: TypeAlias = Generator[Steps[Page[Model]], Page[Model], None]


class Calls:
    """The calls of one client; `now` is its clock, and calls are retried for `retry_timeout` seconds."""

    def __init__(self, now: Now, retry_timeout: float) -> None:
        self._now = now
        self._retry_timeout = retry_timeout

    def send(self, call: Call, retry_timeout: float | None = None) -> Steps[httpx.Response]:
        """Send a call, and retry it for `retry_timeout` seconds, by default the client's."""
        return send_with_retries(call, self._retry_timeout if retry_timeout is None else retry_timeout, self._now)

    def submit(self, path: str, body: object, key: str | None) -> Steps[Accepted]:
        """Send a write that makes a request, with an idempotency key."""
        # A lost response leads to a second call, which without a key would make a second request.
        key = key or str(uuid4())
        response = yield from self.send(Call("POST", path, json=body, headers={"Idempotency-Key": key}))
        return Accepted(parse(ResetRequest, response), response.status_code == 202, key)

    def pages(
        self,
        model: type[Model],
        path: str,
        params: Mapping[str, str | None],
        on_unreachable: Callable[[Unreachable], None] = lambda _: None,
    ) -> Pages[Model]:
        """Read a list page by page."""
        query = given(params)
        while True:
            _, cursor = yield self._page(model, path, query, on_unreachable)
            if cursor is None:
                return
            query["cursor"] = cursor

    def _page(
        self,
        model: type[Model],
        path: str,
        params: Mapping[str, str],
        on_unreachable: Callable[[Unreachable], None],
    ) -> Steps[Page[Model]]:
        response = yield from self.send(Call("GET", path, dict(params)))
        listing = parse(Listing[model], response)  # type: ignore[valid-type] # a model chosen at run time
        for customer in listing.unreachable:
            on_unreachable(customer)
        return listing.value, listing.cursor


def given(params: Mapping[str, str | None]) -> dict[str, str]:
    """Return the parameters that have a value."""
    return {name: value for name, value in params.items() if value is not None}


def path_of(request_id: str) -> str:
    """Return the path of a request."""
    return f"{REQUESTS}/{quote(request_id, safe='')}"
