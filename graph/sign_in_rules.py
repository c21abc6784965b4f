"""Whether anything in a tenant requires multi-factor authentication: where nothing does, a reset leaves the password alone."""

import time
from asyncio import Lock

from graph.client import Graph
from graph.errors import GraphError

_KEPT_FOR = 300.0  # seconds; the answer only warns


async def requires_mfa(graph: Graph, tenant_id: str) -> bool | None:
    """Whether security defaults or an enabled Conditional Access policy asks for MFA; None where that cannot be read."""
    key = ("requires_mfa", tenant_id)
    async with graph.locks.setdefault(key, Lock()):
        kept = graph.kept.get(key)
        if kept and kept[0] > time.monotonic():
            answer: bool | None = kept[1]
            return answer
        answer = await _read(graph, tenant_id)
        graph.kept[key] = (time.monotonic() + _KEPT_FOR, answer)
        return answer


async def _read(graph: Graph, tenant_id: str) -> bool | None:
    client = graph.of(tenant_id)
    try:
        defaults = await client.get("policies/identitySecurityDefaultsEnforcementPolicy")
        if defaults.get("isEnabled"):
            return True
        policies = await client.get("identity/conditionalAccess/policies?$select=state,grantControls")
    except GraphError:
        return None
    return any(_asks(policy) for policy in policies.get("value", []))


def _asks(policy: dict[str, object]) -> bool:
    controls = policy.get("grantControls")
    if policy.get("state") != "enabled" or not isinstance(controls, dict):
        return False
    return "mfa" in (controls.get("builtInControls") or []) or bool(controls.get("authenticationStrength"))
