"""Whatever value stands in a response of Graph: it is read as something that can be stored, or is a fault of that response."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.request.target import Target, TargetMethod
from graph.errors import GraphError
from graph.methods import hardware_listed, listed, preference_in
from graph.responses import Response, parsed, retry_after
from graph.users import user_of

TEXTS = ["", " ", "x" * 100_000, "\ud83d", "\x00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999-14:00", "NaN"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
)
MISSING = object()
KINDS = ["phone", "microsoftAuthenticator", "fido2", "windowsHelloForBusiness", "email", "externalAuthenticationMethod"]


def _itself(chosen: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return chosen


def resource(**properties: Any) -> st.SearchStrategy[dict[str, Any]]:
    """An object with these properties, any of which may be missing or of any value."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        name: st.sampled_from([st.just(value)] * 7 + [VALUES, st.just(MISSING)]).flatmap(_itself)
        for name, value in properties.items()
    }
    return st.fixed_dictionaries(fields).map(lambda made: {k: v for k, v in made.items() if v is not MISSING})


METHODS = st.sampled_from(KINDS).flatmap(
    lambda kind: resource(
        **{"@odata.type": f"#microsoft.graph.{kind}AuthenticationMethod"},
        id="3179e48a-750b-4051-897c-87b9720928f7",
        createdDateTime="2022-06-06T16:43:04.6438213Z",
        displayName="phone",
        model="key",
        phoneNumber="+1 2065550100",
        phoneType="mobile",
        emailAddress="adele@home.example",
    )
)
TOKENS = resource(id="t1", displayName="token", device={"serialNumber": "123456", "status": "activated"})
USERS = resource(id="u1", displayName="Adele", userPrincipalName="adele@contoso.com", mail="adele@contoso.com")


def read(body: Any) -> Response:
    """A response as it comes off the wire."""
    return Response(200, {}, parsed(json.dumps(body).encode()))


def storable(target: Target) -> None:
    text = json.dumps(target.to_json(), allow_nan=False)
    assert Target.from_json(json.loads(text)) == target
    assert len(text) < 20_000


@settings(max_examples=200, deadline=None)
@given(st.lists(METHODS | VALUES, max_size=2), st.lists(TOKENS | VALUES, max_size=2), VALUES)
def test_methods_can_be_stored(methods: list[Any], tokens: list[Any], preference: Any) -> None:
    found = []
    try:
        found = [*listed(read({"value": methods})), *hardware_listed(read({"value": tokens}))[0]]
    except GraphError:
        found = []
    assert isinstance(preference_in(read({"userPreferredMethodForSecondaryAuthentication": preference})), str | None)
    planned = [TargetMethod(**method.model_dump()) for method in found]
    storable(Target(number=0, customer="contoso", asked="a", methods=planned, kept=found))
    assert all(method.id for method in found)


@settings(max_examples=200, deadline=None)
@given(USERS)
def test_user_can_be_stored(body: dict[str, Any]) -> None:
    try:
        user = user_of(read(body).body)
    except GraphError:
        return
    storable(Target(number=0, customer="c", asked="a", user_id=user.id, display_name=user.display_name, mail=user.mail))


@pytest.mark.parametrize("text", ["NaN", "-NaN", "inf", "-inf", "soon", "", "1e400"])
def test_time_to_wait_is_a_number_or_none(text: str) -> None:
    seconds = retry_after({"retry-after": text})
    assert seconds is None or 0 <= seconds <= 3600
    assert 0 <= Response(200, {"x-ms-throttle-limit-percentage": text}, {}).pressure < 1000


@pytest.mark.parametrize(
    "content", [b'{"value":' + b"[" * 100_000, b'{"a":"\\ud83d","value":' + b"[" * 990 + b"]" * 990 + b"}"]
)
def test_what_is_nested_too_deeply_is_no_answer(content: bytes) -> None:
    assert parsed(content) == {}
