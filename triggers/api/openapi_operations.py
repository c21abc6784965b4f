"""List every call of the API with its requests and responses; the OpenAPI description is built from the list.

A new route needs an entry here; tests/triggers/api/test_openapi.py compares the list with the routes of the app.
"""

from typing import Any, NamedTuple

from domain.api.access_pass_bodies import AccessPassBody
from domain.api.access_responses import AccessesResponse
from domain.api.delegation_responses import DelegationBody, DelegationResponse
from domain.api.directory_responses import (
    CustomersResponse,
    MethodsResponse,
    OptionsResponse,
    UserDetailsResponse,
    UsersResponse,
)
from domain.api.evidence_responses import EvidenceKeys
from domain.api.lookup_responses import LookupBody, LookupResponse
from domain.api.partner_responses import DiscoveryPage
from domain.api.people_responses import Person, PersonDeleted
from domain.api.release_bodies import ReleaseAsked, ReleaseBody
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
from domain.api.verification_bodies import CallbackBody, PresentationBegun, PresentationTaken, ProofAccepted
from domain.bootstrap.access_pass import AccessPassMade
from domain.ingress.unused import UnusedDeliveries
from domain.model import Model
from domain.reconciliation.alerts import ReconciliationPage
from domain.request.reset_request import ApproversNamed, ResetRequestBody, TokenCode, UndoBody
from domain.verification.external_proof import ProofBody

__all__ = ["CALLS", "Call", "Parameter"]

JSON, HTML, PROBLEM = "application/json", "text/html", "application/problem+json"

_TEXT: dict[str, Any] = {"type": "string"}
_FILE: dict[str, Any] = {"type": "string", "format": "binary"}
_FLAG: dict[str, Any] = {"type": "boolean"}


class Parameter(NamedTuple):
    """`schema` may refer to a schema that a response uses."""

    name: str
    description: str
    schema: dict[str, Any] = _TEXT
    place: str = "query"
    required: bool = False


class Call(NamedTuple):
    """`operation` is the name that generated clients give to the method, `summary` a line, `description` what to know.

    `responses`: per status the model, or a schema with its media type. `problems`: statuses with a problem.
    `form`: a schema of SCHEMAS. `any_body`: JSON in the shape of the source. `open`: needs no key and no sign-in.
    `headers`: what comes with success.
    """

    method: str
    path: str
    operation: str
    summary: str
    description: str
    responses: dict[int, type[Model] | tuple[dict[str, Any], str]]
    problems: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: type[Model] | None = None
    body_needed: bool = True
    form: str | None = None
    any_body: bool = False
    open: bool = False
    headers: tuple[str, ...] = ()


# What is no model: "examples" becomes the example of the body.
_DESCRIPTION = {"type": "object", "examples": [{"info": {"title": "MFA Reset API", "version": "1"}}]}
_REPEATED_OR_IGNORED = {"type": "object", "examples": [{"status": "ignored", "reason": "notAccepted"}]}

