"""What Graph can answer when it does not do what was asked, sorted by what a caller can do about it."""

from enum import StrEnum


class Fault(StrEnum):
    THROTTLED = "throttled"  # wait for Retry-After, then repeat
    UNAVAILABLE = "unavailable"  # 5xx or a broken connection; whether a write was done is not known
    REJECTED = (
        "tokenRejected"  # 401: Graph does not take a token that Entra gave; passes after signing keys have changed
    )
    CONSENT = "consentMissing"  # the app is not consented to in this tenant, or disabled there
    CREDENTIAL = "credentialInvalid"  # the service's own secret or certificate is wrong or has expired
    CONDITIONAL_ACCESS = "conditionalAccess"  # a policy of the tenant's blocks the app's sign-in
    UNKNOWN_TENANT = "unknownTenant"
    FORBIDDEN = "forbidden"  # this call is not granted
    NOT_FOUND = "notFound"
    DEFAULT_METHOD = "defaultMethod"  # the method is the user's default and others are there
    REFUSED = "refused"  # any other 4xx: repeating changes nothing


# Why a tenant gives the service no token at all, until somebody acts.
NO_ACCESS = frozenset({Fault.CONSENT, Fault.CREDENTIAL, Fault.CONDITIONAL_ACCESS, Fault.UNKNOWN_TENANT})


class GraphError(Exception):
    """A call that failed. `retry_after` is in seconds, None where Graph named none; `request_id` is Graph's."""

    def __init__(
        self,
        fault: Fault,
        detail: str,
        *,
        status: int = 0,
        code: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{status or 'no answer'} {code}: {detail}")
        self.fault = fault
        self.reason = fault.value
        self.detail = detail
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.sent = True  # False: there was no token, so the call was never made
        self.unreadable = False  # True: there was an answer, and what was asked for is not in it

    @classmethod
    def of_unreadable(cls, detail: str) -> "GraphError":
        """Return the error of a successful answer without what was asked for in it: HTML, no list, an item without an id."""
        error = cls(Fault.UNAVAILABLE, detail)
        error.unreadable = True
        return error

    @property
    def passing(self) -> bool:
        """Whether the same call may work later."""
        return self.fault in {Fault.THROTTLED, Fault.UNAVAILABLE, Fault.REJECTED}

    @property
    def of_tenant(self) -> bool:
        """Whether every call to the tenant ends the same, whatever it asks."""
        return self.fault in NO_ACCESS
