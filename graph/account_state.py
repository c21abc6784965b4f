"""Whether users may sign in, and what Entra ID Protection takes their risk to be. All of it may be repeated.

Sources: Graph documentation, "Update user" (accountEnabled), "user: revokeSignInSessions", "riskyUser: confirmCompromised" and
"riskyUser: dismiss". None of it was tried against a real tenant.
"""

from collections.abc import Sequence

from graph.batch import Part, batch
from graph.client import GraphClient, segment
from graph.errors import Fault, GraphError
from graph.responses import Response

# Users in one call. The page of v1.0 names no limit; that of beta's dismiss says sixty.
RISKY_USERS = 60


async def set_enabled(client: GraphClient, user_ids: Sequence[str], *, enabled: bool) -> list[Response]:
    """Let these users sign in, or not. Different users' updates may share a batch: they do not collide."""
    body = {"accountEnabled": enabled}
    return await batch(
        client, [Part(f"users/{segment(each)}", "PATCH", body=body, repeatable=True) for each in user_ids]
    )


async def revoke_sessions(client: GraphClient, user_ids: Sequence[str]) -> list[Response]:
    """End the sign-in sessions of these users."""
    return await batch(
        client, [Part(f"users/{segment(each)}/revokeSignInSessions", "POST", repeatable=True) for each in user_ids]
    )


async def confirm_compromised(client: GraphClient, user_ids: Sequence[str]) -> list[Response]:
    """Set the risk of these users to high. Needs P2."""
    return await _set_risk(client, "confirmCompromised", user_ids)


async def dismiss_risk(client: GraphClient, user_ids: Sequence[str]) -> list[Response]:
    """Set the risk of these users to none. Needs P2."""
    return await _set_risk(client, "dismiss", user_ids)


async def _set_risk(client: GraphClient, action: str, user_ids: Sequence[str]) -> list[Response]:
    """Return an answer for each user. Where a call about several is refused for one of them, each is asked about alone."""
    answers: list[Response] = []
    for start in range(0, len(user_ids), RISKY_USERS):
        some = user_ids[start : start + RISKY_USERS]
        (answer,) = await batch(client, [_risk_part(action, some)])
        if len(some) > 1 and not answer.ok and answer.error().fault in {Fault.NOT_FOUND, Fault.REFUSED}:
            answers += await batch(client, [_risk_part(action, [each]) for each in some])
        else:
            answers += [answer] * len(some)
    return answers


def _risk_part(action: str, user_ids: Sequence[str]) -> Part:
    return Part(f"identityProtection/riskyUsers/{action}", "POST", body={"userIds": list(user_ids)}, repeatable=True)


async def enabled_members(client: GraphClient) -> int:
    """Return how many members of the tenant can sign in. Raises: GraphError.

    A filter with `$count` is an advanced query. (Graph documentation, aad-advanced-queries)
    """
    query = "$filter=accountEnabled%20eq%20true%20and%20userType%20eq%20'Member'&$count=true&$top=1&$select=id"
    body = await client.get(f"users?{query}", headers={"ConsistencyLevel": "eventual"})
    many = body.get("@odata.count")
    if not isinstance(many, int):
        raise GraphError(Fault.UNAVAILABLE, "Graph's answer does not say how many users there are")
    return many
