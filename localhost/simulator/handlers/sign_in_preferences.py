"""`signInPreferences`: the default method for secondary authentication, read and changed."""

from localhost.simulator.model.preferences import PREFERENCES, satisfies
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response, context
from localhost.simulator.world.world import World


def get_preferences(_: World, request: Request) -> Response:
    """Serve `GET signInPreferences`, beta only [c]."""
    user = request.path_user
    return Response(
        200,
        {
            "@odata.context": context(request, f"users('{user.id}')/authentication/signInPreferences"),
            "isSystemPreferredAuthenticationMethodEnabled": user.system_preferred,
            "userPreferredMethodForSecondaryAuthentication": user.preferred,
        },
    )


def patch_preferences(_: World, request: Request) -> Response:
    """Serve `PATCH signInPreferences`: 204; a preference that no method of the user serves is refused [inf]."""
    body, user = request.json(), request.path_user
    if "userPreferredMethodForSecondaryAuthentication" in body:
        wanted = body["userPreferredMethodForSecondaryAuthentication"]
        if wanted not in PREFERENCES:
            raise GraphError(400, "badRequest", f"'{wanted}' is not a method for secondary authentication.")
        if not any(wanted in satisfies(method) for method in user.methods.values()):
            raise GraphError(400, "badRequest", f"The user has no method for '{wanted}'.")
        user.preferred = wanted
    if "isSystemPreferredAuthenticationMethodEnabled" in body:
        user.system_preferred = bool(body["isSystemPreferredAuthenticationMethodEnabled"])
    return Response(204)
