"""List what reconciliation found, the latest first, and how each customer stands."""

import asyncio

from domain.cursors import seal, unseal
from domain.reconciliation.alerts import CustomerReconciliation, ReconciliationPage, RemovalAlert
from services import Services

_QUESTION = "removal alerts"


async def list_removal_alerts(
    services: Services, reach: frozenset[str] | None, cursor: str, limit: int
) -> ReconciliationPage:
    """Return a page about the customers in `reach`, None: all. Raises: InvalidInputError for a cursor that is not of this list."""
    ring = services.settings.approval_keys
    after = str(unseal(ring, _QUESTION, cursor)) if cursor else ""
    found: list[RemovalAlert] = []
    following: str | None = after
    while following is not None and len(found) < limit:
        page, following = await services.reconciliations.page(following, limit)
        found += [alert for alert in page if reach is None or alert.customer in reach]
    keys = [key for key in services.policy.customers if reach is None or key in reach]
    return ReconciliationPage(
        enabled=services.policy.reconciliation.enabled,
        customers=list(await asyncio.gather(*(_customer(services, key) for key in keys))),
        value=found,
        cursor=seal(ring, _QUESTION, following) if following else None,
    )


async def _customer(services: Services, key: str) -> CustomerReconciliation:
    tenant_id = services.policy.customers[key].tenant_id
    state = await services.reconciliations.state(tenant_id)
    return CustomerReconciliation(
        customer=key,
        tenant_id=tenant_id,
        state=state.state,
        detail=state.detail,
        began_at=state.began_at,
        read_until=state.read_until,
        tried_at=state.tried_at,
    )