# Schemas that are no models.
SCHEMAS: dict[str, dict[str, Any]] = {
    "ApprovalForm": {
        "type": "object",
        "properties": {
            "decision": {"type": "string", "enum": ["approve", "deny"]},
            "comment": {"type": "string", "maxLength": 1000, "description": "Needed to deny"},
            "nonce": {"type": "string", "description": "The page's hidden field"},
            "without": {"type": "array", "items": {"type": "string"}, "description": "Numbers of users to leave out"},
        },
        "required": ["decision", "nonce"],
    },
    "AttestationForm": {
        "type": "object",
        "properties": {
            "answer": {"type": "string", "enum": ["spoken", "notTheUser"]},
            "nonce": {"type": "string", "description": "The page's hidden field"},
        },
        "required": ["answer", "nonce"],
    },
    "ExportFormat": {"type": "string", "enum": ["json", "csv"]},
    "UserSortOrder": {
        "type": "string",
        "enum": ["displayName", "-displayName", "userPrincipalName", "-userPrincipalName"],
    },
}
# The first word of a path after /api, and the group that its calls are in.
TAGS: dict[str, tuple[str, str]] = {
    "reset-requests": ("Reset requests", "Create, follow and end requests, and what is left of them."),
    "customers": ("Directory", "Customers, users and their methods, live from Microsoft Graph."),
    "users": ("Directory", ""),
    "authentication-methods": ("Directory", ""),
    "options": ("Directory", ""),
    "customer-access": ("Administration", "Consent of customers, and deletion of a person's data."),
    "partner-customers": ("Administration", ""),
    "people": ("Administration", ""),
    "delegation": ("Approvers", "Who stands in for an approver who is away."),
    "verification": ("Verification", "Evidence that a user asks for a reset."),
    "unused-deliveries": ("Deliveries", ""),
    "removal-alerts": ("Reconciliation", "Customers' audit logs, held against the records of this service."),
    "webhooks": ("Deliveries", "Signed deliveries of ticketing systems."),
    "approvals": ("Approval page", "The page that an approver opens from a mail, for browsers."),
    "evidence": ("Evidence", "The evidence of a customer over a period, signed, and the keys that verify it."),
    "attestations": ("Verification", ""),
    "openapi": ("Service", ""),
    "openapi-2": ("Service", ""),
    "asyncapi": ("Service", ""),
    "health": ("Service", "Health and descriptions of the service."),
}
CALLBACKS = ("Callbacks", "What this service sends to the systems that asked.")

_KEY = Parameter(
    "Idempotency-Key",
    "A repeat with the same key and body returns the same request",
    {"type": "string", "minLength": 1, "maxLength": 255},
    "header",
)
_CUSTOMERS = Parameter("customers", "Policy keys, tenant ids or domains, separated by commas; absent: all")
_CURSOR = Parameter("cursor", "The cursor of the previous page")


def _limit(most: int) -> Parameter:
    return Parameter(
        "limit",
        "The largest number of items on the page",
        {"type": "integer", "format": "int32", "minimum": 1, "maximum": most},
    )


def _whole(most: int) -> dict[str, Any]:
    return {"type": "integer", "format": "int32", "minimum": 0, "maximum": most}


_STATUS = Parameter("status", "Only requests with this status", {"$ref": "RequestStatus"})
_OUTCOME = Parameter("outcome", "Only users with this outcome", {"$ref": "TargetOutcome"})
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
        {"$ref": "UserSortOrder"},
    ),
    _CURSOR,
    _limit(200),
)
_LINK_TOKEN = Parameter("token", "The token of the approver's link")
_USERS_PAGE = Parameter("page", "The page of a long list of users", _whole(999_999_999))
_PAGE: tuple[dict[str, Any], str] = (_TEXT, HTML)
_ID = "/api/reset-requests/{id}"

