"""Every call of the API in one table: what goes in, what comes out. The OpenAPI description is made of it.

A new route needs a line here; tests/triggers/api/test_openapi.py compares the table with the routes of the app.
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
    """`answers`: per status the model, or a schema with its media type. `problems`: statuses with a problem.

    `open`: needs no key and no sign-in. `any_body`: a JSON whose shape is the source's own.
    """

    method: str
    path: str
    summary: str
    answers: dict[int, type[Model] | tuple[dict[str, Any], str]]
    problems: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: type[Model] | None = None
    body_needed: bool = True
    form: dict[str, Any] | None = None
    any_body: bool = False
    open: bool = False


_KEY = Parameter(
    "Idempotency-Key",
    "The same key and body is the same request",
    {"type": "string", "minLength": 1, "maxLength": 255},
    "header",
)
_CUSTOMERS = Parameter("customers", "Policy keys, tenant ids or domains, separated by commas; absent: all")
_CURSOR = Parameter("cursor", "As the answer before gave it")
_COUNTED = Parameter("cursor", "As the answer before gave it", _NUMBER)
_LIMIT = Parameter("limit", "How many at most", _NUMBER)
_STATUS = Parameter("status", "Only these", {"type": "string", "enum": [*RequestStatus, ""]})
_OUTCOME = Parameter("outcome", "Only these", {"type": "string", "enum": [*TargetOutcome, ""]})
_CUSTOMER = Parameter("customer", "Only of this customer")
_OF_USERS = (
    _CUSTOMERS,
    Parameter("search", "What names or addresses begin with"),
    *(Parameter(name, "Only these", _FLAG) for name in ("enabled", "guest", "registered", "privileged")),
    Parameter(
        "sort",
        "A - before it: descending",
        {"type": "string", "enum": ["displayName", "-displayName", "userPrincipalName", "-userPrincipalName", ""]},
    ),
    _CURSOR,
    _LIMIT,
)
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
    Call("GET", "/api/health", "Whether the service answers", {200: HealthResponse}, open=True),
    Call("GET", "/api/openapi.json", "This description", {200: ({"type": "object"}, JSON)}),
    Call(
        "POST",
        "/api/reset-requests",
        "Asks for a reset; a repeat with the same Idempotency-Key is answered 200",
        {200: RequestResponse, 202: RequestResponse},
        (400, 413, 422),
        (_KEY,),
        ResetRequestBody,
    ),
    Call(
        "GET",
        "/api/reset-requests",
        "Requests, newest first",
        {200: RequestsPage},
        (400,),
        (_STATUS, _CUSTOMER, _CURSOR, _LIMIT),
    ),
    Call("GET", _ID, "One request", {200: RequestResponse}, (404,)),
    Call(
        "GET",
        f"{_ID}/targets",
        "The users of a request, with the outcome of every method",
        {200: TargetsPage},
        (400, 404),
        (_CUSTOMER, _OUTCOME, _COUNTED, _LIMIT),
    ),
    Call("GET", f"{_ID}/audit", "Audit events, oldest first", {200: AuditPage}, (400, 404), (_COUNTED,)),
    Call("GET", f"{_ID}/audit/verification", "Whether the audit is whole", {200: AuditVerification}, (404,)),
    Call(
        "GET",
        f"{_ID}/export",
        "A request with its users as a file",
        {200: ExportResponse},
        (400, 404),
        (Parameter("format", "json or csv", {"type": "string", "enum": ["json", "csv", ""]}), _CUSTOMER, _COUNTED),
    ),
    Call("GET", f"{_ID}/evidence", "A pack of evidence", {200: (_FILE, "application/zip")}, (404, 409)),
    Call("POST", f"{_ID}/cancel", "Nothing further is removed", {202: RequestResponse}, (404, 409)),
    Call(
        "POST",
        f"{_ID}/retry",
        "A new request for the users that did not end well",
        {200: RequestResponse, 202: RequestResponse},
        (400, 404, 409, 422),
        (_KEY,),
    ),
    Call(
        "POST",
        f"{_ID}/undo",
        "A new request that activates again the hardware tokens that this one deactivated",
        {200: RequestResponse, 202: RequestResponse},
        (400, 404, 409, 422),
        (_KEY,),
        UndoBody,
        body_needed=False,
    ),
    Call(
        "POST",
        f"{_ID}/targets/{{number}}/activate",
        "Of an approved undo: tries the code that a hardware token shows, at once",
        {200: TargetResponse},
        (400, 404, 409, 422, 503),
        body=TokenCode,
    ),
    Call(
        "POST",
        f"{_ID}/approvals/resend",
        "Mails approvers again: those whose mail failed, or those named",
        {202: RequestResponse},
        (400, 404, 409),
        body=ApproversNamed,
        body_needed=False,
    ),
    Call(
        "POST",
        f"{_ID}/callbacks/resend",
        "Sends again what the source and the Service Bus topic were not told",
        {202: RequestResponse},
        (404, 409),
    ),
    Call(
        "POST",
        f"{_ID}/mails/resend",
        "Sends mails again that failed: to the requester, and notices to users",
        {202: RequestResponse},
        (404, 409),
    ),
    Call(
        "POST",
        "/api/webhooks/{source}",
        "A delivery, signed as its source's scheme says; a repeat is answered 200",
        {200: RequestResponse, 202: RequestResponse},
        (400, 401, 404, 413, 422, 429),
        any_body=True,
        open=True,
    ),
    Call(
        "GET",
        "/api/approvals/{token}",
        "One approver's page; changes nothing",
        dict.fromkeys((200, 401, 403, 404, 503), _PAGE),
        parameters=(Parameter("page", "Which part of a long list of users", _NUMBER),),
        open=True,
    ),
    Call(
        "POST",
        "/api/approvals/{token}",
        "One approver's decision, from the page",
        dict.fromkeys((200, 400, 401, 403, 404, 409, 413, 503), _PAGE),
        form=_DECISION,
        open=True,
    ),
    Call("GET", "/api/customers", "The customers", {200: CustomersResponse}),
    Call(
        "GET", "/api/customer-access", "What each customer consented to", {200: AccessesResponse}, (400,), (_CUSTOMERS,)
    ),
    Call(
        "POST",
        "/api/people/deletions",
        "Takes a person out of the records of ended requests",
        {200: PersonDeleted},
        (400, 409),
        body=Person,
    ),
    Call("GET", "/api/options", "What all of these customers allow", {200: OptionsResponse}, (400,), (_CUSTOMERS,)),
    Call("GET", "/api/users", "Users, live from Graph", {200: UsersResponse}, (400,), _OF_USERS),
    Call("GET", "/api/customers/{customer}/users/{user}", "One user with methods", {200: UserDetailsResponse}, (404,)),
    Call(
        "GET",
        "/api/authentication-methods",
        "One row per user and method",
        {200: MethodsResponse},
        (400,),
        (
            *_OF_USERS,
            Parameter("type", "Only these kinds, separated by commas"),
            Parameter("olderThanDays", "Registered longer ago", {"type": "string", "pattern": "^[0-9]{0,5}$"}),
        ),
    ),
)
