"""Authentication end to end: tokens through App Service authentication to the served app."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from mfa_reset_client import AsyncClient, AuthenticationError, Client, CustomerTargets
from mfa_reset_client.commands import options
from mfa_reset_client.credentials import AuthMethod
from tests.client.app_service import SETTINGS, SIGN_IN_APP, Platform, app_service
from tests.client.harness import Waits, command
from tests.system import system

ADELE = [CustomerTargets(customer="contoso", users=["adele@contoso.com"])]


class Credential:
    """Gives tokens that the platform accepts, or `token`."""

    def __init__(self, platform: Platform, token: str | None = None) -> None:
        self._platform = platform
        self._token = token

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(self._token or self._platform.issue_token(), int(time.time()) + 3600)


async def test_both_clients_reach_the_service_with_tokens(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform:
        credential = Credential(platform)
        with Client(platform.url, credential=credential, audience=SIGN_IN_APP) as client:
            accepted = await asyncio.to_thread(client.create, ADELE, reason="Lost phone")
        async with AsyncClient(platform.url, credential=credential, audience=SIGN_IN_APP) as same:
            assert (await same.get(accepted.request.id)).reason == "Lost phone"


async def test_a_key_where_tokens_are_required_is_explained(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform:
        with Client(platform.url, "a-key") as client, pytest.raises(AuthenticationError, match=SIGN_IN_APP):
            await asyncio.to_thread(client.get, "1")
        ran = await command(Waits(it), "status", "1", "--url", platform.url, "--json")
        assert (ran.code, json.loads(ran.out)["error"]["reason"]) == (10, "authenticationFailed")
        assert "redirected to a sign-in page" in ran.err


async def test_a_token_that_the_service_rejects_is_explained(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform:
        wrong = Credential(platform, "a-token-for-another-audience")
        client = Client(platform.url, credential=wrong, audience="another")
        with client, pytest.raises(AuthenticationError, match="rejected the token") as caught:
            await asyncio.to_thread(client.get, "1")
        assert "a-token" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "env", "used"),
    [
        (("--auth", "azure-cli"), {}, AuthMethod.AZURE_CLI),
        ((), {"MFA_RESET_AUTH": "managed-identity"}, AuthMethod.MANAGED_IDENTITY),
        ((), {"MFA_RESET_KEY": ""}, AuthMethod.DEFAULT),
    ],
)
async def test_the_command_signs_in_as_it_is_asked_to(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    env: dict[str, str],
    used: AuthMethod,
) -> None:
    methods: list[AuthMethod] = []
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform:

        def credential_for(method: AuthMethod, _: object) -> Credential:
            methods.append(method)
            return Credential(platform)

        monkeypatch.setattr(options, "credential_for", credential_for)
        request = await it.ask(contoso=["adele@contoso.com"])
        where = {"MFA_RESET_URL": platform.url, "MFA_RESET_AUDIENCE": SIGN_IN_APP}
        ran = await command(Waits(it), "status", request["id"], *arguments, env=where | env)
        assert (ran.code, methods) == (0, [used]), ran.err


@pytest.mark.parametrize(
    ("arguments", "env", "message"),
    [
        (("--auth", "azure-cli"), {}, "MFA_RESET_AUDIENCE"),
        ((), {"MFA_RESET_KEY": ""}, "to use a function key instead"),
        (("--auth", "key"), {"MFA_RESET_KEY": ""}, "MFA_RESET_KEY"),
        (("--auth", "password"), {}, "azure-cli"),
        (("--auth", "client-secret", "--audience", "a"), {}, "AZURE_CLIENT_SECRET"),
    ],
)
async def test_what_is_missing_is_named(
    tmp_path: Path, arguments: tuple[str, ...], env: dict[str, str], message: str
) -> None:
    async with system(tmp_path) as it:
        ran = await command(Waits(it), "status", "1", *arguments, env=env)
        assert (ran.code, ran.out) == (2, "")
        assert message in ran.err


@pytest.mark.parametrize("credential", [None, object()])
def test_a_key_and_a_credential_exclude_each_other(credential: Any) -> None:
    with pytest.raises(ValueError, match=r"either|audience"):
        Client("https://host.example", "k" if credential else None, credential=credential)
