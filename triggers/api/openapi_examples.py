"""Make an example of any schema, out of one example per name of a field: a new field has one as soon as it exists."""

from collections.abc import Mapping
from typing import Any

from triggers.api.openapi_schemas import REFERENCE, Schema

_REQUEST = "0b5c4c4e-6f0c-4d0e-9b56-3f1c6d8a7e21"
_TENANT = "11111111-1111-1111-1111-111111111111"
_USER = "87d349ed-44d7-43e1-9a83-5f2406dee5bd"
_AT = "2026-03-02T09:15:00.000Z"

# By field, or by schema and field where a name means different things.
_VALUES: dict[str, Any] = {
    "accessPass": None,
    "actions": ["resetMultiFactorAuthentications"],
    "actor": "owner@contoso.com",
    "approver": "owner@contoso.com",
    "approvers": ["owner@contoso.com"],
    "audit": f"/api/reset-requests/{_REQUEST}/audit",
    "bootstrap": None,
    "code": "492039",
    "comment": "Called Adele back",
    "consentUrl": f"https://login.microsoftonline.com/{_TENANT}/adminconsent?client_id=the-service",
    "count": 1,
    "crv": "Ed25519",
    "cursor": None,
    "customer": "contoso",
    "customers": ["contoso"],
    "waves": [5, 50],
    "stopAbove": 5,
    "notBefore": _AT,
    "days": ["sat"],
    "delegate": "deputy@msp.example",
    "deputies": ["deputy@msp.example"],
    "defaultMethod": "microsoftAuthenticator",
    "detail": "",
    "displayName": "Adele Vance",
    "domains": ["contoso.com"],
    "endedAt": None,
    "event": "requestAccepted",
    "failure": None,
    "followUp": None,
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "isDefault": True,
    "kept": "",
    "kid": "k1",
    "kty": "OKP",
    "label": "iPhone 16",
    "lastStatus": 204,
    "mail": "adele@contoso.com",
    "method": "e37fc753-ff3b-4958-9484-eaa9425c82bc",
    "name": "Contoso",
    "neededFor": "Reading whether users have an administrator role",
    "nonce": "the value of the hidden field",
    "option": "fido2",
    "permission": "RoleManagement.Read.Directory",
    "planDigest": None,
    "pointer": "/targets/0/users",
    "previousHash": "0" * 64,
    "privileges": [],
    "problem": None,
    "quorum": 1,
    "reason": "",
    "refused": "",
    "requester": "tech@msp.example",
    "retryOf": None,
    "takeoverOf": None,
    "search": "Adele",
    "sessionsRevoked": True,
    "signedInAs": "",
    "source": "api",
    "status": "ok",
    "stepUpTargets": 25,
    "tenantId": _TENANT,
    "ticket": "INC0012345",
    "undo": None,
    "undoOf": None,
    "undoneBy": None,
    "unreachable": [],
    "unread": [],
    "unreadable": "",
    "user": "adele@contoso.com",
    "userId": _USER,
    "userPrincipalName": "adele@contoso.com",
    "users": ["adele@contoso.com"],
    "containment": None,
    "verification": None,
    "warnings": [],
    "without": [],
    "AccessPassMade.accessPass": "3+vwUwZ*",
    "AskedApprover.mail": "sent",
    "CustomerAccess.isEnough": False,
    "CustomerAccess.reason": "missingPermission",
    "MethodPage.users": 1,
    "MissingOption.reason": "methodNotAllowed",
    "NewResetRequest.accessPass": False,
    "NewResetRequest.phoneOnly": None,
    "NewResetRequest.dryRun": False,
    "NewResetRequest.reason": "Lost phone",
    "NewUndo.reason": "The token was found",
    "PersonDeletion.requests": [_REQUEST],
    "Problem.detail": "The body is not valid.",
    "Problem.status": 400,
    "Problem.title": "The request is not valid",
    "Problem.type": "urn:mfareset:problem:invalidInput",
    "Mistake.detail": "must have at least 1 item",
    "ResetRequest.accessPass": False,
    "accessPasses": False,
    "model": "",
    "phoneOnly": None,
    "ResetRequest.dryRun": False,
    "ResetRequest.reason": "Lost phone",
    "ResetRequest.status": "awaitingApproval",
    "ResetRequestEvent.id": f"{_REQUEST}:awaitingApproval:1",
    "ResetRequestEvent.source": "https://mfa-reset.msp.example/api/reset-requests",
    "ResetRequestEvent.type": "mfareset.request.awaitingApproval",
    "ResetRequestEventData.accessPass": False,
    "ResetRequestEventData.dryRun": False,
    "ResetRequestEventData.reason": "Lost phone",
    "ResetRequestEventData.status": "awaitingApproval",
    "UnusedDelivery.deliveryId": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "UnusedDelivery.reason": "notAccepted",
    "UnusedDelivery.source": "github",
    "PresentationBegun.qrCode": "data:image/png;base64,iVBORw0KGgo=",
    "PresentationBegun.url": "openid-vc://?request_uri=https://verifiedid.did.msidentity.com/...",
    "PresentationTaken.requestId": "e4ef27ca-eb8c-4b63-823b-3b95140eac11",
    "Target.outcome": "reset",
    "UserCallback.note": "Asked HR for the number",
    "UserCallback.number": "+1 425 555 0112",
    "UserCallback.operator": "second@msp.example",
    "VerificationProof.id": "proof-4711",
    "VerificationProof.method": "passport and selfie",
    "VerificationProof.request": _REQUEST,
    "VerificationProof.result": "verified",
    "VerificationProofAccepted.id": "proof-4711",
    "VerificationProofAccepted.request": _REQUEST,
    "TargetMethod.outcome": "deleted",
    "TargetMethod.requestId": "6d5f1b5e-8a36-4d7b-9f2d-0c6f3b8f2a10",
    "Totals.targets": 1,
    "Totals.pending": 1,
    "UserDetails.registered": True,
    "UserMethodPage.users": 1,
}
_LINKS = ("targets", "audit", "cancel", "retry", "undo")
_VALUES |= {f"Links.{name}": f"https://mfa-reset.msp.example/api/reset-requests/{_REQUEST}/{name}" for name in _LINKS}
_VALUES["Links.self"] = f"https://mfa-reset.msp.example/api/reset-requests/{_REQUEST}"
_BY_FORMAT = {"date-time": _AT, "uuid": _REQUEST, "binary": "the bytes of a file"}
_BY_TYPE: dict[str, Any] = {"string": "", "integer": 0, "boolean": True, "object": {}, "null": None}
_TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "null": type(None)}


