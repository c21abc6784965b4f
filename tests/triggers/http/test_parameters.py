"""Every endpoint refuses a query parameter that is not a whole number, and ignores form values that are not."""

from pathlib import Path

import pytest

from tests.system import system
from triggers.http.parameters import selected_numbers


@pytest.mark.parametrize("text", ["-1", "x", "²", "٣", "1e3", "9" * 10, "1.0"])
async def test_every_endpoint_refuses_what_is_not_a_whole_number(tmp_path: Path, text: str) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        own = f"/api/reset-requests/{request['id']}"
        for path, name in (
            ("/api/reset-requests", "limit"),
            (f"{own}/targets", "limit"),
            (f"{own}/targets", "cursor"),
            (f"{own}/audit", "cursor"),
            (f"{own}/export", "cursor"),
            ("/api/users", "limit"),
            ("/api/authentication-methods", "olderThanDays"),
        ):
            problem = await it.call("GET", path, 400, params={name: text})
            assert problem["errors"] == [{"pointer": f"/query/{name}", "detail": "must be a whole number"}]


def test_selected_values_that_are_not_numbers_are_ignored() -> None:
    assert selected_numbers({"without": ["1", "1", "007", "-1", "x", "²", "9" * 10, ""]}) == {1, 7}
    assert selected_numbers({}) == frozenset()
