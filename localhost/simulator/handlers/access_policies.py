"""A tenant's Conditional Access policies: its own, or those that its switches stand for."""

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from localhost.simulator.model.entities import Tenant


def access_policies(tenant: Tenant) -> list[dict[str, Any]]:
    """Return the policies as Graph lists them. Without its own a tenant has one that requires MFA or only reports, and one about
    registering security information."""
    return [*_signing_in(tenant), *_registering(tenant)] if tenant.policies is None else tenant.policies


def _signing_in(tenant: Tenant) -> list[dict[str, Any]]:
    policy = {
        "id": str(uuid5(NAMESPACE_DNS, f"mfa-for-all.{tenant.id}")),
        "displayName": "Require MFA for all users",
        "state": "enabled" if tenant.enforces == "conditionalAccess" else "enabledForReportingButNotEnforced",
        "conditions": {
            "users": {"includeUsers": ["All"], "excludeUsers": []},
            "applications": {"includeApplications": ["All"]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
    return [policy]


def _registering(tenant: Tenant) -> list[dict[str, Any]]:
    """Return the policy of Microsoft's template "Securing security info registration", or the stricter one that blocks."""
    if tenant.registering == "open":
        return []
    policy = {
        "id": str(uuid5(NAMESPACE_DNS, f"registering.{tenant.id}")),
        "displayName": "Secure registration of security information",
        # Policies cannot be on together with security defaults. [d]
        "state": "disabled" if tenant.enforces == "securityDefaults" else "enabled",
        "conditions": {
            "users": {"includeUsers": ["All"], "excludeUsers": []},
            "applications": {"includeApplications": [], "includeUserActions": ["urn:user:registersecurityinfo"]},
            "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
        },
        "grantControls": {
            "operator": "OR",
            "builtInControls": ["block" if tenant.registering == "blocked" else "mfa"],
        },
    }
    return [policy]
