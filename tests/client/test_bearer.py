"""Tokens are sent, kept and renewed."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from mfa_reset_client import AuthenticationError
from mfa_reset_client.bearer import BearerAuth


@dataclass
class Credential:
    """Gives tokens that last an hour; `scopes` are those requested."""

    now: float = 1_000_000
    scopes: list[str] = field(default_factory=list)

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken(f"token-{len(self.scopes)}", int(self.now) + 3600)


def get(auth: httpx.Auth) -> str:
    with httpx.Client(transport=httpx.MockTransport(echo), auth=auth) as http:
        return http.get("https://host.example").text


def echo(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text=request.headers["Authorization"])


def test_a_token_is_used_until_five_minutes_before_its_end() -> None:
    credential = Credential()
    auth = BearerAuth(credential, "11112222-3333", lambda: credential.now)
    assert [get(auth), get(auth)] == ["Bearer token-1"] * 2
    credential.now += 3299
    assert get(auth) == "Bearer token-1"
    credential.now += 2
    assert get(auth) == "Bearer token-2"


async def test_the_async_client_sends_the_same() -> None:
    auth = BearerAuth(Credential(), "11112222-3333", lambda: 1_000_000)
    async with httpx.AsyncClient(transport=httpx.MockTransport(echo), auth=auth) as http:
        assert (await http.get("https://host.example")).text == "Bearer token-1"


@pytest.mark.parametrize(
    ("audience", "scope"),
    [
        ("11112222-3333", "11112222-3333/.default"),
        (" api://mfa-reset/ ", "api://mfa-reset/.default"),
        ("api://mfa-reset/.default", "api://mfa-reset/.default"),
    ],
)
def test_the_scope_is_the_default_one_of_the_audience(audience: str, scope: str) -> None:
    credential = Credential()
    get(BearerAuth(credential, audience, lambda: credential.now))
    assert credential.scopes == [scope]


def test_an_audience_is_required() -> None:
    with pytest.raises(ValueError, match="audience is missing"):
        BearerAuth(Credential(), " ")


def test_a_token_that_is_not_issued_is_an_error_of_the_client() -> None:
    class Failing(Credential):
        def get_token(self, *scopes: str, **_: Any) -> AccessToken:
            raise ClientAuthenticationError("AADSTS700016")

    with pytest.raises(AuthenticationError, match="AADSTS700016"):
        get(BearerAuth(Failing(), "a"))
