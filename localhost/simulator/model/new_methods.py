"""New authentication methods: what those of each kind look like."""

import random
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Any
from uuid import UUID

from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Method
from localhost.simulator.model.method_kinds import Kind

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
# What a hardware token's device holds besides id, serialNumber and status. [d]
DEVICE: dict[str, Any] = {
    "displayName": "Hardware token",
    "manufacturer": "Contoso",
    "model": "Hardware Token 1000",
    "secretKey": None,
    "timeIntervalInSeconds": 30,
    "hashFunction": "hmacsha1",
}


def guid(source: random.Random) -> str:
    return str(UUID(int=source.getrandbits(128), version=4))


def new_method(kind: Kind, source: random.Random, created: datetime | None, **properties: Any) -> Method:
    """Return a method of this kind; `properties` replace what it would hold otherwise, `id` among them.

    `createdDateTime` is shown as it is given ("" or timestamps.ZERO, for example); `createdAbsent` leaves it out.

    Raises:
        KeyError: a phone type that does not exist.
    """
    chosen = properties.pop("id", None)
    text, absent = properties.pop("createdDateTime", None), properties.pop("createdAbsent", False)
    if kind is method_kinds.HARDWARE_OATH:
        serial = properties.pop("serialNumber", None) or f"OATH{source.randrange(10**8):08d}"
        # Statuses: available, assigned, activated, failedActivation. [d]
        device = DEVICE | {"id": guid(source), "serialNumber": serial, "status": properties.pop("status", "activated")}
        values: dict[str, Any] = {"device": device}
    else:
        values = PROPERTIES[kind.name] | properties
    if chosen is None:
        chosen = _id(kind, source, values)
    return Method(kind, chosen, created, values, created_text=text, created_absent=absent)


def _id(kind: Kind, source: random.Random, values: dict[str, Any]) -> str:
    if kind is method_kinds.PHONE:
        return method_kinds.PHONE_IDS[values["phoneType"]]
    if kind is method_kinds.PASSWORD:
        return method_kinds.PASSWORD_ID
    if kind is method_kinds.EMAIL:
        return method_kinds.EMAIL_ID
    if not kind.guid_ids:
        # Microsoft's examples look like "_jpuR-TGZtk6aQCLF3BQjA2": URL-safe base64 and a digit. [d]
        return urlsafe_b64encode(source.randbytes(16)).decode().rstrip("=") + "2"
    return guid(source)
