"""Build the OpenAPI 3.1 description of the API from the models that validate requests and write responses."""

import re
from functools import cache
from typing import Any

import domain.errors
from domain.api.event_responses import RequestEvent
from domain.api.responses import ProblemResponse
from domain.errors import Problem
from domain.model import Model
from domain.request.csv_export import COLUMNS, csv_line
from triggers.api.openapi_callbacks import callbacks
from triggers.api.openapi_examples import example
from triggers.api.openapi_operations import CALLBACKS, CALLS, JSON, PROBLEM, SCHEMAS, TAGS, Call, Parameter
from triggers.api.openapi_schemas import Schema, name_of, reference, schemas_of

REPOSITORY = "https://github.com/your-company/mfa-reset"
LICENSE = {"name": "MIT", "url": f"{REPOSITORY}/blob/main/LICENSE"}
CONTACT = {
    "name": "The mfa-reset authors",
    "url": f"{REPOSITORY}/issues",
}
_DESCRIPTION = (
    "Resets the multi-factor authentication of selected users in selected Microsoft Entra tenants, after approval. "
    "Responses may gain fields and new values of enumerations: ignore what you do not know."
)
_DESCRIPTIONS = {
    200: "Success",
    202: "Accepted",
    400: "The request is not valid; each mistake is named",
    401: "No valid credentials",
    403: "The caller may not do this",
    404: "Not found, or not visible to this caller",
    409: "Not possible in the current state",
    415: "The body is not application/json",
    411: "The body came without Content-Length",
    413: "The body is too large",
    422: "The key was used with another body",
    429: "Too many requests",
    503: "Temporarily unavailable; try again later",
}
_PROBLEMS: dict[int, type[Problem]] = {}
for _kind in vars(domain.errors).values():  # the first of a status stands for it
    if isinstance(_kind, type) and issubclass(_kind, Problem) and _kind is not Problem:
        _PROBLEMS.setdefault(_kind.status, _kind)
_HEADERS: dict[str, Schema] = {
    "Location": {"description": "The address of the request", "schema": {"type": "string", "format": "uri"}},
    "Retry-After": {"description": "Seconds to wait before the next call", "schema": {"type": "integer"}},
    "Link": {"description": 'The address of the next part, as rel="next"', "schema": {"type": "string"}},
    "Content-Language": {"description": "The language of a problem's texts", "schema": {"type": "string"}},
    "Content-Disposition": {"description": "The name of the file", "schema": {"type": "string"}},
}
_WHOLE_NUMBERS = {"number"}  # parameters in paths; all others are texts


@cache
def description(base: str = "/") -> dict[str, Any]:
    """Return the OpenAPI document of a service at this address."""
    received = list(dict.fromkeys(call.body for call in CALLS if call.body))
    answers = [kind for call in CALLS for kind in call.responses.values() if isinstance(kind, type)]
    schemas = schemas_of(received, list(dict.fromkeys([ProblemResponse, *answers, RequestEvent])))
    schemas = dict(sorted((schemas | SCHEMAS).items()))
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            # Generators name the client's package by it, which must not be the one of client/.
            "title": "MFA Reset API",
            "version": "1",
            "summary": "Reset multi-factor authentication in many tenants, after approval",
            "description": _DESCRIPTION,
            "contact": CONTACT,
            "license": LICENSE,
        },
        "servers": [{"url": base, "description": "This service"}],
        "tags": [{"name": name, "description": text} for name, text in [*TAGS.values(), CALLBACKS] if text],
        "paths": paths,
        "webhooks": callbacks(schemas),
        "components": {"schemas": schemas, "securitySchemes": _SECURITY},
        "security": [{"key": []}, {"keyInQuery": []}, {"entra": []}],
    }


_SECURITY = {
    "key": {"type": "apiKey", "in": "header", "name": "x-functions-key", "description": "A function key"},
    "keyInQuery": {"type": "apiKey", "in": "query", "name": "code", "description": "The same key in the address"},
    "entra": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An Entra access token, where App Service authentication is on: docs/security.md",
    },
}


