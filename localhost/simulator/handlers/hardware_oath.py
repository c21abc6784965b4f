"""Hardware OATH tokens: on beta, in the Global cloud only [d].

Whether an app without a user may deactivate is not established. A fault rule with status 403 on
"*/deactivate" shows the other possibility.
"""

import re

from localhost.simulator.handlers.authentication_methods import check_available
from localhost.simulator.handlers.method_removal import change, find
from localhost.simulator.handlers.method_removal import delete as remove
from localhost.simulator.model.method_kinds import HARDWARE_OATH
from localhost.simulator.model.preferences import settle_default
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.directory_audits import TOKEN_UPDATED
from localhost.simulator.world.world import World

_CODE = re.compile("[0-9]{6}", re.ASCII)


def deactivate(world: World, request: Request) -> Response:
    """Serve `POST .../{id}/deactivate`, no body: 204; the token stays assigned [d]. Twice is no error [inf]."""
    check_available(request, HARDWARE_OATH)
    method = find(request, HARDWARE_OATH)
    if method.usable:
        change(world, request, method)
        method.properties["device"]["status"] = "assigned"
        settle_default(request.path_user)
        world.audits.by_app(request.own_tenant, request.path_user, TOKEN_UPDATED, world.clock(), request.client_id)
    return Response(204)


def activate(world: World, request: Request) -> Response:
    """Serve `POST .../{id}/activate`, which undoes it and needs the six digits that the token shows [d].

    Here any six digits will do but 000000, which stands for a code that the token does not show.
    """
    check_available(request, HARDWARE_OATH)
    code = str(request.json().get("verificationCode", ""))
    if not _CODE.fullmatch(code) or code == "000000":
        raise GraphError(400, "badRequest", "The verification code is missing or not valid.")  # the text is [inf]
    method = find(request, HARDWARE_OATH)
    world.keep_report(request.path_user)
    request.path_user.add(method)  # drops what delayed reads would still show
    method.properties["device"]["status"] = "activated"
    return Response(204)


def delete(world: World, request: Request) -> Response:
    """Serve `DELETE .../{id}`, which unassigns the token [d]."""
    check_available(request, HARDWARE_OATH)
    return remove(world, request, HARDWARE_OATH)
