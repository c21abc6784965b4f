"""List every call of the API with its requests and responses; the OpenAPI description is built from the list.

A new route needs an entry here; tests/triggers/api/test_openapi.py compares the list with the routes of the app.
"""

from typing import Any, NamedTuple

from domain.api.access_responses import AccessesResponse
from domain.api.directory_responses import (
    CustomersResponse,
    MethodsResponse,
    OptionsResponse,
    UserDetailsResponse,
    UsersResponse,
)
from domain.api.people_responses import Person, PersonDeleted
from domain.api.responses import (
    AuditPage,
    AuditVerification,
    ExportResponse,
    HealthResponse,
    RequestResponse,
    RequestsPage,
    TargetResponse,
    TargetsPage,
)
from domain.model import Model
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.reset_request import ApproversNamed, ResetRequestBody, TokenCode, UndoBody

__all__ = ["CALLS", "Call", "Parameter"]

JSON, HTML, PROBLEM = "application/json", "text/html", "application/problem+json"

_TEXT: dict[str, Any] = {"type": "string"}
_FLAG = {"type": "string", "enum": ["true", "false", ""]}
_NUMBER = {"type": "string", "pattern": "^[0-9]{0,9}$"}
_FILE: dict[str, Any] = {"type": "string", "format": "binary"}


class Parameter(NamedTuple):
    name: str
    description: str
    schema: dict[str, Any] = _TEXT
    place: str = "query"


class Call(NamedTuple):
    """`responses`: per status the model, or a schema with its media type. `problems`: statuses with a problem.

    `open`: needs no key and no sign-in. `any_body`: JSON in the shape of the source.
    """

    method: str
    path: str
    summary: str
    responses: dict[int, type[Model] | tuple[dict[str, Any], str]]
    problems: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: type[Model] | None = None
    body_needed: bool = True
    form: dict[str, Any] | None = None
    any_body: bool = False
    open: bool = False


_KEY = Parameter(
    "Idempotency-Key",
    "A repeat with the same key and body returns the same request",
    {"type": "string", "minLength": 1, "maxLength": 255},
    "header",
)
_CUSTOMERS = Parameter("customers", "Policy keys, tenant ids or domains, separated by commas; absent: all")
_CURSOR = Parameter("cursor", "The cursor of the previous page")
_COUNTED = Parameter("cursor", "The cursor of the previous page", _NUMBER)
_LIMIT = Parameter("limit", "The largest number of items on the page", _NUMBER)
_STATUS = Parameter("status", "Only requests with this status", {"type": "string", "enum": [*RequestStatus, ""]})
_OUTCOME = Parameter("outcome", "Only users with this outcome", {"type": "string", "enum": [*TargetOutcome, ""]})
_CUSTOMER = Parameter("customer", "Only this customer: a policy key, a tenant id or a verified domain")
_OF_USERS = (
    _CUSTOMERS,
    Parameter("search", "The start of a name or address"),
    *(
        Parameter(name, f"Only users for whom {name} is true, or false", _FLAG)
        for name in ("enabled", "guest", "registered", "privileged")
    ),
    Parameter(
        "sort",
        "The property to sort by; with a - before it, descending",
        {"type": "string", "enum": ["displayName", "-displayName", "userPrincipalName", "-userPrincipalName", ""]},
    ),
    _CURSOR,
    _LIMIT,
)
_LINK_TOKEN = Parameter("token", "The token of the approver's link")
_USERS_PAGE = Parameter("page", "The page of a long list of users", _NUMBER)
_PAGE: tuple[dict[str, Any], str] = (_TEXT, HTML)
_DECISION = {
    "type": "object",
    "properties": {
        "decision": {"type": "string", "enum": ["approve", "deny"]},
        "comment": {"type": "string", "maxLength": 1000, "description": "Needed to deny"},
        "nonce": {"type": "string", "description": "The page's hidden field"},
        "without": {"type": "array", "items": {"type": "string"}, "description": "Numbers of users to leave out"},
    },
    "required": ["decision", "nonce"],
}
_ID = "/api/reset-requests/{id}"

