"""Authentication methods: what a reset touches, in which order, and when a method is still the one that was approved.

Facts are Microsoft's documentation of "require re-register MFA" and of the Graph authentication methods API.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.dates import read_date
from domain.model import ExactInstant, Model


class MethodType(StrEnum):
    PHONE = "phone"
    MICROSOFT_AUTHENTICATOR = "microsoftAuthenticator"
    SOFTWARE_OATH = "softwareOath"
    HARDWARE_OATH = "hardwareOath"
    FIDO2 = "fido2"
    WINDOWS_HELLO = "windowsHelloForBusiness"
    EMAIL = "email"
    TEMPORARY_ACCESS_PASS = "temporaryAccessPass"  # noqa: S105 - a method's name, no secret
    PLATFORM_CREDENTIAL = "platformCredential"
    EXTERNAL = "externalAuthenticationMethod"


# What "require re-register MFA" removes; everything else only when a request names it.
STANDARD_SCOPE = (
    MethodType.PHONE,
    MethodType.MICROSOFT_AUTHENTICATOR,
    MethodType.SOFTWARE_OATH,
    MethodType.HARDWARE_OATH,
)

# The authentication strength "Phishing-resistant MFA" accepts these, and certificates, which no list of methods has.
# Source: Microsoft, "Conditional Access authentication strength".
PHISHING_RESISTANT = frozenset({MethodType.FIDO2, MethodType.WINDOWS_HELLO, MethodType.PLATFORM_CREDENTIAL})

MOBILE_PHONE_ID = "3179e48a-750b-4051-897c-87b9720928f7"
ALTERNATE_MOBILE_PHONE_ID = "b6332ec1-7057-4abe-9331-3d72feddfe41"
OFFICE_PHONE_ID = "e37fc753-ff3b-4958-9484-eaa9425c82bc"

# signInPreferences.userPreferredMethodForSecondaryAuthentication -> the methods that satisfy it.
_SATISFIES: Mapping[str, tuple[tuple[MethodType, str | None], ...]] = {
    "push": ((MethodType.MICROSOFT_AUTHENTICATOR, None),),
    "oath": (
        (MethodType.SOFTWARE_OATH, None),
        (MethodType.HARDWARE_OATH, None),
        (MethodType.MICROSOFT_AUTHENTICATOR, None),
    ),
    "sms": ((MethodType.PHONE, MOBILE_PHONE_ID),),
    "voiceMobile": ((MethodType.PHONE, MOBILE_PHONE_ID),),
    "voiceAlternateMobile": ((MethodType.PHONE, ALTERNATE_MOBILE_PHONE_ID),),
    "voiceOffice": ((MethodType.PHONE, OFFICE_PHONE_ID),),
}

# What another method is made the default by, the first that can be.
_PREFERENCES: Mapping[MethodType, str] = {
    MethodType.MICROSOFT_AUTHENTICATOR: "push",
    MethodType.SOFTWARE_OATH: "oath",
    MethodType.PHONE: "sms",
}

# Opt-in types first: they are never the default for a second factor and never block another method.
_RANK: Mapping[MethodType, int] = {
    MethodType.FIDO2: 0,
    MethodType.WINDOWS_HELLO: 1,
    MethodType.PLATFORM_CREDENTIAL: 2,
    MethodType.EXTERNAL: 3,
    MethodType.EMAIL: 4,
    MethodType.TEMPORARY_ACCESS_PASS: 5,
    MethodType.HARDWARE_OATH: 6,
    MethodType.SOFTWARE_OATH: 7,
    MethodType.PHONE: 8,
    MethodType.MICROSOFT_AUTHENTICATOR: 11,
}
# Office any time, alternate mobile before mobile (it cannot exist without it), mobile after the Authenticator.
_PHONE_RANK: Mapping[str, int] = {OFFICE_PHONE_ID: 8, ALTERNATE_MOBILE_PHONE_ID: 9, MOBILE_PHONE_ID: 12}


# Their ids name a slot that every user has, not a registration.
_SHARED_IDS = frozenset({MethodType.PHONE, MethodType.EMAIL})


# One date may come with seven digits after the second or with none; no place is taken anew within a second of the last time.
_SAME_DATE = timedelta(seconds=1)


class Method(Model):
    """One registered method as it was read. `number_hash` stands for a phone number or a mail address, never stored in full."""

    type: MethodType
    id: str
    label: str
    created_at: ExactInstant | None = None
    number_hash: str | None = None
    active: bool = True  # a hardware token that is only assigned is not active
    model: str = ""  # of a passkey, as its maker's metadata name it (fido2AuthenticationMethod: model)
    usable: bool = True  # a Temporary Access Pass that has ended, was used up or has not begun is not usable

    def same_registration(self, later: "Method", planned_at: datetime | None = None) -> bool:
        """Return whether `later` is this registration still, not one the user made since the plan of `planned_at`.

        Phones keep one fixed id per slot, so the id alone is not enough; creation times may be null.
        """
        if (self.type, self.id) != (later.type, later.id):
            return False
        # Addresses were not noted once: for a plan from then only an equal date is proof.
        unnoted = self.type is MethodType.EMAIL and self.number_hash is None and self.created_at is not None
        if self.number_hash != later.number_hash and not unnoted:
            return False
        if self.created_at is None and later.created_at is not None and planned_at is not None:
            # Graph's dates have whole seconds: one of the plan's own second may be from after the plan.
            return later.created_at < planned_at.replace(microsecond=0)
        if self.created_at is not None and later.created_at is None and self.type in _SHARED_IDS:
            return False  # it had a date: this one is another, in the same place
        if self.created_at is None or later.created_at is None:
            return True
        return abs(self.created_at - later.created_at) < _SAME_DATE

    @property
    def is_distinguishable(self) -> bool:
        """Whether a later registration in the same place would look different.

        The ids of phones and e-mail are the same for every user, so without a date a number that was registered again looks
        as it did before; and a hardware token that is activated again is the very same one.
        """
        if self.type is MethodType.HARDWARE_OATH:
            return False
        return self.type not in _SHARED_IDS or self.created_at is not None


def satisfies(method: Method, preference: str | None) -> bool:
    """Return whether `method` is what the sign-in preference `preference` (push, oath, sms, ...) uses."""
    return any(
        method.type is kind and (phone is None or method.id == phone)
        for kind, phone in _SATISFIES.get(preference or "", ())
    )


def other_default(methods: Iterable[Method]) -> str | None:
    """Return the sign-in preference that makes one of `methods` the default in place of the alternate mobile.

    The alternate mobile must go before the mobile and cannot go while it is the default. None where there is no other.
    """
    usable = [m for m in methods if m.type is not MethodType.PHONE or m.id == MOBILE_PHONE_ID]
    return next((text for kind, text in _PREFERENCES.items() if any(m.type is kind for m in usable)), None)


def removal_order(methods: Iterable[Method], preference: str | None) -> list[Method]:
    """Return the order in which methods are removed: by rank, whatever satisfies the default last.

    An alternate mobile that is the default still goes before the mobile, which cannot outlive it the other way round.
    """

    def rank(method: Method) -> tuple[int, int, str]:
        base = _PHONE_RANK.get(method.id, _RANK[method.type]) if method.type is MethodType.PHONE else _RANK[method.type]
        return (1 if satisfies(method, preference) else 0, base, method.id)

    ordered = sorted(methods, key=rank)
    ids = [method.id for method in ordered]
    if ALTERNATE_MOBILE_PHONE_ID in ids and MOBILE_PHONE_ID in ids:
        alternate, mobile = ids.index(ALTERNATE_MOBILE_PHONE_ID), ids.index(MOBILE_PHONE_ID)
        if mobile < alternate:
            ordered.insert(alternate, ordered.pop(mobile))
    return ordered


def hashed_number(number: str | None) -> str | None:
    """Return a short digest of a phone number's digits: detects a changed number without storing it."""
    if number is None:
        return None
    digits = "".join(c for c in number if c.isdigit())
    return hashlib.sha256(digits.encode()).hexdigest()[:16]


