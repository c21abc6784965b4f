"""A whole request with the client that openapi-python-client generates: argv is the base URL and the key."""

import json
import sys

from mfa_reset_api_client import AuthenticatedClient
from mfa_reset_api_client.api.directory import list_customers, list_users
from mfa_reset_api_client.api.reset_requests import create_reset_request, get_reset_request, list_targets
from mfa_reset_api_client.models import CustomerTargets, NewResetRequest, Problem

BASE, KEY = sys.argv[1:3]

with AuthenticatedClient(BASE, token=KEY, prefix="", auth_header_name="x-functions-key") as client:
    body = NewResetRequest(
        targets=[CustomerTargets(customer="contoso", users=["adele@contoso.com"])],
        reason="Lost phone",
        requester="tech@msp.example",
    )
    created = create_reset_request.sync(client=client, body=body, idempotency_key="openapi-python-client")
    print(created.id, flush=True)
    sys.stdin.readline()  # approved meanwhile
    request = get_reset_request.sync(created.id, client=client)
    targets = list_targets.sync(created.id, client=client, limit=10).value
    users = list_users.sync(client=client, customers="contoso", enabled=True, limit=5)
    unknown = get_reset_request.sync("none", client=client)
    assert isinstance(unknown, Problem)
    said = {
        "status": request.status.value,
        "ended": request.ended_at.year > 2000,
        "outcomes": [target.outcome.value for target in targets],
        "methods": sorted({method.outcome.value for target in targets for method in target.methods}),
        "customers": sorted(customer.customer for customer in list_customers.sync(client=client).value),
        "users": len(users.value),
        "unknown": unknown.type_,
    }
    print(json.dumps(said))
