"""What else beta has and the SDK has not: here so that a client that asks finds it."""

from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Answer, Call, context
from localhost.simulator.world.world import World


def get_requirements(_: World, call: Call) -> Answer:
    """Per-user MFA, the way of old. [c] Nobody in this world has it switched on."""
    what = context(call, f"users('{call.target.id}')/authentication/requirements")
    return Answer(200, {"@odata.context": what, "perUserMfaState": "disabled"})


def list_passwordless(_: World, call: Call) -> Answer:
    """passwordlessMicrosoftAuthenticatorMethods: deprecated, and empty since the end of 2020. [d]"""
    what = context(call, f"users('{call.target.id}')/authentication/passwordlessMicrosoftAuthenticatorMethods")
    return Answer(200, {"@odata.context": what, "value": []})


def get_qr_code(_: World, call: Call) -> Answer:
    """qrCodePinMethod: nobody here has one. [c] for the path, [inf] for the answer."""
    raise GraphError(404, "resourceNotFound", f"User {call.target.id} has no QR code.")
