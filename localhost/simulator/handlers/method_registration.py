"""The POST calls that add an authentication method."""

from typing import Any

from localhost.simulator.handlers.method_removal import find
from localhost.simulator.model import method_kinds
from localhost.simulator.model.new_methods import new_method
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response, context
from localhost.simulator.world.directory_audits import ADMIN_REGISTERED
from localhost.simulator.world.world import World


def post_phone(world: World, request: Request) -> Response:
    """Serve `POST phoneMethods`: 201. An alternate mobile needs a mobile number [d]."""
    body, user = request.json(), request.path_user
    phone_type, number = body.get("phoneType"), body.get("phoneNumber")
    if phone_type not in method_kinds.PHONE_IDS or not isinstance(number, str) or not number.startswith("+"):
        raise GraphError(400, "badRequest", "phoneNumber must look like '+1 2065550100' and phoneType be known.")
    if method_kinds.PHONE_IDS[phone_type] in user.methods:
        raise GraphError(400, "badRequest", f"A phone method of type {phone_type} exists already.")
    if phone_type == "alternateMobile" and method_kinds.PHONE_IDS["mobile"] not in user.methods:
        raise GraphError(400, "badRequest", "An alternate mobile phone needs a mobile phone first.")
    world.keep_report(user)
    method = new_method(method_kinds.PHONE, world.random, world.clock(), phoneType=phone_type, phoneNumber=number)
    user.add(method)
    _log(world, request)
    return Response(201, {"@odata.context": _context(request, "phoneMethods"), "id": method.id, **method.properties})


def enable_sms_sign_in(_: World, request: Request) -> Response:
    """Serve `POST phoneMethods/{id}/enableSmsSignIn`: 204 for a mobile number where the policy allows it.

    [d phoneauthenticationmethod-enablesmssignin; with which status it is refused is inf]
    """
    method = find(request, method_kinds.PHONE)
    if method.phone_type != "mobile" or not request.own_tenant.sms_sign_in:
        raise GraphError(400, "badRequest", "The number cannot be used to sign in by SMS.")
    method.properties["smsSignInState"] = "ready"
    return Response(204)


def post_passkey(world: World, request: Request) -> Response:
    """Serve `POST fido2Methods`: 201; an application may do so for any user [d authentication-post-fido2methods].

    Nothing is verified of the credential but that it is one.
    """
    body, user = request.json(), request.path_user
    credential = body.get("publicKeyCredential")
    if not isinstance(credential, dict) or not credential.get("id") or not credential.get("response"):
        raise GraphError(400, "badRequest", "publicKeyCredential is required, with its id and response.")
    world.keep_report(user)
    name = {"displayName": body["displayName"]} if body.get("displayName") else {}
    method = new_method(method_kinds.FIDO2, world.random, world.clock(), **name)
    user.add(method)
    _log(world, request)
    return Response(201, {"@odata.context": _context(request, "fido2Methods"), "id": method.id, **method.properties})


def post_access_pass(world: World, request: Request) -> Response:
    """Serve `POST temporaryAccessPassMethods`: 201 with the pass, which is never shown again [d]."""
    body, user = request.json(), request.path_user
    tenant = request.own_tenant
    if user.type == "Guest":  # not for guests [d]; the words are ours [inf]
        raise GraphError(400, "badRequest", "A temporary access pass cannot be issued to a guest.")
    shortest, longest = tenant.pass_lifetimes
    lifetime = body.get("lifetimeInMinutes", shortest)
    if not isinstance(lifetime, int) or not shortest <= lifetime <= longest:
        raise GraphError(400, "badRequest", f"lifetimeInMinutes must be between {shortest} and {longest}.")
    before = [method for method in user.methods.values() if method.kind is method_kinds.ACCESS_PASS]
    if before and not tenant.passes_replace:
        raise GraphError(400, "badRequest", "The user has a temporary access pass already.")  # one at a time [d]
    for method in before:
        del user.methods[method.id]
    world.keep_report(user)
    given: dict[str, Any] = {
        key: body[key] for key in ("lifetimeInMinutes", "isUsableOnce", "startDateTime") if key in body
    }
    if not tenant.passes_enabled:  # [d temporaryaccesspassauthenticationmethod; s realmjoin-runbooks]
        given |= {"isUsable": False, "methodUsabilityReason": "DisabledByPolicy"}
    method = new_method(method_kinds.ACCESS_PASS, world.random, world.clock(), **given)
    user.add(method)
    _log(world, request)
    text = "".join(world.random.choices("ABCDEFGHJKLMNPRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789+!", k=10))
    world.passes.append(text)
    shown = method.properties | {"temporaryAccessPass": text}
    return Response(201, {"@odata.context": _context(request, "temporaryAccessPassMethods"), "id": method.id, **shown})


def _log(world: World, request: Request) -> None:
    world.audits.by_app(request.own_tenant, request.path_user, ADMIN_REGISTERED, world.clock(), request.client_id)


def _context(request: Request, collection: str) -> str:
    return context(request, f"users('{request.path_user.id}')/authentication/{collection}/$entity")
