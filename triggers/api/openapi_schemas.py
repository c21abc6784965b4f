"""Turn pydantic's schemas into ones that generators of clients make good types of."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from domain.model import Model

type Schema = dict[str, Any]

REFERENCE = "#/components/schemas/"

# Names of classes here, and of things for those who use the API. Where there is no entry, "Response" is dropped.
_NAMES = {
    "AccessResponse": "CustomerAccess",
    "AccessesResponse": "CustomerAccessList",
    "ApproverResponse": "AskedApprover",
    "ApproversNamed": "ApproversToMail",
    "BusState": "OutcomeEventState",
    "CustomerResponse": "CustomerSummary",
    "CustomersResponse": "CustomerList",
    "AccessPassBody": "AccessPassViewer",
    "CallbackBody": "UserCallback",
    "ReleaseBody": "UserRelease",
    "ReleaseAsked": "UserReleaseResult",
    "UserLeft": "UnreleasedUser",
    "Action": "ContainmentAction",
    "Decision": "ApprovalDecision",
    "EventData": "ResetRequestEventData",
    "EventKind": "ResetRequestEventKind",
    "ExportResponse": "ResetRequestExport",
    "LookupBody": "UserLookup",
    "Mailed": "MailDelivery",
    "MethodResponse": "TargetMethod",
    "MethodRow": "UserMethod",
    "MethodsResponse": "UserMethodPage",
    "Missing": "MissingOption",
    "NotificationState": "CallbackState",
    "PermissionResponse": "MissingPermission",
    "PersonDeleted": "PersonDeletion",
    "ProofAccepted": "VerificationProofAccepted",
    "ProofBody": "VerificationProof",
    "Registered": "NewRegistration",
    "RequestEvent": "ResetRequestEvent",
    "RequestResponse": "ResetRequest",
    "RequestStatus": "ResetRequestStatus",
    "RequestsPage": "ResetRequestPage",
    "ResetRequestBody": "NewResetRequest",
    "TargetsOfCustomer": "CustomerTargets",
    "TargetsPage": "TargetPage",
    "TokenCode": "HardwareTokenCode",
    "UndoBody": "NewUndo",
    "DelegationBody": "NewDelegation",
    "CustomerState": "PartnerCustomerState",
    "DiscoveredCustomer": "PartnerCustomer",
    "DiscoveryCounts": "PartnerCustomerCounts",
    "DiscoveryPage": "PartnerCustomerPage",
    "ProposalResponse": "ProposedCustomerFile",
    "RelationshipResponse": "PartnerRelationship",
    "WarningKind": "PartnerWarningKind",
    "UndoResponse": "UndoProgress",
    "Unreachable": "UnreachableCustomer",
    "Mistake": "DeliveryMistake",
    "UnusedDeliveries": "UnusedDeliveryPage",
    "UsersResponse": "UserPage",
}
# Responses that leave out what is empty; every other response has all of its fields.
_MAY_LEAVE_OUT = {"ProblemResponse", "EventData"}


def name_of(kind: str) -> str:
    """Return the name of a model's schema."""
    return _NAMES.get(kind) or kind.removesuffix("Response")


def reference(kind: str) -> Schema:
    """Return a reference to a model's schema, by the name of its class."""
    return {"$ref": REFERENCE + name_of(kind)}


def schemas_of(received: Iterable[type[Model]], returned: Iterable[type[Model]]) -> dict[str, Schema]:
    """Return the schemas by name of these models and of all that they use.

    What is received refuses unknown fields; what is returned may gain fields, and has all that it has today.
    """
    modes: list[tuple[type[Model], JsonSchemaMode]] = [
        *((kind, "validation") for kind in received),
        *((kind, "serialization") for kind in returned),
    ]
    _, whole = models_json_schema(modes, ref_template="{model}")
    found: Mapping[str, Schema] = whole["$defs"]
    strict = _used_by((kind.__name__ for kind in received), found)
    converted = {
        name_of(name): _converted(schema if name in strict else _returned(name, schema))
        for name, schema in found.items()
    }
    used = _used_by((name_of(kind.__name__) for kind, _ in modes), converted)
    return {name: schema for name, schema in converted.items() if name in used}


def _used_by(names: Iterable[str], found: Mapping[str, Schema]) -> set[str]:
    used: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting += _references(found[name])
    return used


def _references(schema: object) -> list[str]:
    if isinstance(schema, dict):
        own = [schema["$ref"].removeprefix(REFERENCE)] if isinstance(schema.get("$ref"), str) else []
        return own + [name for value in schema.values() for name in _references(value)]
    return [name for value in schema for name in _references(value)] if isinstance(schema, list) else []


def _returned(name: str, schema: Schema) -> Schema:
    if "properties" not in schema:
        return schema
    schema = {key: value for key, value in schema.items() if key != "additionalProperties"}
    if name not in _MAY_LEAVE_OUT:
        schema["required"] = list(schema["properties"])
    properties = {
        field: {key: value for key, value in of_field.items() if key != "default"}
        for field, of_field in schema["properties"].items()
    }
    return schema | {"properties": properties}


def _converted(schema: Any) -> Any:
    """Return a schema without titles, with its references whole and its nulls as generators read them."""
    if isinstance(schema, list):
        return [_converted(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    converted: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            converted[key] = {field: _converted(of_field) for field, of_field in value.items()}
        elif key == "$ref":
            converted[key] = REFERENCE + name_of(value)
        elif key == "const":
            converted["enum"] = [value]
        elif key not in {
            "title",
            "propertyNames",
        }:  # titles become names of types; names of properties are not understood
            converted[key] = value if key in {"default", "enum", "required"} else _converted(value)
    return _with_plain_null(converted)


def _with_plain_null(schema: Schema) -> Schema:
    """Write a value that may be null as a type of two names, or as one of a reference and null.

    NSwag 14 takes `anyOf` for a value that is never null, and Kiota 1.38 makes a class of its own of it.
    """
    parts = schema.get("anyOf", [])
    others = [part for part in parts if part != {"type": "null"}]
    if len(others) != 1 or len(others) == len(parts):
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if "$ref" in others[0]:
        return {"oneOf": [others[0], {"type": "null"}]} | rest
    nullable: Schema = others[0] | {"type": [others[0]["type"], "null"]} | rest
    if "enum" in nullable:
        nullable["enum"] = [*nullable["enum"], None]
    return nullable
