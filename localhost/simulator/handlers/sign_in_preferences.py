"""`signInPreferences`: the default method for secondary authentication, read and changed."""

from localhost.simulator.model.preferences import PREFERENCES, satisfies
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Answer, Call, context
from localhost.simulator.world.world import World


def get_preferences(_: World, call: Call) -> Answer:
    """Beta only. [c]"""
    user = call.target
    return Answer(
        200,
        {
            "@odata.context": context(call, f"users('{user.id}')/authentication/signInPreferences"),
            "isSystemPreferredAuthenticationMethodEnabled": user.system_preferred,
            "userPreferredMethodForSecondaryAuthentication": user.preferred,
        },
    )


def patch_preferences(_: World, call: Call) -> Answer:
    """204; a preference that no method of the user serves is refused. [inf]"""
    body, user = call.json(), call.target
    if "userPreferredMethodForSecondaryAuthentication" in body:
        wanted = body["userPreferredMethodForSecondaryAuthentication"]
        if wanted not in PREFERENCES:
            raise GraphError(400, "badRequest", f"'{wanted}' is no method for secondary authentication.")
        if not any(wanted in satisfies(method) for method in user.methods.values()):
            raise GraphError(400, "badRequest", f"The user has no method for '{wanted}'.")
        user.preferred = wanted
    if "isSystemPreferredAuthenticationMethodEnabled" in body:
        user.system_preferred = bool(body["isSystemPreferredAuthenticationMethodEnabled"])
    return Answer(204)
