"""A client of the MFA reset service.

with Client("https://host", audience="<client id of the service's sign-in application>") as client:
    accepted = client.create([CustomerTargets(customer="contoso", users=["adele@contoso.com"])], reason="Lost phone")
    ended = client.wait(accepted.request.id)
"""

from mfa_reset_client.async_client import AsyncClient
from mfa_reset_client.client import Client
from mfa_reset_client.errors import (
    AuthenticationError,
    ClientError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    ProblemError,
    UnexpectedResponseError,
    UnreachableError,
    WaitTimeoutError,
)
from mfa_reset_client.models import (
    Accepted,
    AuditEvent,
    AuditVerification,
    Customer,
    CustomerTargets,
    Method,
    ResetRequest,
    Status,
    Target,
    TargetOutcome,
    Unreachable,
    User,
)
from mfa_reset_client.retry import Retry
from mfa_reset_client.version import __version__

__all__ = [
    "Accepted",
    "AsyncClient",
    "AuditEvent",
    "AuditVerification",
    "AuthenticationError",
    "Client",
    "ClientError",
    "ConflictError",
    "Customer",
    "CustomerTargets",
    "InvalidInputError",
    "Method",
    "NotAllowedError",
    "NotFoundError",
    "ProblemError",
    "ResetRequest",
    "Retry",
    "Status",
    "Target",
    "TargetOutcome",
    "UnexpectedResponseError",
    "Unreachable",
    "UnreachableError",
    "User",
    "WaitTimeoutError",
    "__version__",
]
