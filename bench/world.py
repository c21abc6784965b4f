"""The same customers and users for all that are compared, and a policy that lets every one of them be reset."""

from pathlib import Path

from localhost.simulator import World
from localhost.simulator.model.entities import Tenant

HOME = "99999999-9999-9999-9999-999999999999"
SECRET = "a-bearer-token-of-the-benchmark-0123456789"  # noqa: S105 - guards nothing but a benchmark
IN_FLIGHT = 8  # users of one customer at once, the policy's default; the floor gets the same


def tenants(customers: int, users: int) -> list[Tenant]:
    """Return what `python -m localhost.simulator --customers --users` serves."""
    return [tenant for tenant in World.generate(customers, users).tenants.values() if tenant.id != HOME]


def write_policy(path: Path, customers: list[Tenant]) -> None:
    """No approval and no guard stands in the way: what is measured is the work, not the waiting."""
    lines = [
        "[approval]",
        'approvers = ["lead@msp.example"]',
        "[approval.stepUp]",
        "targets = 1000000",
        "quorum = 1",
        "[limits]",
        "targetsPerRequest = 100000",
        "usersPerHour = 1000000",
        "openRequests = 4000",
        f"inFlightPerCustomer = {IN_FLIGHT}",
        "[guards]",
        'privilegedUsers = "allow"',
        'guests = "allow"',
        'disabledUsers = "allow"',
        "[sources.bench]",
        'scheme = "bearer"',
        'secret = "env:BENCH_SECRET"',
        'approval = "exempt"',
        "maxBodyBytes = 10485760",
    ]
    for tenant in customers:
        lines += [f"[customers.{tenant.key}]", f'tenantId = "{tenant.id}"', f'domains = ["{tenant.domain}"]']
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
