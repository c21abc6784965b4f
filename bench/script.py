"""What people run today: list, delete each, list again, one user after the other, through msgraph-sdk's typed calls."""

import argparse
import asyncio
import json
import resource
import time
from typing import Any, override

from bench.world import tenants


async def run(graph: str, customers: int, users: int) -> dict[str, float]:
    start = time.perf_counter()
    import httpx
    from kiota_abstractions.authentication import (
        AccessTokenProvider,
        AllowedHostsValidator,
        BaseBearerTokenAuthenticationProvider,
    )
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient

    class Tokens(AccessTokenProvider):
        def __init__(self, token: str) -> None:
            self._token = token

        @override
        async def get_authorization_token(self, uri: str, additional_authentication_context: object = None) -> str:
            return self._token

        @override
        def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
            return AllowedHostsValidator([])

    async with httpx.AsyncClient(timeout=65) as http:
        for tenant in tenants(customers, users):
            form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "x", "scope": "x/.default"}
            token = (await http.post(f"{graph}/{tenant.id}/oauth2/v2.0/token", data=form)).json()["access_token"]
            adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(Tokens(token)))
            adapter.base_url = f"{graph}/v1.0"
            client = GraphServiceClient(request_adapter=adapter)
            for user in tenant.users:
                await _reset(client, user)
    used = resource.getrusage(resource.RUSAGE_SELF)
    took = time.perf_counter() - start
    return {"plan": 0.0, "reset": took, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss * 1024}


async def _reset(client: Any, user_id: str) -> None:
    from kiota_abstractions.api_error import APIError
    from kiota_abstractions.base_request_configuration import RequestConfiguration

    authentication = client.users.by_user_id(user_id).authentication
    listed = await authentication.methods.get()
    for _ in range(2):  # once more for what was refused because it was the default
        for method in listed.value if listed and listed.value else []:
            item = _item(authentication, method)
            if item is not None:
                try:
                    await item.delete()
                except APIError:
                    continue
        listed = await authentication.methods.get()
        if not [m for m in (listed.value if listed else None) or [] if _standard(m.odata_type or "")]:
            break
    json_type: RequestConfiguration[Any] = RequestConfiguration()
    json_type.headers.add("Content-Type", "application/json")  # an empty POST without one is refused
    await client.users.by_user_id(user_id).revoke_sign_in_sessions.post(json_type)


def _item(authentication: Any, method: Any) -> Any:
    """Return the request builder of one method; None for a type that a standard reset leaves alone."""
    match (method.odata_type or "").rpartition(".")[2].removesuffix("AuthenticationMethod"):
        case "phone":
            return authentication.phone_methods.by_phone_authentication_method_id(method.id or "")
        case "microsoftAuthenticator":
            apps = authentication.microsoft_authenticator_methods
            return apps.by_microsoft_authenticator_authentication_method_id(method.id or "")
        case "softwareOath":
            return authentication.software_oath_methods.by_software_oath_authentication_method_id(method.id or "")
    return None


def _standard(odata_type: str) -> bool:
    return odata_type.rpartition(".")[2].startswith(("phone", "microsoftAuthenticator", "softwareOath"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("graph")
    parser.add_argument("customers", type=int)
    parser.add_argument("users", type=int)
    given = parser.parse_args()
    print(json.dumps(asyncio.run(run(given.graph, given.customers, given.users))))
