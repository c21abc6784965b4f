"""Errors of Entra's token endpoint.

Numbers and words are those of the documentation (learn.microsoft.com/entra/identity-platform/reference-error-codes) and
of public issues; the status and the OAuth error as responses in public issues show them. [d][i]
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from localhost.simulator.protocol.errors import GraphError


@dataclass(frozen=True, slots=True)
class TokenError:
    status: int
    error: str  # the OAuth error
    text: str  # with {app} and {tenant}


TOKEN_ERRORS = {
    50020: TokenError(
        400,
        "invalid_grant",
        "User account from identity provider 'live.com' does not exist in tenant '{tenant}' and cannot access the"
        " application '{app}' in that tenant. The account needs to be added as an external user in the tenant first.",
    ),
    53003: TokenError(
        400,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    65001: TokenError(
        400,
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID '{app}'. Send an interactive"
        " authorization request for this user and resource.",
    ),
    70003: TokenError(400, "unsupported_grant_type", "The app asked for an unsupported grant type."),
    90002: TokenError(
        400,
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct"
        " cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for"
        " the tenant.",
    ),
    700016: TokenError(
        400,
        "unauthorized_client",
        "Application with identifier '{app}' was not found in the directory '{tenant}'. This can happen if the"
        " application has not been installed by the administrator of the tenant or consented to by any user in the"
        " tenant. You may have sent your authentication request to the wrong tenant.",
    ),
    1002012: TokenError(400, "invalid_scope", "The provided value for scope is not valid: it must end with /.default."),
    7000112: TokenError(401, "unauthorized_client", "Application '{app}' is disabled."),
    7000215: TokenError(
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the"
        " client secret ID, for a secret added to app '{app}'.",
    ),
    7000222: TokenError(
        401,
        "invalid_client",
        "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to create new keys for your"
        " app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security.",
    ),
    7000229: TokenError(
        401, "invalid_client", "The client application {app} is missing service principal in the tenant {tenant}."
    ),
}


def token_error(number: int, now: datetime, *, app: str, tenant: str) -> GraphError:
    """Build the error with this AADSTS number.

    Raises:
        KeyError: a number that is not in TOKEN_ERRORS.
    """
    known = TOKEN_ERRORS[number]
    stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid4()), str(uuid4())
    text = known.text.format(app=app, tenant=tenant)
    body = {
        "error": known.error,
        "error_description": (
            f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
        ),
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
    }
    return GraphError(known.status, known.error, text, wrapped=False, body=body)