def example(schema: Schema, schemas: Mapping[str, Schema], name: str = "", within: str = "") -> Any:
    """Return a value that the schema allows; `name` is the field that has it, in the schema `within`."""
    for key in (f"{within}.{name}", name):
        if name and key in _VALUES and _fits(_VALUES[key], schema, schemas):
            return _VALUES[key]
    if parts := schema.get("oneOf"):
        return example(parts[0], schemas)
    if target := schema.get("$ref"):
        kind = target.removeprefix(REFERENCE)
        return example(schemas[kind], schemas, within=kind)
    if "properties" in schema:
        return {field: example(of_field, schemas, field, within) for field, of_field in schema["properties"].items()}
    if "enum" in schema:
        return schema["enum"][0]
    types = schema.get("type", "object")
    kind = types[0] if isinstance(types, list) else types
    if kind == "array":
        return [example(schema["items"], schemas)]
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE[kind])


def _fits(value: Any, schema: Schema, schemas: Mapping[str, Schema]) -> bool:
    """Return whether a value is of the schema's type: the same name may be a text here and a number there."""
    if target := schema.get("$ref"):
        return _fits(value, schemas[target.removeprefix(REFERENCE)], schemas)
    if parts := schema.get("oneOf"):
        return any(_fits(value, part, schemas) for part in parts)
    if "enum" in schema:
        return value in schema["enum"]
    types = schema.get("type", "object")
    if isinstance(value, list) and "items" in schema:
        return all(_fits(part, schema["items"], schemas) for part in value)
    return any(type(value) is _TYPES[kind] for kind in (types if isinstance(types, list) else [types]))
