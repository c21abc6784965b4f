"""Build the OpenAPI 3.1 description of the API from the models that validate requests and write responses."""

import re
from functools import cache
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from domain.api.responses import ProblemResponse
from domain.model import Model
from triggers.api.openapi_operations import CALLS, JSON, PROBLEM, Call

_DESCRIPTIONS = {
    200: "Success",
    202: "Accepted",
    400: "The request is not valid; each mistake is named",
    401: "No valid credentials",
    403: "The caller may not do this",
    404: "Not found, or not visible to this caller",
    409: "Not possible in the current state",
    411: "The body came without Content-Length",
    413: "The body is too large",
    422: "The key was used with another body",
    429: "Too many requests",
    503: "Temporarily unavailable; try again later",
}


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI document."""
    used: dict[tuple[type[Model], JsonSchemaMode], None] = {(ProblemResponse, "serialization"): None}
    for call in CALLS:
        if call.body:
            used[call.body, "validation"] = None
        used.update({(kind, "serialization"): None for kind in call.responses.values() if isinstance(kind, type)})
    references, schemas = models_json_schema(list(used), ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, references)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "MFA reset",
            "version": "1",
            "description": "Resets the multi-factor authentication of users of many customers, after approval.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
                "keyInQuery": {"type": "apiKey", "in": "query", "name": "code"},
                "entra": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An Entra access token, where App Service authentication is on: docs/security.md",
                },
            },
        },
        "security": [{"key": []}, {"keyInQuery": []}, {"entra": []}],
    }


def _operation(call: Call, references: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", call.path)
    ]
    parameters += [
        {"name": p.name, "in": p.place, "description": p.description, "schema": p.schema} for p in call.parameters
    ]
    responses: dict[str, Any] = {}
    for status, kind in call.responses.items():
        schema, media = (references[kind, "serialization"], JSON) if isinstance(kind, type) else kind
        content = {media: {"schema": schema}}
        if call.path.endswith("/export"):
            content["text/csv"] = {"schema": {"type": "string"}}
        responses[str(status)] = {"description": _DESCRIPTIONS[status], "content": content}
    problem = {PROBLEM: {"schema": references[ProblemResponse, "serialization"]}}
    for status in sorted({*call.problems, *_common(call)}):
        response = responses.setdefault(str(status), {"description": _DESCRIPTIONS[status], "content": {}})
        response["content"] |= problem
    operation: dict[str, Any] = {
        "operationId": _name(call),
        "summary": call.summary,
        "parameters": parameters,
        "responses": responses,
    }
    if call.open:
        operation["security"] = []
    if call.body:
        body = {JSON: {"schema": references[call.body, "validation"]}}
        operation["requestBody"] = {"required": call.body_needed, "content": body}
    elif call.form:
        form = {"application/x-www-form-urlencoded": {"schema": call.form}}
        operation["requestBody"] = {"required": True, "content": form}
    elif call.any_body:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": {}}}}
    return operation


def _common(call: Call) -> tuple[int, ...]:
    """Return the problem statuses that any call of this kind may return."""
    if call.path == "/api/health":
        return ()
    largest = (413,) if call.method == "POST" else ()
    if call.body or call.any_body:
        largest = (411, *largest)
    # A path that the host itself does not know is 404 before a function runs.
    known = (404,) if "{" in call.path else ()
    return (*largest, *known, 503) if call.open else (401, 403, *largest, *known, 503)


def _name(call: Call) -> str:
    words = re.findall(r"\w+", call.path.removeprefix("/api"))
    return call.method.lower() + "".join(word[:1].upper() + word[1:] for word in words)
