"""A related request is called by its ticket, or by a short id; not by the ticket of a customer that the reader may not see."""

import pytest

from domain.request.reset_request import ResetRequest
from tests.activities.conftest import Works, works
from use_cases.related_requests import related_names

__all__ = ["works"]

FIRST = "3f0c9a52-7d0e-4f2b-9a57-2f4a6f1f0c11"


@pytest.mark.parametrize(
    ("ticket", "reach", "name"),
    [
        ("INC1", None, "INC1"),
        ("INC1", frozenset({"contoso"}), "INC1"),
        ("INC1", frozenset({"fabrikam"}), "3f0c9a52"),
        ("", None, "3f0c9a52"),
    ],
)
async def test_name(works: Works, ticket: str, reach: frozenset[str] | None, name: str) -> None:
    first = ResetRequest(
        id=FIRST,
        created_at=works.clock(),
        source="api",
        methods=[],
        ticket=ticket,
        target_count=1,
        ranges=[("contoso", 0, 1)],
    )
    await works.services.requests.create(first, [])
    retry = first.model_copy(update={"id": "r2", "retry_of": FIRST})
    assert await related_names(works.services, retry, reach) == {FIRST: name}


async def test_request_that_is_gone(works: Works) -> None:
    retry = ResetRequest(
        id="r2", created_at=works.clock(), source="api", methods=[], target_count=1, retry_of=FIRST, ranges=[]
    )
    assert await related_names(works.services, retry) == {FIRST: "3f0c9a52"}
