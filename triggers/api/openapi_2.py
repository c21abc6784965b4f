"""Write the description of the API in OpenAPI 2.0, the only version that custom connectors of Power Platform take.

Microsoft documents what connectors add to it: "Create a custom connector with an OpenAPI extension".
"""

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from triggers.api.openapi_document import description
from triggers.api.openapi_operations import JSON, TAGS
from triggers.api.openapi_schemas import REFERENCE, Schema

# Calls for browsers, ticketing systems and tools are no actions of a connector.
_LEFT_OUT = {TAGS[name][0] for name in ("webhooks", "approvals", "verification", "health")}
_KEY = {"key": {"type": "apiKey", "in": "header", "name": "x-functions-key", "description": "A function key"}}
# A connector has one kind of connection only; the wizard asks for the rest of Entra's.
_ENTRA = {
    "entra": {
        "type": "oauth2",
        "flow": "accessCode",
        "authorizationUrl": "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        "tokenUrl": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "scopes": {},
    }
}


@cache
def connector_description(base: str, *, signs_in: bool) -> dict[str, Any]:
    """Return the OpenAPI 2.0 document of a service at `base`, for Entra sign-in where it asks for that, else for a key."""
    whole = description(base)
    address = urlsplit(base)
    security = _ENTRA if signs_in else _KEY
    paths = {
        path: {method: _operation(call) for method, call in calls.items() if call["tags"][0] not in _LEFT_OUT}
        for path, calls in whole["paths"].items()
    }
    paths = {path: calls for path, calls in paths.items() if calls}
    tags = {call["tags"][0] for calls in paths.values() for call in calls.values()}
    info = {key: whole["info"][key] for key in ("title", "version", "description", "contact", "license")}
    definitions = {name: _schema(schema) for name, schema in whole["components"]["schemas"].items()}
    return {
        "swagger": "2.0",
        "info": info,
        "host": address.netloc,
        "basePath": address.path or "/",
        "schemes": [address.scheme],
        "consumes": [JSON],
        "produces": [JSON],
        "tags": [tag for tag in whole["tags"] if tag["name"] in tags],
        "paths": paths,
        "definitions": _used(paths, definitions),
        "securityDefinitions": security,
        "security": [{name: [] for name in security}],
    }


def _operation(call: dict[str, Any]) -> dict[str, Any]:
    parameters = [_parameter(parameter) for parameter in call["parameters"]]
    if body := call.get("requestBody"):
        schema = _schema(body["content"][JSON]["schema"])
        parameters.append({"name": "body", "in": "body", "required": body["required"], "schema": schema})
    kept = {key: call[key] for key in ("operationId", "tags", "summary", "description")}
    produces = sorted({media for response in call["responses"].values() for media in response["content"]})
    responses = {status: _response(response) for status, response in call["responses"].items()}
    return kept | {"produces": produces, "parameters": parameters, "responses": responses}


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = _schema(parameter["schema"])
    if "$ref" in schema:  # a parameter has a type of its own in 2.0; the values are in the description of the responses
        schema = {"type": "string"}
    schema.pop("x-nullable", None)
    schema.pop("example", None)
    kept = {key: parameter[key] for key in ("name", "in", "description")}
    return kept | {"required": parameter.get("required", False), "x-ms-summary": _title(parameter["name"])} | schema


def _response(response: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"description": response["description"]}
    media, content = next(iter(response["content"].items()))
    schema = content["schema"]
    kept["schema"] = {"type": "file"} if schema.get("format") == "binary" else _schema(schema)
    if headers := response.get("headers"):
        kept["headers"] = {
            name: {"description": header["description"], "type": header["schema"]["type"]}
            for name, header in headers.items()
        }
    if "example" in content:
        kept["examples"] = {media: _without_nulls(content["example"])}
    return kept


def _schema(schema: Schema) -> Schema:
    if "oneOf" in schema:  # a reference or null
        return _schema(schema["oneOf"][0])
    if target := schema.get("$ref"):
        return {"$ref": target.replace(REFERENCE, "#/definitions/")}
    converted = dict(schema)
    if isinstance(schema.get("type"), list):
        converted |= {"type": schema["type"][0], "x-nullable": True}
    if "items" in schema:
        converted["items"] = _schema(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        converted["additionalProperties"] = _schema(schema["additionalProperties"])
    if "properties" in schema:
        converted["properties"] = {name: _property(name, part) for name, part in schema["properties"].items()}
        # 2.0 has no null, and a reference cannot have `x-nullable` beside it: what may be null may be missing.
        required = [name for name in schema.get("required", []) if not _may_be_null(schema["properties"][name])]
        converted = {key: value for key, value in converted.items() if key != "required"}
        converted |= {"required": required} if required else {}
    return converted


def _may_be_null(schema: Schema) -> bool:
    return "oneOf" in schema or isinstance(schema.get("type"), list)


def _property(name: str, schema: Schema) -> Schema:
    converted = _schema(schema)
    return converted if "$ref" in converted else converted | {"x-ms-summary": _title(name)}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    return value


def _title(name: str) -> str:
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name)
    return " ".join(word[:1].upper() + word[1:] for word in words)


def _used(paths: dict[str, Any], definitions: dict[str, Schema]) -> dict[str, Schema]:
    """Return the definitions that these paths refer to, and those that they refer to in turn."""
    found: set[str] = set()
    waiting: list[Any] = [paths]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            target = part.get("$ref")
            if isinstance(target, str) and (name := target.rpartition("/")[2]) not in found:
                found.add(name)
                waiting.append(definitions[name])
            waiting += part.values()
    return {name: schema for name, schema in definitions.items() if name in found}
