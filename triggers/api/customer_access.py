"""Endpoint that checks anew what each customer consented to: for onboarding, and when a customer fails."""

import asyncio
from collections.abc import Iterable

import azure.functions as func

from domain.api.access_responses import (
    AccessesResponse,
    AccessResponse,
    BootstrapAccessResponse,
    PermissionResponse,
)
from graph.bounces import can_read
from graph.errors import GraphError
from graph.permissions import Access, Permission, check_access, check_bootstrap_access, consent_url
from services import Services, current_services
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.responses import json_response, problem_responses
from use_cases.chosen_customers import chosen_customers
from use_cases.side_by_side import side_by_side

app = func.Blueprint()  # type: ignore[no-untyped-call]

# Concurrent token requests; each is one call to Entra.
_AT_ONCE = 16


@app.route("api/customer-access", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def show_customer_access(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, OPERATORS).reach(OPERATORS)
    customers = chosen_customers(services, req.params.get("customers"), reach)

    async def one(key: str) -> AccessResponse:
        return await _access(services, key)

    shown, bounces = await asyncio.gather(side_by_side(one, customers, at_once=_AT_ONCE), _sees_bounces(services))
    return json_response(AccessesResponse(value=shown, sees_bounces=bounces))


async def _sees_bounces(services: Services) -> bool | None:
    """Return whether bounced mails can be read, None where that cannot be found out.

    Only the mailbox itself can tell: a permission given in Exchange is not in the token.
    """
    try:
        return await can_read(services.graph.of(services.settings.graph_home_tenant), services.settings.mail_from)
    except GraphError:
        return None


async def _access(services: Services, key: str) -> AccessResponse:
    tenant_id = services.policy.customers[key].tenant_id
    profile, audit_logs = services.policy.profiles.compromised, services.policy.reads_audit_logs
    contains = profile is not None and (profile.customers is None or key in profile.customers)
    access = await check_access(services.graph, tenant_id, audit_logs=audit_logs, contains=contains)
    return AccessResponse(
        customer=key,
        tenant_id=tenant_id,
        is_enough=access.is_enough,
        reason=access.reason,
        detail=access.detail,
        missing=_shown(access.missing),
        permission_set=access.permission_set,
        cannot=list(access.cannot),
        consent_url=consent_url(services.settings.graph_authority, tenant_id, services.settings.graph_client_id),
        bootstrap=await _bootstrap(services, tenant_id, access),
    )


async def _bootstrap(services: Services, tenant_id: str, reset: Access) -> BootstrapAccessResponse | None:
    """Return what the application that makes passes may do there; `reset` is the access of the one that resets."""
    application = services.settings.bootstrap
    if application is None or not services.policy.bootstrap.offers:
        return None
    access = await check_bootstrap_access(services.bootstrap_graph, tenant_id)
    return BootstrapAccessResponse(
        is_enough=access.is_enough,
        reason=access.reason,
        missing=_shown(access.missing),
        consent_url=consent_url(services.settings.graph_authority, tenant_id, application.client_id),
        is_separate=bool(reset.cannot),
    )


def _shown(permissions: Iterable[Permission]) -> list[PermissionResponse]:
    return [PermissionResponse(permission=p.name, needed_for=p.needed_for, optional=p.optional) for p in permissions]