CALLS: tuple[Call, ...] = (
    Call("GET", "/api/health", "Health of the service", {200: HealthResponse}, open=True),
    Call("GET", "/api/openapi.json", "The OpenAPI description of the API", {200: ({"type": "object"}, JSON)}),
    Call(
        "POST",
        "/api/reset-requests",
        "Create a reset request; a repeat with the same Idempotency-Key returns 200",
        {200: RequestResponse, 202: RequestResponse},
        (400, 413, 422),
        (_KEY,),
        ResetRequestBody,
    ),
    Call(
        "GET",
        "/api/reset-requests",
        "List requests, newest first",
        {200: RequestsPage},
        (400,),
        (_STATUS, _CUSTOMER, _CURSOR, _LIMIT),
    ),
    Call("GET", _ID, "Get a request", {200: RequestResponse}, (404,)),
    Call(
        "GET",
        f"{_ID}/targets",
        "List the users of a request, with the outcome of every method",
        {200: TargetsPage},
        (400, 404),
        (_CUSTOMER, _OUTCOME, _COUNTED, _LIMIT),
    ),
    Call(
        "GET",
        f"{_ID}/audit",
        "List the audit events of a request, oldest first",
        {200: AuditPage},
        (400, 404),
        (_COUNTED,),
    ),
    Call("GET", f"{_ID}/audit/verification", "Verify the hash chain of the audit", {200: AuditVerification}, (404,)),
    Call(
        "GET",
        f"{_ID}/export",
        "Export a request with its users as a file",
        {200: ExportResponse},
        (400, 404),
        (Parameter("format", "json or csv", {"type": "string", "enum": ["json", "csv", ""]}), _CUSTOMER, _COUNTED),
    ),
    Call("GET", f"{_ID}/evidence", "Get the evidence pack of a request", {200: (_FILE, "application/zip")}, (404, 409)),
    Call("POST", f"{_ID}/cancel", "Cancel a request; nothing further is removed", {202: RequestResponse}, (404, 409)),
    Call(
        "POST",
        f"{_ID}/retry",
        "Create a request for the users whose reset did not succeed",
        {200: RequestResponse, 202: RequestResponse},
        (400, 404, 409, 422),
        (_KEY,),
    ),
    Call(
        "POST",
        f"{_ID}/undo",
        "Create a request that reactivates the hardware tokens that this one deactivated",
        {200: RequestResponse, 202: RequestResponse},
        (400, 404, 409, 422),
        (_KEY,),
        UndoBody,
        body_needed=False,
    ),
    Call(
        "POST",
        f"{_ID}/targets/{{number}}/activate",
        "Reactivate a hardware token of an approved undo with the code that it shows",
        {200: TargetResponse},
        (400, 404, 409, 422, 503),
        body=TokenCode,
    ),
    Call(
        "POST",
        f"{_ID}/approvals/resend",
        "Mail approvers again: those whose mail failed, or those named",
        {202: RequestResponse},
        (400, 404, 409),
        body=ApproversNamed,
        body_needed=False,
    ),
    Call(
        "POST",
        f"{_ID}/callbacks/resend",
        "Deliver failed callbacks and Service Bus events again",
        {202: RequestResponse},
        (404, 409),
    ),
    Call(
        "POST",
        f"{_ID}/mails/resend",
        "Send failed mails again: to the requester, and notices to users",
        {202: RequestResponse},
        (404, 409),
    ),
    Call(
        "POST",
        "/api/webhooks/{source}",
        "Receive a delivery, signed by its source's scheme; a repeat returns 200",
        {200: RequestResponse, 202: RequestResponse},
        (400, 401, 404, 413, 422, 429),
        any_body=True,
        open=True,
    ),
    Call(
        "GET",
        "/api/approvals",
        "Show an approver's page; changes nothing",
        dict.fromkeys((200, 401, 403, 404, 503), _PAGE),
        parameters=(_LINK_TOKEN, _USERS_PAGE),
        open=True,
    ),
    Call(
        "POST",
        "/api/approvals",
        "Record an approver's decision, from the page",
        dict.fromkeys((200, 400, 401, 403, 404, 409, 413, 503), _PAGE),
        parameters=(_LINK_TOKEN,),
        form=_DECISION,
        open=True,
    ),
    Call(
        "GET",
        "/api/approvals/{token}",
        "Show the page of a link of the old form",
        dict.fromkeys((200, 401, 403, 404, 503), _PAGE),
        parameters=(_USERS_PAGE,),
        open=True,
    ),
    Call(
        "POST",
        "/api/approvals/{token}",
        "Record a decision from the page of a link of the old form",
        dict.fromkeys((200, 400, 401, 403, 404, 409, 413, 503), _PAGE),
        form=_DECISION,
        open=True,
    ),
    Call("GET", "/api/customers", "List the customers", {200: CustomersResponse}),
    Call(
        "GET",
        "/api/customer-access",
        "Check what each customer consented to",
        {200: AccessesResponse},
        (400,),
        (_CUSTOMERS,),
    ),
    Call(
        "POST",
        "/api/people/deletions",
        "Remove a person from the records of ended requests",
        {200: PersonDeleted},
        (400, 409),
        body=Person,
    ),
    Call(
        "GET",
        "/api/options",
        "Get the options that all of these customers allow",
        {200: OptionsResponse},
        (400,),
        (_CUSTOMERS,),
    ),
    Call("GET", "/api/users", "List users, live from Graph", {200: UsersResponse}, (400,), _OF_USERS),
    Call(
        "GET", "/api/customers/{customer}/users/{user}", "Get a user with methods", {200: UserDetailsResponse}, (404,)
    ),
    Call(
        "GET",
        "/api/authentication-methods",
        "List authentication methods, one row per user and method",
        {200: MethodsResponse},
        (400,),
        (
            *_OF_USERS,
            Parameter("type", "Only these method types, separated by commas"),
            Parameter(
                "olderThanDays",
                "Only methods registered at least so many days ago",
                {"type": "string", "pattern": "^[0-9]{0,5}$"},
            ),
        ),
    ),
)
