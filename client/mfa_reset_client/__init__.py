"""A client of the MFA reset service.

with Client("https://host", key) as client:
    accepted = client.create([TargetsOfCustomer(customer="contoso", users=["adele@contoso.com"])], reason="Lost phone")
    ended = client.wait(accepted.request.id)
"""

from mfa_reset_client.aio import AsyncClient
from mfa_reset_client.client import Client
from mfa_reset_client.errors import (
    BadAnswerError,
    ClientError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    ProblemError,
    UnreachableError,
    WaitTimeoutError,
)
from mfa_reset_client.models import Accepted, Method, ResetRequest, Status, Target, TargetOutcome, TargetsOfCustomer

__all__ = [
    "Accepted",
    "AsyncClient",
    "BadAnswerError",
    "Client",
    "ClientError",
    "ConflictError",
    "InvalidInputError",
    "Method",
    "NotAllowedError",
    "NotFoundError",
    "ProblemError",
    "ResetRequest",
    "Status",
    "Target",
    "TargetOutcome",
    "TargetsOfCustomer",
    "UnreachableError",
    "WaitTimeoutError",
]
