"""New methods: what they look like, and the POST calls that add some."""

import random
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from localhost.simulator import kinds
from localhost.simulator.entities import Method
from localhost.simulator.errors import GraphError
from localhost.simulator.kinds import Kind
from localhost.simulator.wire import Answer, Call, context

if TYPE_CHECKING:
    from localhost.simulator.world import World

# What each kind holds besides id and createdDateTime. [d]
PROPERTIES: dict[str, dict[str, Any]] = {
    "password": {"password": None},
    "phone": {"phoneNumber": "+1 2065550100", "phoneType": "mobile", "smsSignInState": "notAllowedByPolicy"},
    "microsoftAuthenticator": {
        "displayName": "iPhone 16",
        "deviceTag": "SoftwareTokenActivated",
        "phoneAppVersion": "6.8.20",
    },
    "softwareOath": {"secretKey": None},
    "fido2": {
        "displayName": "Security key",
        "aaGuid": "2fc0579f-8113-47ea-b116-bb5a8db9202a",
        "model": "YubiKey 5 NFC",
        "attestationCertificates": [],
        "attestationLevel": "attested",
    },
    "windowsHelloForBusiness": {"displayName": "LAPTOP-0001", "keyStrength": "normal"},
    "email": {"emailAddress": "someone@mail.example"},
    "temporaryAccessPass": {
        "temporaryAccessPass": None,
        "startDateTime": None,
        "lifetimeInMinutes": 60,
        "isUsableOnce": True,
        "isUsable": True,
        "methodUsabilityReason": "EnabledByPolicy",
    },
    "platformCredential": {"displayName": "MacBook Pro", "keyStrength": "normal", "platform": "macOS"},
    "externalAuthenticationMethod": {
        "configurationId": "f4e2a1c0-5b1d-4a39-9a63-0d9a5c1f7a11",
        "displayName": "Example MFA",
    },
}


def guid(source: random.Random) -> str:
    return str(UUID(int=source.getrandbits(128), version=4))


def new_method(kind: Kind, source: random.Random, created: datetime | None, **properties: Any) -> Method:
    """A method of this kind; `properties` replace what it would hold otherwise, `id` among them.

    Raises:
        KeyError: a phone type that does not exist.
    """
    chosen = properties.pop("id", None)
    if kind is kinds.HARDWARE_OATH:
        serial = properties.pop("serialNumber", None) or f"OATH{source.randrange(10**8):08d}"
        # Statuses: available, assigned, activated, failedActivation. [d]
        device = {"id": guid(source), "serialNumber": serial, "status": properties.pop("status", "activated")}
        values: dict[str, Any] = {"device": device}
    else:
        values = PROPERTIES[kind.name] | properties
    if chosen is None:
        chosen = _id(kind, source, values)
    return Method(kind, chosen, created, values)


def _id(kind: Kind, source: random.Random, values: dict[str, Any]) -> str:
    if kind is kinds.PHONE:
        return kinds.PHONE_IDS[values["phoneType"]]
    if kind is kinds.PASSWORD:
        return kinds.PASSWORD_ID
    if kind is kinds.EMAIL:
        return kinds.EMAIL_ID
    if not kind.guid_ids:
        # Microsoft's examples look like "_jpuR-TGZtk6aQCLF3BQjA2": URL-safe base64 and a digit. [d]
        return urlsafe_b64encode(source.randbytes(16)).decode().rstrip("=") + "2"
    return guid(source)


def post_phone(world: "World", call: Call) -> Answer:
    """`POST phoneMethods`: 201. An alternate mobile needs a mobile number. [d]"""
    body, user = call.json(), call.target
    phone_type, number = body.get("phoneType"), body.get("phoneNumber")
    if phone_type not in kinds.PHONE_IDS or not isinstance(number, str) or not number.startswith("+"):
        raise GraphError(400, "badRequest", "phoneNumber must look like '+1 2065550100' and phoneType be known.")
    if kinds.PHONE_IDS[phone_type] in user.methods:
        raise GraphError(400, "badRequest", f"A phone method of type {phone_type} exists already.")
    if phone_type == "alternateMobile" and kinds.PHONE_IDS["mobile"] not in user.methods:
        raise GraphError(400, "badRequest", "An alternate mobile phone needs a mobile phone first.")
    world.freeze_report(user, call.home)
    method = new_method(kinds.PHONE, world.random, world.clock(), phoneType=phone_type, phoneNumber=number)
    user.add(method)
    return Answer(201, {"@odata.context": _context(call, "phoneMethods"), "id": method.id, **method.properties})


def post_access_pass(world: "World", call: Call) -> Answer:
    """`POST temporaryAccessPassMethods`: 201 with the pass, which is never shown again. [d]"""
    body, user = call.json(), call.target
    if any(method.kind is kinds.ACCESS_PASS for method in user.methods.values()):
        raise GraphError(400, "badRequest", "The user has a temporary access pass already.")  # one at a time [d]
    world.freeze_report(user, call.home)
    given = {key: body[key] for key in ("lifetimeInMinutes", "isUsableOnce", "startDateTime") if key in body}
    method = new_method(kinds.ACCESS_PASS, world.random, world.clock(), **given)
    user.add(method)
    shown = method.properties | {"temporaryAccessPass": f"{world.random.getrandbits(40):010x}"}
    return Answer(201, {"@odata.context": _context(call, "temporaryAccessPassMethods"), "id": method.id, **shown})


def _context(call: Call, collection: str) -> str:
    return context(call, f"users('{call.target.id}')/authentication/{collection}/$entity")