def masked(text: str, keep: int = 2) -> str:
    """`text` with all but its last `keep` characters hidden."""
    shown = text[-keep:] if len(text) > keep else ""
    return f"•••{shown}"


def masked_email(address: str) -> str:
    name, at, host = address.partition("@")
    return f"{name[:1]}•••{at}{host}" if at else masked(address)


# @odata.type ends with <this>AuthenticationMethod; our name for it.
_ODATA_TYPES: Mapping[str, MethodType] = {
    "phone": MethodType.PHONE,
    "microsoftAuthenticator": MethodType.MICROSOFT_AUTHENTICATOR,
    "passwordlessMicrosoftAuthenticator": MethodType.MICROSOFT_AUTHENTICATOR,
    "softwareOath": MethodType.SOFTWARE_OATH,
    "hardwareOath": MethodType.HARDWARE_OATH,
    "fido2": MethodType.FIDO2,
    "windowsHelloForBusiness": MethodType.WINDOWS_HELLO,
    "email": MethodType.EMAIL,
    "temporaryAccessPass": MethodType.TEMPORARY_ACCESS_PASS,
    "platformCredential": MethodType.PLATFORM_CREDENTIAL,
    "external": MethodType.EXTERNAL,
}
_PHONE_NAMES = {
    MOBILE_PHONE_ID: "mobile",
    ALTERNATE_MOBILE_PHONE_ID: "alternate mobile",
    OFFICE_PHONE_ID: "office",
}


