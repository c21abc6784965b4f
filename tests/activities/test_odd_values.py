"""Whatever value stands in a field of an answer of Graph's: the request ends, says what is so, and harms no other user.

The request of `whole_request.py`, with one value of one kind of answer replaced by an odd one, in every answer of that kind.
"""

import json
import random
from typing import Any, override

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.outcomes import TargetOutcome
from tests.activities.whole_request import WholeRequest, run, whole_request
from tests.odd_values import HUGE, ODD, Place, places, put

pytestmark = pytest.mark.usefixtures("unrecorded")

type Spot = tuple[str, Place]


class OddAnswers(httpx.AsyncBaseTransport):
    """Answers as the simulator but for the value at `spot`; notes in `seen` which values there are."""

    def __init__(self, inner: httpx.AsyncBaseTransport, spot: Spot, odd: Any) -> None:
        self._inner = inner
        self._spot, self._odd = spot, odd
        self.names: dict[str, str] = {}
        self.seen: dict[Spot, None] = {}

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        content = await response.aread()
        if not content:
            return response
        body, url = json.loads(content), request.url.raw_path.decode()
        if url.endswith("/$batch"):
            body = self._changed_batch(body, url.removesuffix("/$batch"), json.loads(request.content)["requests"])
        else:
            body = self._changed(f"{request.method} {url}", body)
        return httpx.Response(response.status_code, content=json.dumps(body).encode())

    def _changed_batch(self, body: dict[str, Any], version: str, parts: list[dict[str, Any]]) -> Any:
        calls = {part["id"]: f"{part['method']} {version}{part['url']}" for part in parts}
        responses = [part | {"body": self._changed(calls[part["id"]], part.get("body"))} for part in body["responses"]]
        return self._changed("POST $batch", body | {"responses": responses}, deepest=3)

    def _changed(self, call: str, body: Any, deepest: int = 99) -> Any:
        for name, short in self.names.items():
            call = call.replace(name, short)
        self.seen |= {(call, place): None for place in places(body) if len(place) <= deepest}
        return put(body, self._spot[1], self._odd) if self._spot[0] == call else body


def is_possible(place: Place, odd: Any) -> bool:
    """Whether the answer would be one that Graph could give: a whole list that is empty says that nothing is there."""
    return odd == [] and place[-1:] == ("value",)


async def attempt(spot: Spot, odd: Any, *, one_by_one: bool) -> tuple[dict[Spot, None], list[TargetOutcome]]:
    transports: list[OddAnswers] = []

    def around(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        transports.append(OddAnswers(inner, spot, odd))
        return transports[0]

    async with whole_request(around) as whole:
        transports[0].names = names_in(whole)
        if one_by_one:
            whole.works.without_tenant_wide_lists()
        targets = await whole.run()
        await whole.check(targets)
        return transports[0].seen, [target.outcome for target in targets]


def names_in(whole: WholeRequest) -> dict[str, str]:
    names = {whole.ann.id: "ANN", whole.bob.id: "BOB", whole.group.id: "GROUP"}
    return names | {"ann%40contoso.com": "ANN", "bob%40contoso.com": "BOB"}


@pytest.fixture(scope="module")
def spots() -> list[tuple[bool, Spot]]:
    """Every value of every answer, for both ways of asking who is privileged."""
    found = []
    for one_by_one in (False, True):
        seen, outcomes = run(attempt(("", ()), None, one_by_one=one_by_one))
        assert outcomes == [TargetOutcome.RESET] * 2
        found += [(one_by_one, spot) for spot in seen]
    calls = " ".join(call for _, (call, _) in found)
    for read in (
        *("oauth2", "authentication/methods", "hardwareOathMethods", "signInPreferences", "requirements"),
        *("users?", "roleAssignments", "roleEligibility", "privilegedAccess/group", "members", "owners", "memberOf"),
        *("ownedObjects", "policies?", "namedLocations", "evaluate", "SecurityDefaults", "revokeSignIn", "$batch"),
    ):
        assert read.lower() in calls.lower()
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_odd_value_harms_at_most_the_user_whom_it_is_about(spots: list[tuple[bool, Spot]], data: st.DataObject) -> None:
    one_by_one, spot = data.draw(st.sampled_from(spots))
    odd = data.draw(st.sampled_from([odd for odd in ODD if not is_possible(spot[1], odd)]))
    _, outcomes = run(attempt(spot, odd, one_by_one=one_by_one))
    if "ANN" in spot[0] and "BOB" not in spot[0]:
        assert outcomes[1] is TargetOutcome.RESET


def passkeys(many: int, length: int) -> list[dict[str, str]]:
    made = random.Random(2)  # noqa: S311 - texts that compression does not make smaller
    kind = {"@odata.type": "#microsoft.graph.fido2AuthenticationMethod"}
    return [kind | {"id": made.randbytes(length // 2).hex()} for _ in range(many)]


LINK, ROLE = ("@odata.nextLink",), ("value", 0, "roleDefinition")
FOUND: list[tuple[bool, str, Place, Any]] = [
    (False, "GET /v1.0/users/ANN/authentication/methods", LINK, "http://[::1"),
    (False, "GET /v1.0/roleManagement/directory/roleAssignments?$expand=roleDefinition", ROLE, "junk"),
    (False, "GET /v1.0/roleManagement/directory/roleEligibilityScheduleInstances?$expand=roleDefinition", ROLE, [[]]),
    (False, "POST /99999999-9999-9999-9999-999999999999/oauth2/v2.0/token", ("access_token",), "a\r\n\u202e"),
    (False, "GET /v1.0/roleManagement/directory/roleEligibilityScheduleInstances?$expand=roleDefinition", (*ROLE, "displayName"), HUGE),
    (False, "GET /v1.0/users/ANN/authentication/methods", ("value", 2, "@odata.type"), ""),
    (False, "GET /v1.0/users/ANN/authentication/methods", ("value",), passkeys(400, 1800)),
]  # fmt: skip


@pytest.mark.parametrize(("one_by_one", "call", "place", "odd"), FOUND, ids=range(len(FOUND)))
def test_values_that_once_broke_a_request(one_by_one: bool, call: str, place: Place, odd: Any) -> None:
    seen, outcomes = run(attempt((call, place), odd, one_by_one=one_by_one))
    assert any(known == call for known, _ in seen)
    if "ANN" in call:
        assert outcomes[1] is TargetOutcome.RESET
