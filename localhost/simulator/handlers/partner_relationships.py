"""`GET /tenantRelationships/delegatedAdminCustomers` and `.../delegatedAdminRelationships`: a partner's customers (GDAP)."""

from typing import Any

from localhost.simulator.model.entities import PartnerRelationship
from localhost.simulator.model.timestamps import stamp
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.protocol.paging import page
from localhost.simulator.world.world import World

STATUSES = frozenset(
    {
        "activating", "active", "approvalPending", "approved", "created", "expired", "expiring", "terminated",
        "terminating", "terminationRequested",
    }
)  # fmt: skip
# A customer is in the list while it has a relationship that is active. [d resources/delegatedadmincustomer]
_ACTIVE = frozenset({"active", "terminationRequested", "terminating", "expiring"})
# $top is documented, a size of pages without it is not. [d; inf]
_LARGEST = 300


def list_customers(world: World, request: Request) -> Response:
    names = {
        one.customer: one.customer_name
        for one in request.own_tenant.relationships
        if one.status in _ACTIVE and one.customer is not None
    }
    rows = []
    for tenant_id, name in names.items():
        tenant = world.tenants.get(tenant_id)
        rows.append({"id": tenant_id, "tenantId": tenant_id, "displayName": tenant.name if tenant else name})
    return _listed(request, rows, "delegatedAdminCustomer", "delegatedAdminCustomers")


def list_relationships(_: World, request: Request) -> Response:
    rows = [_row(one) for one in request.own_tenant.relationships]
    return _listed(request, rows, "delegatedAdminRelationship", "delegatedAdminRelationships")


def _listed(request: Request, rows: list[dict[str, Any]], kind: str, what: str) -> Response:
    rows = [row for row in rows if request.options.passes(row)]
    if order := request.options.order:
        rows.sort(key=lambda row: str(row[order]), reverse=request.options.descending)
    names = request.options.select

    def show(row: dict[str, Any]) -> dict[str, Any]:
        # The type and the tag come with every row, whatever is selected. [d]
        marks = {"@odata.type": f"#microsoft.graph.{kind}", "@odata.etag": f'W/"{row["id"][:8]}"'}
        return marks | {name: row[name] for name in names or row}

    return page(request, rows, show, f"tenantRelationships/{what}", size=_LARGEST, largest=_LARGEST)


def _row(one: PartnerRelationship) -> dict[str, Any]:
    customer = None if one.customer is None else {"tenantId": one.customer, "displayName": one.customer_name}
    return {
        "id": one.id,
        "displayName": one.name,
        "duration": f"P{one.duration}D",
        "customer": customer,
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role} for role in one.roles]},
        "status": one.status,
        "autoExtendDuration": one.auto_extend,
        "createdDateTime": stamp(one.created),
        "lastModifiedDateTime": stamp(one.created),
        "activatedDateTime": stamp(one.created) if one.ends else None,
        "endDateTime": stamp(one.ends) if one.ends else None,
    }
