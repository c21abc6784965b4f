"""What generators of clients need of the descriptions."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import schemathesis

from triggers.api import asyncapi_document
from triggers.api.openapi_2 import connector_description
from triggers.api.openapi_document import description
from triggers.api.openapi_operations import CALLS

BASE = "https://mfa-reset.msp.example"
DOCUMENT = description(BASE)
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _objects(part)
    elif isinstance(value, list):
        for part in value:
            yield from _objects(part)


def _operations() -> list[dict[str, Any]]:
    return [call for calls in [*DOCUMENT["paths"].values(), *DOCUMENT["webhooks"].values()] for call in calls.values()]


def test_what_may_be_null_is_a_type_of_two_names_or_one_of_a_reference_and_null() -> None:
    request = SCHEMAS["ResetRequest"]["properties"]
    assert request["planDigest"] == {"type": ["string", "null"]}
    assert request["endedAt"] == {"type": ["string", "null"], "format": "date-time"}
    assert request["followUp"]["oneOf"] == [{"$ref": "#/components/schemas/FollowUp"}, {"type": "null"}]
    assert not [part for part in _objects(SCHEMAS) if "anyOf" in part or "const" in part]


def test_names_are_things_and_methods() -> None:
    assert not [name for name in SCHEMAS if re.search("Response|Shown|Body", name)]
    assert not [part for part in _objects(SCHEMAS) if isinstance(part.get("title"), str)]
    names = [call["operationId"] for call in _operations()]
    assert len(set(names)) == len(names) == len(CALLS) + 1
    assert all(re.fullmatch(r"[a-z]+[A-Z][A-Za-z]+", name) for name in names)
    assert {"createResetRequest", "getResetRequest", "listTargets", "cancelResetRequest"} <= set(names)


def test_no_class_has_a_member_of_its_own_name() -> None:
    """C# knows no such class: NSwag would call the member Customer1."""
    assert not [name for name, schema in SCHEMAS.items() if name[:1].lower() + name[1:] in schema.get("properties", {})]


def test_bodies_are_strict_and_answers_may_gain_fields() -> None:
    assert SCHEMAS["NewResetRequest"]["additionalProperties"] is False
    assert "additionalProperties" not in SCHEMAS["ResetRequest"]
    assert set(SCHEMAS["Target"]["required"]) == set(SCHEMAS["Target"]["properties"])
    assert "errors" not in SCHEMAS["Problem"]["required"]  # left out where there are none


def test_formats_and_types_are_named() -> None:
    properties = SCHEMAS["Target"]["properties"]
    assert properties["tenantId"] == {"type": "string", "format": "uuid"}
    assert SCHEMAS["AuditEvent"]["properties"]["at"] == {"type": "string", "format": "date-time"}
    users = {
        parameter["name"]: parameter["schema"] for parameter in DOCUMENT["paths"]["/api/users"]["get"]["parameters"]
    }
    assert users["enabled"] == {"type": "boolean"}
    assert users["limit"]["type"] == "integer"


def test_every_call_has_words_and_every_body_an_example_that_its_schema_allows() -> None:
    declared = {tag["name"] for tag in DOCUMENT["tags"]}
    seen = 0
    for call in _operations():
        assert call["summary"]
        assert call["description"]
        assert set(call["tags"]) <= declared
        for part in _objects(call):
            for media, content in part.get("content", {}).items():
                if media in {"text/html", "application/zip"}:
                    continue  # pages and archives
                schema = content["schema"] | {"components": DOCUMENT["components"]}
                jsonschema.Draft202012Validator(schema).validate(content["example"])
                seen += 1
    assert seen > 100


def test_created_requests_have_a_location() -> None:
    created = DOCUMENT["paths"]["/api/reset-requests"]["post"]["responses"]["202"]
    assert set(created["headers"]) == {"Location", "Retry-After"}


@pytest.mark.parametrize("signs_in", [True, False])
def test_the_twin_for_power_platform_is_valid_openapi_2(*, signs_in: bool) -> None:
    twin = connector_description(BASE, signs_in=signs_in)
    schemathesis.openapi.from_dict(twin).validate()
    assert set(twin["securityDefinitions"]) == ({"entra"} if signs_in else {"key"})
    assert (twin["host"], twin["basePath"], twin["schemes"]) == ("mfa-reset.msp.example", "/", ["https"])
    # Nothing that 2.0 does not know.
    unknown = {"oneOf", "anyOf", "nullable", "const", "content", "requestBody"}
    assert not [part for part in _objects(twin) if unknown & set(part) or isinstance(part.get("type"), list)]
    names = {call["operationId"] for calls in twin["paths"].values() for call in calls.values()}
    left_out = {"receiveDelivery", "showApprovalPage", "decideApproval"}
    assert left_out.isdisjoint(names)
    assert {"createResetRequest", "listTargets", "listUsers"} <= names


def test_messages_have_the_models_of_the_api() -> None:
    document = asyncapi_document.description()
    channels = {channel["address"] for channel in document["channels"].values()}
    assert channels == {"reset-requests", "reset-outcomes"}
    for name, message in document["components"]["messages"].items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(message["examples"][0]["payload"])
