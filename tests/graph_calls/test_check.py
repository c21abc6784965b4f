"""What is held against Microsoft's description, and against the table of what it does not say."""

from typing import Any

import pytest

from tests.graph_calls.check import COMMAND, WHAT, mistakes_in, undocumented
from tests.graph_calls.supported import SUPPORTED
from tests.tools import require_tool

EVENTUAL = {"ConsistencyLevel": "eventual"}
REVOKE = {"id": "0", "method": "POST", "url": "/users/x/revokeSignInSessions"}
JSON = {"Content-Type": "application/json"}


def call(url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"method": method, "url": url, "headers": {}, "body": None, "response": None} | more


@pytest.mark.parametrize(
    ("made", "mistake"),
    [
        (call("/v1.0/users?$filter=jobTitle%20eq%20'x'"), "$filter: 'jobTitle eq'"),
        (call("/v1.0/users?$filter=startswith(displayName,'jobTitle eq ')"), ""),
        (call("/v1.0/users?$filter=id%20in%20('x')"), "$filter: 'id in'"),
        (call("/v1.0/users?$filter=id%20in%20('x')&$count=true", headers=EVENTUAL), ""),
        (call("/v1.0/users/x?$expand=memberOf"), "$expand: 'memberOf'"),
        (call("/v1.0/users/x?$expand=manager($select=id)"), ""),
        (call("/v1.0/users('$x@y.com')?$select=id"), ""),
        (call("/v1.0/users/x/authentication/methods?$top=1"), "$top is not supported"),
        (call("/v1.0/users/x/transitiveMemberOf/microsoft.graph.directoryRole"), "needs ConsistencyLevel"),
        (call("/v1.0/users/x/transitiveMemberOf/microsoft.graph.directoryRole?$count=true", headers=EVENTUAL), ""),
        (call("/v1.0/users/..%2F..%2Fgroups?$select=id"), ""),
        (call("/v1.0/users/x/messages"), "supported.py has no row for it"),
        (call("/v1.0/$batch", "POST"), ""),
        (call("/v1.0/users/x/sendMail", "POST"), ""),
    ],
)
def test_what_the_documentation_does_not_name_is_a_mistake(made: dict[str, Any], mistake: str) -> None:
    found = undocumented(made, known=True)
    assert (mistake in "".join(found)) if mistake else not found


@pytest.mark.parametrize(
    ("made", "good"),
    [
        (call("/beta/users/x/authentication/hardwareOathMethods"), True),
        (call("/v1.0/users/x/authentication/hardwareOathMethods"), False),
        (call("/beta/users/x/authentication/hardwareOathMethods/y/deactivate", "POST"), True),
        (call("/beta/users/x/authentication/hardwareOathMethods/y/explode", "POST"), False),
        (call("/beta/users/x/authentication/signInPreferences"), False),
    ],
)
def test_what_the_description_does_not_know_needs_a_reason(made: dict[str, Any], good: bool) -> None:
    assert (not undocumented(made, known=False)) is good


def test_every_row_has_its_source() -> None:
    assert all(row.source.startswith(("[d] ", "[s] ")) for row in SUPPORTED)
    assert len({row.path for row in SUPPORTED}) == len(SUPPORTED)


def test_microsofts_own_parser_finds_what_is_not_graphs() -> None:
    command = require_tool(COMMAND, WHAT)
    wrong_type = {"value": [{"id": "x", "createdDateTime": "yesterday"}]}
    calls = [
        call("/v1.0/users/x?$select=id"),
        call("/v1.0/$batch", "POST", headers=JSON, body={"requests": [REVOKE]}),
        call("/v1.0/$batch", "POST", headers=JSON, body={"requests": [REVOKE | {"headers": JSON, "body": {}}]}),
        call("/v1.0/users?$select=nonsense"),
        call("/v1.0/users?$select=id,createdDateTime", response=wrong_type),
    ]
    found = mistakes_in(calls, command)
    assert [mistake.partition(": ")[0] for mistake in found] == [
        "POST /v1.0/$batch",
        "GET /v1.0/users?$select=nonsense",
        "GET /v1.0/users?$select=id,createdDateTime",
    ]
    assert "no Content-Type header or no body" in found[0]
