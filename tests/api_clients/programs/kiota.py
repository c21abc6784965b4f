"""A whole request with the client that Kiota generates: argv is the base URL and the key."""

import asyncio
import json
import sys

from kiota_abstractions.authentication import ApiKeyAuthenticationProvider, KeyLocation
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_http.httpx_request_adapter import HttpxRequestAdapter
from mfa_reset_kiota.api.users.users_request_builder import UsersRequestBuilder
from mfa_reset_kiota.mfa_reset_kiota import MfaResetKiota
from mfa_reset_kiota.models.customer_targets import CustomerTargets
from mfa_reset_kiota.models.new_reset_request import NewResetRequest
from mfa_reset_kiota.models.problem import Problem

BASE, KEY = sys.argv[1:3]


async def main() -> None:
    provider = ApiKeyAuthenticationProvider(KeyLocation.Header, KEY, "x-functions-key")
    adapter = HttpxRequestAdapter(provider)
    adapter.base_url = BASE
    api = MfaResetKiota(adapter).api
    body = NewResetRequest(
        targets=[CustomerTargets(customer="contoso", users=["adele@contoso.com"])],
        reason="Lost phone",
        requester="tech@msp.example",
    )
    created = await api.reset_requests.post(body)
    print(created.id, flush=True)
    await asyncio.to_thread(sys.stdin.readline)  # approved meanwhile
    one = api.reset_requests.by_id(str(created.id))
    request, targets, customers = await one.get(), (await one.targets.get()).value, await api.customers.get()
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(customers="contoso", enabled=True, limit=5)
    users = await api.users.get(RequestConfiguration(query_parameters=query))
    try:
        await api.reset_requests.by_id("none").get()
        raise AssertionError("there is no such request")
    except Problem as problem:
        unknown = problem.type
    said = {
        "status": request.status.value,
        "ended": request.ended_at.year > 2000,
        "outcomes": [target.outcome.value for target in targets],
        "methods": sorted({method.outcome.value for target in targets for method in target.methods}),
        "customers": sorted(customer.customer for customer in customers.value),
        "users": len(users.value),
        "unknown": unknown,
    }
    print(json.dumps(said))


asyncio.run(main())
