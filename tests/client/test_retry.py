"""Retry-After as servers send it."""

import httpx
import pytest

from mfa_reset_client.retry import retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 05 Jan 2026 09:31:00 GMT", "Date": "Mon, 05 Jan 2026 09:30:00 GMT"}, 60),
        ({"Retry-After": "Mon, 05 Jan 2026 09:29:00 GMT", "Date": "Mon, 05 Jan 2026 09:30:00 GMT"}, 0),
        ({"Retry-After": "Mon, 05 Jan 2026 09:31:00 GMT", "Date": "today"}, None),
        ({"Retry-After": "Mon, 05 Jan 2026 09:31:00 -0000", "Date": "Mon, 05 Jan 2026 09:30:00 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(httpx.Response(503, headers=headers)) == seconds
