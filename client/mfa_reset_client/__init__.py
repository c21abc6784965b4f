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
from mfa_reset_client.models import Accepted, CustomerTargets, Method, ResetRequest, Status, Target, TargetOutcome

__all__ = [
    "Accepted",
    "AsyncClient",
    "AuthenticationError",
    "Client",
    "ClientError",
    "ConflictError",
    "CustomerTargets",
    "InvalidInputError",
    "Method",
    "NotAllowedError",
    "NotFoundError",
    "ProblemError",
    "ResetRequest",
    "Status",
    "Target",
    "TargetOutcome",
    "UnexpectedResponseError",
    "UnreachableError",
    "WaitTimeoutError",
]