def _operation(call: Call, schemas: dict[str, Schema]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": call.operation,
        "tags": [TAGS[re.split(r"[/.]", call.path)[2]][0]],
        "summary": call.summary,
        "description": call.description,
        "parameters": [
            *(_path_parameter(name, schemas) for name in re.findall(r"\{(\w+)\}", call.path)),
            *(_parameter(parameter) for parameter in call.parameters),
        ],
        "responses": _responses(call, schemas),
    }
    if call.open:
        operation["security"] = []
    if body := _body(call, schemas):
        operation["requestBody"] = body
    return operation


def _path_parameter(name: str, schemas: dict[str, Schema]) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1} if name in _WHOLE_NUMBERS else {"type": "string", "minLength": 1}
    if name == "id":
        schema["example"] = example({"type": "string", "format": "uuid"}, schemas)
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": _PATH_PARAMETERS[name],
        "schema": schema,
    }


_PATH_PARAMETERS = {
    "customer": "A policy key, a tenant id or a verified domain",
    "id": "The id of a request",
    "number": "The number of a target, from 1 on",
    "service": "The key of a verification service in the policy",
    "source": "The name of a source in the policy",
    "token": "The token of an approval link",
    "user": "A user principal name or an object id",
}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = parameter.schema
    if "$ref" in schema:
        schema = reference(schema["$ref"])
    required = {"required": True} if parameter.required else {}
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        **required,
        "schema": schema,
    }


def _responses(call: Call, schemas: dict[str, Schema]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, kind in call.responses.items():
        content = _content(kind, schemas)
        if call.path.endswith("/export"):
            content["text/csv"] = {"schema": {"type": "string"}, "example": csv_line(COLUMNS).decode()}
        responses[str(status)] = {"description": _DESCRIPTIONS[status], "content": content}
        if call.headers and status < 300:
            responses[str(status)]["headers"] = {name: _HEADERS[name] for name in call.headers}
    for status in sorted({*call.problems, *_common(call)}):
        response = responses.setdefault(str(status), {"description": _DESCRIPTIONS[status], "content": {}})
        problem = {"schema": reference("ProblemResponse"), "example": _problem(status, schemas)}
        response["content"] |= {PROBLEM: problem}
        headers = {"Content-Language": _HEADERS["Content-Language"]}
        if status in {429, 503}:
            headers["Retry-After"] = _HEADERS["Retry-After"]
        response["headers"] = response.get("headers", {}) | headers
    return responses


def _content(kind: type[Model] | tuple[Schema, str], schemas: dict[str, Schema]) -> dict[str, Any]:
    if isinstance(kind, type):
        schema = reference(kind.__name__)
        return {JSON: {"schema": schema, "example": example(schema, schemas)}}
    schema, media = kind
    given = {"example": schema["examples"][0]} if "examples" in schema else {}
    return {media: {"schema": {name: value for name, value in schema.items() if name != "examples"}, **given}}


def _problem(status: int, schemas: dict[str, Schema]) -> dict[str, Any]:
    kind = _PROBLEMS[status]
    mistakes = [example(schemas[name_of("MistakeResponse")], schemas, within="Mistake")] if status == 400 else None
    return kind(_DESCRIPTIONS[status], mistakes).to_json()


def _body(call: Call, schemas: dict[str, Schema]) -> dict[str, Any] | None:
    if call.body:
        schema = reference(call.body.__name__)
        content = {JSON: {"schema": schema, "example": example(schema, schemas)}}
        return {"required": call.body_needed, "content": content}
    if call.form:
        schema = reference(call.form)
        form = {"schema": schema, "example": example(schema, schemas)}
        return {"required": True, "content": {"application/x-www-form-urlencoded": form}}
    if call.any_body:
        # Of a source without expressions: the body is what `POST /api/reset-requests` takes.
        body = example(reference("ResetRequestBody"), schemas)
        return {"required": True, "content": {JSON: {"schema": {"type": "object"}, "example": body}}}
    return None


def _common(call: Call) -> tuple[int, ...]:
    """Return the problem statuses that any call of this kind may return."""
    if call.path == "/api/health" or call.path.endswith(".json"):
        return ()
    largest = (413,) if call.method == "POST" else ()
    if call.body or call.any_body:
        largest = (411, *largest)
    if call.body:
        largest = (*largest, 415)
    # A path that the host itself does not know is 404 before a function runs.
    known = (404,) if "{" in call.path else ()
    return (*largest, *known, 503) if call.open else (401, 403, *largest, *known, 503)
