"""The default method for secondary authentication: who satisfies it, who may change it, what it forbids."""

from typing import TYPE_CHECKING

from localhost.simulator import kinds
from localhost.simulator.entities import Method, User
from localhost.simulator.errors import GraphError
from localhost.simulator.wire import Answer, Call, context

if TYPE_CHECKING:
    from localhost.simulator.world import World

PREFERENCES = ("push", "oath", "sms", "voiceMobile", "voiceAlternateMobile", "voiceOffice")  # [d]

TEXTS = {
    "with-others": (
        "Cannot delete default method with other methods configured. Please change default method before deletion."
    ),  # [i]
    "matches": (
        "The requested authentication method id of [{id}] matches the user's current default authentication method,"
        " and cannot be deleted until the default authentication method is changed"
    ),  # [i]
    "unknown": "The account signs in with this one first. Choose another one, then try again.",  # made up
}


def satisfies(method: Method) -> frozenset[str]:
    """The preferences that this method can serve."""
    if not method.usable:
        return frozenset()
    if method.kind is kinds.AUTHENTICATOR:
        return frozenset({"push", "oath"})  # it shows one-time codes, too
    if method.kind in {kinds.SOFTWARE_OATH, kinds.HARDWARE_OATH}:
        return frozenset({"oath"})
    if method.kind is kinds.PHONE:
        return {
            "mobile": frozenset({"sms", "voiceMobile"}),
            "alternateMobile": frozenset({"voiceAlternateMobile"}),
            "office": frozenset({"voiceOffice"}),
        }[method.phone_type or "mobile"]
    return frozenset()


def refuse_default(world: "World", user: User, method: Method) -> None:
    """The rule: what alone serves the default stays while other methods are configured.

    Raises:
        GraphError: 400 `badRequest` [i], in the wording that the world chose.
    """
    if not world.enforces_default or user.preferred is None or user.preferred not in satisfies(method):
        return
    others = [other for other in user.methods.values() if other is not method and other.kind is not kinds.PASSWORD]
    if any(user.preferred in satisfies(other) for other in others):
        return
    any_blocks = world.default_blockers == "any"
    if any(other.usable if any_blocks else satisfies(other) for other in others):
        raise GraphError(400, "badRequest", TEXTS[world.default_text].format(id=method.id))


def settle_default(user: User) -> None:
    """After a method went: a default that nothing serves any more gives way to what is left, or to none. [inf]"""
    left = [preference for method in user.methods.values() for preference in sorted(satisfies(method))]
    if user.preferred not in left:
        user.preferred = left[0] if left else None


def get_preferences(_: "World", call: Call) -> Answer:
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


def patch_preferences(_: "World", call: Call) -> Answer:
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
