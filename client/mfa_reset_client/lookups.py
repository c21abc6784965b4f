"""Operations that only read: the directory, and what was recorded of a request."""

from collections.abc import Callable, Iterable

import httpx

from mfa_reset_client.calls import Calls, Page, Pages, given, path_of
from mfa_reset_client.models import (
    AuditEvent,
    AuditLogs,
    AuditVerification,
    Customer,
    Lookup,
    PartnerCustomer,
    PartnerCustomerPage,
    RemovalAlert,
    Unreachable,
    User,
)
from mfa_reset_client.responses import file_content, parse, refusal
from mfa_reset_client.retry import Call, Steps, json_of


class Lookups(Calls):
    """The directory, audit, export and evidence."""

    def customers(self) -> Pages[Customer]:
        """Iterate over the customers that the caller may see."""
        return self.pages(Customer, "/api/customers", {})

    def discover_customers(
        self, *, state: str | None = None, on_page: Callable[[PartnerCustomerPage], None] = lambda _: None
    ) -> Pages[PartnerCustomer]:
        """Iterate over the customers of the partner relationships and of the policy, by name; `state` picks those in one state.

        `on_page` receives each page as it arrives.

        Raises:
            NotFoundError: The policy names no partner tenant.
            ConflictError: The service may not read the relationships.
        """
        query = given({"state": state})
        while True:
            _, cursor = yield self._partner_page(query, on_page)
            if cursor is None:
                return
            query["cursor"] = cursor

    def _partner_page(
        self, query: dict[str, str], on_page: Callable[[PartnerCustomerPage], None]
    ) -> Steps[Page[PartnerCustomer]]:
        # Each page asks a hundred tenants for a token, which may take a while: a call that took too long is made again.
        response = yield from self.send(Call("GET", "/api/partner-customers", dict(query)))
        page = parse(PartnerCustomerPage, response)
        on_page(page)
        return page.value, page.cursor

    def users(
        self,
        customers: Iterable[str],
        *,
        search: str | None = None,
        on_unreachable: Callable[[Unreachable], None] = lambda _: None,
    ) -> Pages[User]:
        """Iterate over the users of customers, read live from their directories. `search` matches names and addresses.

        `on_unreachable` receives each customer whose directory does not respond; without it such a customer has no users.
        """
        params = {"customers": ",".join(customers), "search": search}
        return self.pages(User, "/api/users", params, on_unreachable)

    def look_up(self, text: str, customers: Iterable[str] = ()) -> Steps[Lookup]:
        """Look up the users of a list or CSV file, up to 10,000 lines, in these customers (none: every one)."""
        body = {"text": text, "customers": list(customers)}
        return parse(Lookup, (yield from self.send(Call("POST", "/api/users/lookup", json=body))))

    def audit(self, request_id: str) -> Pages[AuditEvent]:
        """Iterate over the audit events of a request, oldest first."""
        return self.pages(AuditEvent, f"{path_of(request_id)}/audit", {})

    def verify_audit(self, request_id: str) -> Steps[AuditVerification]:
        """Check that no event is missing from a request's audit and none was changed."""
        call = Call("GET", f"{path_of(request_id)}/audit/verification")
        return parse(AuditVerification, (yield from self.send(call)))

    def removal_alerts(self) -> Pages[RemovalAlert]:
        """Iterate over removals that customers' audit logs and the service's records disagree about, latest first."""
        return self.pages(RemovalAlert, "/api/removal-alerts", {})

    def audit_logs(self) -> Steps[AuditLogs]:
        """Return whether customers' audit logs are read, and how far each was."""
        return parse(AuditLogs, (yield from self.send(Call("GET", "/api/removal-alerts", {"limit": "1"}))))

    def export_csv(self, request_id: str, *, customer: str | None = None) -> Steps[bytes]:
        """Return a request with its users as a CSV file in UTF-8 with a byte order mark, a row per user and method."""
        params: dict[str, str] | None = given({"format": "csv", "customer": customer})
        parts: list[bytes] = []
        while params is not None:  # a file holds 10,000 users; the Link header names the next part
            response = yield from self.send(Call("GET", f"{path_of(request_id)}/export", params))
            part = file_content(response)
            parts.append(part.partition(b"\r\n")[2] if parts else part)  # one header row is enough
            following = response.links.get("next", {}).get("url")
            params = dict(httpx.URL(following).params) if following else None
        return b"".join(parts)

    def evidence(self, request_id: str) -> Steps[bytes]:
        """Return a request's evidence as a ZIP file.

        Raises:
            ConflictError: The request is still being planned.
        """
        return file_content((yield from self.send(Call("GET", f"{path_of(request_id)}/evidence"))))

    def period_evidence(self, customer: str, start: str, end: str) -> Steps[bytes]:
        """Return the evidence of a customer's requests from `start` on and before `end`, as a ZIP file.

        Both are dates (`2026-01-31`, in UTC) or dates with a time.

        Raises:
            InvalidRequestError: The period is not valid, or has too many requests for one file.
        """
        params = {"customer": customer, "from": start, "to": end}
        return file_content((yield from self.send(Call("GET", "/api/evidence", params))))

    def evidence_keys(self) -> Steps[bytes]:
        """Return the public keys that verify evidence, as JSON (RFC 7517)."""
        response = yield from self.send(Call("GET", "/api/evidence/keys"))
        if response.is_success and json_of(response) is not None:
            return response.content
        raise refusal(response)
