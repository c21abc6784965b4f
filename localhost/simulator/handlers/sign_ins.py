"""`GET /auditLogs/signIns`: a P1 licence is needed [d signin-list]; `userId` and `createdDateTime` are all that is filtered by here."""

import re
from datetime import datetime
from typing import Any

from localhost.simulator.model.timestamps import stamp
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.filters import bad_filter
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.protocol.paging import page
from localhost.simulator.world.directory_audits import SignIn
from localhost.simulator.world.world import World

# [d resources/signin: $filter of userId (eq) and createdDateTime (eq, le, ge)]
_FILTER = re.compile(r"userId eq '([^']+)' and createdDateTime ge (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?Z)")


def list_sign_ins(world: World, request: Request) -> Response:
    """Serve one user's sign-ins, the latest first [d]."""
    if not request.own_tenant.premium:
        raise GraphError(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",  # Microsoft's own grammar [i]
        )
    wanted = _FILTER.fullmatch(request.params.get("$filter", ""))
    if wanted is None:
        raise bad_filter("the simulator filters by userId and createdDateTime, both.")
    since = datetime.fromisoformat(wanted[2])
    rows = [
        one
        for one in reversed(world.sign_ins.get(request.own_tenant.id, []))
        if one.user_id == wanted[1] and one.at >= since
    ]
    return page(request, rows, _row, "auditLogs/signIns", size=1000, largest=1000)


def _row(one: SignIn) -> dict[str, Any]:
    return {
        "id": one.id,
        "createdDateTime": stamp(one.at),
        "userId": one.user_id,
        "ipAddress": one.address,
        "status": {"errorCode": one.error, "failureReason": "Other.", "additionalDetails": None},
        "location": {"city": "", "state": "", "countryOrRegion": one.country, "geoCoordinates": {}},
    }