def method_of(resource: Mapping[str, Any], kind: MethodType | None = None) -> Method | None:
    """Return the method a Graph resource describes; None for a password and types that are not known."""
    if kind is None:
        name = (
            str(resource.get("@odata.type", "")).removeprefix("#microsoft.graph.").removesuffix("AuthenticationMethod")
        )
        kind = _ODATA_TYPES.get(name)
        if kind is None:
            return None
    return Method(
        type=kind,
        id=str(resource["id"]),
        label=_label(kind, resource)[:300],
        created_at=read_date(resource.get("createdDateTime")),
        number_hash=_hashed(kind, resource),
        active=kind is not MethodType.HARDWARE_OATH or _token_is_active(resource),
        model=_model(kind, resource),
        usable=resource.get("isUsable") is not False,
    )


def _model(kind: MethodType, resource: Mapping[str, Any]) -> str:
    model = resource.get("model")
    return model[:100] if kind is MethodType.FIDO2 and isinstance(model, str) else ""


def _hashed(kind: MethodType, resource: Mapping[str, Any]) -> str | None:
    number, address = resource.get("phoneNumber"), resource.get("emailAddress")
    if kind is MethodType.PHONE and isinstance(number, str):
        return hashed_number(number)
    if kind is MethodType.EMAIL and isinstance(address, str):
        return hashlib.sha256(address.casefold().encode()).hexdigest()[:16]
    return None


def _token_is_active(resource: Mapping[str, Any]) -> bool:
    device = resource.get("device")
    status = str(device.get("status", "")) if isinstance(device, Mapping) else ""
    # `assigned` and `available` tokens do not answer for the user; an unknown status is treated as active, to be safe.
    return status.lower() not in {"assigned", "available", "failedactivation"}


def _label(kind: MethodType, resource: Mapping[str, Any]) -> str:
    text = {key: value for key, value in resource.items() if isinstance(value, str) and value}
    device = resource.get("device")
    match kind:
        case MethodType.PHONE:
            slot = _PHONE_NAMES.get(text.get("id", ""), text.get("phoneType", "phone"))
            return f"{slot} {masked(text.get('phoneNumber', ''))}"
        case MethodType.EMAIL:
            return masked_email(text.get("emailAddress", ""))
        case MethodType.HARDWARE_OATH:
            serial = str(device.get("serialNumber") or "") if isinstance(device, Mapping) else ""
            return masked(serial, 4)
        case MethodType.TEMPORARY_ACCESS_PASS:
            return "temporary access pass"
        case _:
            return text.get("displayName") or text.get("model") or kind.value
