"""What Graph can answer when it does not do what was asked, sorted by what a caller can do about it."""

from enum import StrEnum


class Fault(StrEnum):
    THROTTLED = "throttled"  # wait for Retry-After, then repeat
    UNAVAILABLE = "unavailable"  # 5xx or a broken connection; whether a write was done is not known
    CONSENT = "consentMissing"  # no token for this customer, or one that is worth nothing
    FORBIDDEN = "forbidden"  # this call is not granted
    NOT_FOUND = "notFound"
    DEFAULT_METHOD = "defaultMethod"  # the method is the user's default and others are there
    REFUSED = "refused"  # any other 4xx: repeating changes nothing


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

    @property
    def passing(self) -> bool:
        """Whether the same call may work later."""
        return self.fault in {Fault.THROTTLED, Fault.UNAVAILABLE}
