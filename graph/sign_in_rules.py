"""Whether anything in a tenant requires multi-factor authentication: where nothing does, a reset leaves the password alone."""

import time
from asyncio import Lock
from typing import Any, NamedTuple

from graph.client import Graph
from graph.errors import GraphError
from graph.paging import read_all

_KEPT_FOR = 300.0  # seconds; the answer only warns


class MfaRules(NamedTuple):
    """Whether something asks for MFA to sign in or to register methods, and whether registering is forbidden.

    Whom a policy leaves out, and from where, is not looked at: an approver is warned once too often rather than not at all.
    """

    to_sign_in: bool
    to_register: bool = False
    registering_blocked: bool = False


async def requires_mfa(graph: Graph, tenant_id: str) -> MfaRules | None:
    """Return what security defaults and the enabled Conditional Access policies ask for; None where that cannot be read."""
    key = ("requires_mfa", tenant_id)
    async with graph.locks.setdefault(key, Lock()):
        kept = graph.kept.get(key)
        if kept and kept[0] > time.monotonic():
            answer: MfaRules | None = kept[1]
            return answer
        answer = await _read(graph, tenant_id)
        graph.kept[key] = (time.monotonic() + _KEPT_FOR, answer)
        return answer


async def _read(graph: Graph, tenant_id: str) -> MfaRules | None:
    client = graph.of(tenant_id)
    try:
        defaults = await client.get("policies/identitySecurityDefaultsEnforcementPolicy")
        if defaults.get("isEnabled"):  # never on together with Conditional Access
            return MfaRules(to_sign_in=True)
        found = await read_all(client, "identity/conditionalAccess/policies?$select=state,conditions,grantControls")
    except GraphError:
        return None
    policies = [policy for policy in found if policy.get("state") == "enabled"]
    registering = [policy for policy in policies if _REGISTER in _actions(policy)]
    return MfaRules(
        to_sign_in=any(_asks(policy) for policy in policies if policy not in registering),
        to_register=any(_asks(policy) for policy in registering),
        registering_blocked=any(_blocks(policy) for policy in registering),
    )


# The user action of policies about registering security information.
_REGISTER = "urn:user:registersecurityinfo"


def _actions(policy: dict[str, Any]) -> list[str]:
    applications = (policy.get("conditions") or {}).get("applications") or {}
    return applications.get("includeUserActions") or []


def _asks(policy: dict[str, Any]) -> bool:
    controls = policy.get("grantControls") or {}
    return "mfa" in (controls.get("builtInControls") or []) or bool(controls.get("authenticationStrength"))


def _blocks(policy: dict[str, Any]) -> bool:
    return "block" in ((policy.get("grantControls") or {}).get("builtInControls") or [])
