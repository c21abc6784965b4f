"""Endpoints of beta that the SDK lacks, so that a client that calls them gets a response."""

from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response, context
from localhost.simulator.world.world import World


def get_requirements(_: World, request: Request) -> Response:
    """Return the state of per-user MFA. [d]"""
    what = context(request, f"users('{request.path_user.id}')/authentication/requirements")
    return Response(200, {"@odata.context": what, "perUserMfaState": request.path_user.per_user_mfa})


def list_passwordless(_: World, request: Request) -> Response:
    """Return an empty list: passwordlessMicrosoftAuthenticatorMethods is deprecated, and empty since the end of 2020. [d]"""
    what = context(request, f"users('{request.path_user.id}')/authentication/passwordlessMicrosoftAuthenticatorMethods")
    return Response(200, {"@odata.context": what, "value": []})


def get_qr_code(_: World, request: Request) -> Response:
    """Refuse with 404: no user here has a qrCodePinMethod. [c] for the path, [inf] for the response."""
    raise GraphError(404, "resourceNotFound", f"User {request.path_user.id} has no QR code.")
