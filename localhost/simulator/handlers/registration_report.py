"""The tenant-wide list of who has registered what: for choosing, never for verifying.

It needs a P1 licence, holds no method ids and lags behind [d]; it has no rows for disabled users [d].
"""

from datetime import datetime
from typing import Any

from localhost.simulator.model.entities import User
from localhost.simulator.model.registration_row import registration_row
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.protocol.paging import page
from localhost.simulator.world.world import World


def list_details(world: World, request: Request) -> Response:
    """Serve `GET /reports/authenticationMethods/userRegistrationDetails`, paged."""
    tenant = request.own_tenant
    if not tenant.premium:
        raise GraphError(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",  # Microsoft's own grammar [i]
        )
    now = world.clock()
    users = [user for user in tenant.users.values() if user.enabled]
    options = request.options
    if options.where is not None:
        users = [user for user in users if options.passes(_current(world, user, now))]
    if options.order:
        by_upn = options.order == "userPrincipalName"
        users.sort(key=lambda user: (user.upn if by_upn else user.name).lower(), reverse=options.descending)
    return page(
        request,
        users,
        lambda user: _current(world, user, now),
        "reports/authenticationMethods/userRegistrationDetails",
        size=1000,
        largest=1000,
    )


def _current(world: World, user: User, now: datetime) -> dict[str, Any]:
    if user.report is not None:
        since, row = user.report
        if now - since < world.report_delay:
            return row
        user.report = None
    return registration_row(user, now)