CALLS: tuple[Call, ...] = (
    Call(
        "GET",
        "/api/health",
        "getHealth",
        "Health of the service",
        "Answers whenever the process runs, and calls nothing else.",
        {200: HealthResponse},
        open=True,
    ),
    Call(
        "GET",
        "/api/openapi.json",
        "getOpenApi",
        "The OpenAPI description of the API",
        "This document. It needs no key.",
        {200: (_DESCRIPTION, JSON)},
        open=True,
    ),
    Call(
        "GET",
        "/api/openapi-2.0.json",
        "getConnectorDescription",
        "The description in OpenAPI 2.0, for custom connectors of Power Platform",
        "Its security is Entra sign-in where the service asks for that, else a function key. It needs no key.",
        {200: (_DESCRIPTION, JSON)},
        open=True,
    ),
    Call(
        "GET",
        "/api/asyncapi.json",
        "getAsyncApi",
        "The AsyncAPI description of the Service Bus queue and topic",
        "It needs no key.",
        {200: (_DESCRIPTION, JSON)},
        open=True,
    ),
    Call(
        "POST",
        "/api/reset-requests",
        "createResetRequest",
        "Create a reset request; a repeat with the same Idempotency-Key returns 200",
        "The request is planned at once and waits for its approval; poll it, or take a callback.",
        {200: RequestResponse, 202: RequestResponse},
        (400, 413, 422, 429),
        (_KEY,),
        ResetRequestBody,
        headers=("Location", "Retry-After"),
    ),
    Call(
        "GET",
        "/api/reset-requests",
        "listResetRequests",
        "List requests, newest first",
        "A filter looks through so many requests a call: a page may be short, or empty, and still have a cursor.",
        {200: RequestsPage},
        (400,),
        (_STATUS, _CUSTOMER, _CURSOR, _limit(500)),
    ),
    Call(
        "GET",
        _ID,
        "getResetRequest",
        "Get a request",
        "`status` says how far it is, `totals` how many users have each outcome. `Retry-After` is there until it has ended.",
        {200: RequestResponse},
        (404,),
        headers=("Retry-After",),
    ),
    Call(
        "GET",
        f"{_ID}/targets",
        "listTargets",
        "List the users of a request, with the outcome of every method",
        "Users are in the order in which they were named, customer by customer.",
        {200: TargetsPage},
        (400, 404),
        (_CUSTOMER, _OUTCOME, _CURSOR, _limit(500)),
    ),
    Call(
        "GET",
        f"{_ID}/audit",
        "listAuditEvents",
        "List the audit events of a request, oldest first",
        "Each event holds the SHA-256 of the one before.",
        {200: AuditPage},
        (400, 404),
        (_CURSOR,),
    ),
    Call(
        "GET",
        f"{_ID}/audit/verification",
        "verifyAudit",
        "Verify the hash chain of the audit",
        "Reads all events again and computes their hashes.",
        {200: AuditVerification},
        (404,),
    ),
    Call(
        "GET",
        f"{_ID}/export",
        "exportResetRequest",
        "Export a request with its users as a file",
        "At most 10,000 users a file; the header `Link` has the address of the next.",
        {200: ExportResponse},
        (400, 404),
        (Parameter("format", "json or csv", {"$ref": "ExportFormat"}), _CUSTOMER, _CURSOR),
        headers=("Content-Disposition", "Link"),
    ),
    Call(
        "GET",
        f"{_ID}/evidence",
        "getEvidence",
        "Get the evidence pack of a request",
        "A ZIP file with the request, its users, approvals, mails and audit, and a manifest with the hash of each part.",
        {200: (_FILE, "application/zip")},
        (404, 409),
        headers=("Content-Disposition",),
    ),
    Call(
        "GET",
        "/api/evidence",
        "getPeriodEvidence",
        "Get the evidence of a customer over a period",
        "A ZIP file with every request of that time as far as it concerns the customer, what retention removed, a printable "
        "summary, a tree hash over all files, its signature and, where the policy names an authority, a timestamp. "
        "A period with more than 2,000 requests or 50,000 users is refused (413).",
        {200: (_FILE, "application/zip")},
        (400, 404, 413),
        (
            Parameter("customer", "A policy key, a tenant id or a verified domain", required=True),
            Parameter("from", "The first moment of the period: a date (UTC) or a date and time", required=True),
            Parameter("to", "The first moment after the period", required=True),
        ),
        headers=("Content-Disposition",),
    ),
    Call(
        "GET",
        "/api/evidence/keys",
        "listEvidenceKeys",
        "List the public keys that verify evidence",
        "A JSON Web Key Set (RFC 7517, RFC 8037). Keep a copy outside the service.",
        {200: EvidenceKeys},
        open=True,
    ),
    Call(
        "POST",
        f"{_ID}/cancel",
        "cancelResetRequest",
        "Cancel a request; nothing further is removed",
        "What was removed before stays removed.",
        {202: RequestResponse},
        (404, 409),
        headers=("Retry-After",),
    ),
    Call(
        "POST",
        f"{_ID}/retry",
        "retryResetRequest",
        "Create a request for the users whose reset did not succeed",
        "The new request is planned and approved like any other.",
        {200: RequestResponse, 202: RequestResponse},
        (400, 404, 409, 422, 429),
        (_KEY,),
        headers=("Location", "Retry-After"),
    ),
    Call(
        "POST",
        f"{_ID}/takeover",
        "takeOverResetRequest",
        "Create a request for the users that another, undecided request holds, and end its hold on them",
        "The new request is planned and approved like any other.",
        {200: RequestResponse, 202: RequestResponse},
        (400, 404, 409, 422, 429),
        (_KEY,),
        headers=("Location", "Retry-After"),
    ),
    Call(
        "POST",
        f"{_ID}/undo",
        "undoResetRequest",
        "Create a request that reactivates the hardware tokens that this one deactivated",
        "Phones, apps and software tokens cannot be restored. The new request is approved like any other.",
        {200: RequestResponse, 202: RequestResponse},
        (400, 404, 409, 422, 429),
        (_KEY,),
        UndoBody,
        body_needed=False,
        headers=("Location", "Retry-After"),
    ),
    Call(
        "POST",
        f"{_ID}/targets/{{number}}/activate",
        "activateHardwareToken",
        "Reactivate a hardware token of an approved undo with the code that it shows",
        "The code is sent to Microsoft Entra and kept nowhere.",
        {200: TargetResponse},
        (400, 404, 409, 422, 503),
        body=TokenCode,
    ),
    Call(
        "POST",
        f"{_ID}/unblock",
        "unblockUsers",
        "Let users sign in again whom a request of the profile `compromised` blocked",
        "For approvers and operators who did not ask for the request, once it has ended. Users who were disabled before stay so; where "
        "the policy asks for evidence, users without it stay blocked.",
        {202: ReleaseAsked},
        (400, 403, 404, 409),
        body=ReleaseBody,
        body_needed=False,
    ),
    Call(
        "POST",
        f"{_ID}/dismiss-risk",
        "dismissUsersRisk",
        "Dismiss the risk of users whom a request of the profile `compromised` confirmed as compromised",
        "For approvers and operators who did not ask for the request, once it has ended.",
        {202: ReleaseAsked},
        (400, 403, 404, 409),
        body=ReleaseBody,
        body_needed=False,
    ),
    Call(
        "POST",
        f"{_ID}/approvals/resend",
        "resendApprovalMails",
        "Mail approvers again: those whose mail failed, or those named",
        "Each mail has a new link; earlier links keep working.",
        {202: RequestResponse},
        (400, 404, 409),
        body=ApproversNamed,
        body_needed=False,
        headers=("Retry-After",),
    ),
    Call(
        "POST",
        f"{_ID}/callbacks/resend",
        "resendCallbacks",
        "Deliver failed callbacks and Service Bus events again",
        "They keep their ids, so that a receiver recognizes what it has.",
        {202: RequestResponse},
        (404, 409),
        headers=("Retry-After",),
    ),
    Call(
        "POST",
        f"{_ID}/mails/resend",
        "resendMails",
        "Send failed mails again: to the requester, to managers who are to vouch, and notices to users",
        "Mails that were sent are not sent again.",
        {202: RequestResponse},
        (404, 409),
        headers=("Retry-After",),
    ),
    Call(
        "POST",
        "/api/webhooks/{source}",
        "receiveDelivery",
        "Receive a delivery, signed by its source's scheme; a repeat returns 200",
        "The body has the shape that the sending system gives it; the policy maps it. Its scheme decides which header signs it. "
        "What the policy does not accept is ignored: 200 with `status` `ignored`.",
        {200: (_REPEATED_OR_IGNORED, JSON), 202: RequestResponse},
        (400, 401, 404, 413, 422, 429),
        any_body=True,
        open=True,
        headers=("Location", "Retry-After"),
    ),
    Call(
        "GET",
        "/api/unused-deliveries",
        "listUnusedDeliveries",
        "List the signed deliveries of a source that became no request, the latest first",
        "Ignored ones, and refused ones with what is wrong and the body. Kept for 30 days, for operators of all customers.",
        {200: UnusedDeliveries},
        (400, 404),
        (Parameter("source", "The name of a source in the policy", required=True), _CURSOR, _limit(200)),
    ),
    Call(
        "GET",
        "/api/removal-alerts",
        "listRemovalAlerts",
        "List removals that customers' audit logs and our records disagree about, the latest first",
        "A removal by this application without a request, more of them than a request made, or an outcome that is not in the log. "
        "`customers` says how far each audit log was read, or why it could not be.",
        {200: ReconciliationPage},
        (400,),
        (_CURSOR, _limit(200)),
    ),
    Call(
        "POST",
        "/api/reset-requests/{id}/targets/{number}/verification",
        "recordCallback",
        "Record that the user was called back",
        "Evidence of the weakest kind, where the policy accepts it. The operator may be neither the requester nor the user.",
        {200: TargetResponse},
        (400, 404, 409, 422),
        body=CallbackBody,
    ),
    Call(
        "POST",
        "/api/reset-requests/{id}/targets/{number}/verification/verified-id",
        "beginPresentation",
        "Ask the user for a credential of Microsoft Entra Verified ID",
        "Show the user the QR code, or send the address: it opens their wallet.",
        {200: PresentationBegun},
        (404, 409),
    ),
    Call(
        "POST",
        "/api/reset-requests/{id}/targets/{number}/access-pass",
        "makeAccessPass",
        "Make the Temporary Access Pass that the plan offers a user who was reset, and show it, once",
        "The pass is in this answer and nowhere else; a second call is answered 409. Keep it out of logs.",
        {200: AccessPassMade},
        (400, 404, 409),
        body=AccessPassBody,
    ),
    Call(
        "POST",
        "/api/verification/verified-id",
        "receivePresentation",
        "Take a callback of Verified ID's request service",
        "With the `api-key` that the service was given for this presentation. A repeat is answered 200.",
        {200: PresentationTaken},
        (400, 401, 409, 411, 413, 422),
        any_body=True,
        open=True,
    ),
    Call(
        "POST",
        "/api/verification/proofs/{service}",
        "receiveProof",
        "Take the signed result of a verification service",
        "Signed by Standard Webhooks. It names the request and the user. The same delivery again is answered 200.",
        {200: ProofAccepted},
        (400, 401, 404, 409, 411, 413, 422, 429),
        body=ProofBody,
        open=True,
    ),
    Call(
        "GET",
        "/api/approvals",
        "showApprovalPage",
        "Show an approver's page; changes nothing",
        "Opening the link decides nothing.",
        dict.fromkeys((200, 401, 403, 404, 503), _PAGE),
        parameters=(_LINK_TOKEN, _USERS_PAGE),
        open=True,
    ),
    Call(
        "POST",
        "/api/approvals",
        "decideApproval",
        "Record an approver's decision, from the page",
        "Counts once per approver, for the plan that the page showed.",
        dict.fromkeys((200, 400, 401, 403, 404, 409, 413, 503), _PAGE),
        parameters=(_LINK_TOKEN,),
        form="ApprovalForm",
        open=True,
    ),
    Call(
        "GET",
        "/api/approvals/{token}",
        "showApprovalPageOfOldLink",
        "Show the page of a link of the old form",
        "The same page.",
        dict.fromkeys((200, 401, 403, 404, 503), _PAGE),
        parameters=(_USERS_PAGE,),
        open=True,
    ),
    Call(
        "POST",
        "/api/approvals/{token}",
        "decideApprovalOfOldLink",
        "Record a decision from the page of a link of the old form",
        "The same decision.",
        dict.fromkeys((200, 400, 401, 403, 404, 409, 413, 503), _PAGE),
        form="ApprovalForm",
        open=True,
    ),
    Call(
        "GET",
        "/api/attestations",
        "showAttestationPage",
        "Show the page of a manager who is asked about a user; changes nothing",
        "Opening the link answers nothing.",
        dict.fromkeys((200, 401, 403, 404, 503), _PAGE),
        parameters=(_LINK_TOKEN,),
        open=True,
    ),
    Call(
        "POST",
        "/api/attestations",
        "answerAttestation",
        "Record a manager's answer, from the page",
        "The first answer counts.",
        dict.fromkeys((200, 400, 401, 403, 404, 409, 413, 503), _PAGE),
        parameters=(_LINK_TOKEN,),
        form="AttestationForm",
        open=True,
    ),
    Call(
        "GET",
        "/api/customers",
        "listCustomers",
        "List the customers",
        "Those of the policy that the caller may see.",
        {200: CustomersResponse},
    ),
    Call(
        "GET",
        "/api/customer-access",
        "checkCustomerAccess",
        "Check what each customer consented to",
        "Asks for a token of each tenant and compares its permissions with those that are needed.",
        {200: AccessesResponse},
        (400,),
        (_CUSTOMERS,),
    ),
    Call(
        "GET",
        "/api/partner-customers",
        "listPartnerCustomers",
        "Hold the partner relationships (GDAP) against the policy",
        "For operators of all customers, where the policy names a partner tenant. Each page asks its customers' tenants for a token."
        " A new customer comes with a file to review; the policy in use does not change.",
        {200: DiscoveryPage},
        (400, 404, 409),
        (
            Parameter("state", "Only customers in this state", {"$ref": "CustomerState"}),
            _CURSOR,
            _limit(200),
        ),
    ),
    Call(
        "GET",
        "/api/delegation",
        "getDelegation",
        "Get who stands in for the caller",
        "For signed-in approvers, each for themselves; keys are refused.",
        {200: DelegationResponse},
        (503,),
    ),
    Call(
        "PUT",
        "/api/delegation",
        "putDelegation",
        "Name who stands in for the caller, and until when",
        "It holds for requests that are planned from now on: who may decide a request that waits is part of its plan.",
        {200: DelegationResponse},
        (400, 503),
        body=DelegationBody,
    ),
    Call(
        "DELETE",
        "/api/delegation",
        "deleteDelegation",
        "Say that the caller is back",
        "Requests that were planned meanwhile stay with the delegate.",
        {200: DelegationResponse},
        (503,),
    ),
    Call(
        "POST",
        "/api/people/deletions",
        "deletePerson",
        "Remove a person from the records of ended requests",
        "The audit and the counts of the requests stay.",
        {200: PersonDeleted},
        (400, 409),
        body=Person,
    ),
    Call(
        "GET",
        "/api/options",
        "getOptions",
        "Get the options that all of these customers allow",
        "What one of them does not allow is in `missing`, with the customers that do not.",
        {200: OptionsResponse},
        (400,),
        (_CUSTOMERS,),
    ),
    Call(
        "GET",
        "/api/users",
        "listUsers",
        "List users, live from Graph",
        "Customers whose directory does not answer are in `unreachable`; the others are listed all the same.",
        {200: UsersResponse},
        (400,),
        _OF_USERS,
    ),
    Call(
        "POST",
        "/api/users/lookup",
        "lookUpUsers",
        "Look up many users at once: who is found where, ambiguous or unknown",
        "Up to 10,000 lines: user principal names, mail addresses or object ids, or a CSV file with a header. Nothing is requested.",
        {200: LookupResponse},
        (400, 413),
        body=LookupBody,
    ),
    Call(
        "GET",
        "/api/customers/{customer}/users/{user}",
        "getUser",
        "Get a user with methods",
        "`user` is a user principal name or an object id. Numbers are masked.",
        {200: UserDetailsResponse},
        (404,),
    ),
    Call(
        "GET",
        "/api/authentication-methods",
        "listAuthenticationMethods",
        "List authentication methods, one row per user and method",
        "Users whose methods could not be read are in `unread`.",
        {200: MethodsResponse},
        (400,),
        (
            *_OF_USERS,
            Parameter("type", "Only these method types, separated by commas"),
            Parameter(
                "olderThanDays",
                "Only methods registered at least so many days ago",
                _whole(99_999),
            ),
            Parameter("onlyPhone", "Only users who have nothing but SMS and voice for MFA", _FLAG),
        ),
    ),
)
