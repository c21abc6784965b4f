"""Every operation of the API without I/O: which calls are made, what is waited for, what is returned.

This is the one place that defines the clients' methods: their names, parameters, documentation and behaviour. `client.py` and
`async_client.py` only add the I/O.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from mfa_reset_client.calls import REQUESTS, Pages, path_of
from mfa_reset_client.errors import ConflictError, WaitTimeoutError
from mfa_reset_client.lookups import Lookups
from mfa_reset_client.models import (
    Accepted,
    AccessPass,
    CustomerTargets,
    Delegation,
    Presentation,
    ReleaseAsked,
    ResetRequest,
    Status,
    Target,
)
from mfa_reset_client.responses import parse
from mfa_reset_client.retry import Call, Pause, Steps, retry_after

RETRY_TIMEOUT = 60.0  # seconds for which a single call is retried
WAIT_RETRY_TIMEOUT = 900.0  # the same in a wait: an outage of minutes must not fail a pipeline of hours

# Seconds between polls of a request: as the service says, but never busy. While nothing changes the polls grow rarer,
# because people decide in minutes or hours.
_SHORTEST_POLL, _LONGEST_POLL = 1.0, 15.0
# A hardware token shows a code for 30 or 60 seconds, and some of them have passed when it is typed in.
_CODE_LIFETIME = 15.0
_DELEGATION = "/api/delegation"


class Operations(Lookups):
    """The operations of one client; `now` is its clock, and calls are retried for `retry_timeout` seconds."""

    def create(
        self,
        targets: Iterable[CustomerTargets],
        *,
        reason: str = "",
        ticket: str = "",
        requester: str = "",
        methods: Sequence[str] | None = None,
        revoke_sessions: bool = True,
        dry_run: bool = False,
        profile: str | None = None,
        access_pass: bool = False,
        phone_only: str | None = None,
        not_before: str = "",
        waves: Sequence[int] = (),
        stop_above: int | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Accepted]:
        """Request a reset. The same `idempotency_key` and body give the same request again; None makes a new one.

        With the `profile` "compromised" the users are blocked and every method goes, so `methods` is left out.
        """
        body = request_body(
            targets,
            reason=reason,
            ticket=ticket,
            requester=requester,
            methods=methods,
            revoke_sessions=revoke_sessions,
            dry_run=dry_run,
            profile=profile,
            access_pass=access_pass,
            phone_only=phone_only,
            not_before=not_before,
            waves=waves,
            stop_above=stop_above,
        )
        return self.submit(REQUESTS, body, idempotency_key)

    def get(self, request_id: str) -> Steps[ResetRequest]:
        """Return a request."""
        return parse(ResetRequest, (yield from self.send(Call("GET", path_of(request_id)))))

    def list(self, *, status: str | None = None, customer: str | None = None) -> Pages[ResetRequest]:
        """Iterate over requests, newest first. Pages are read as they are needed."""
        return self.pages(ResetRequest, REQUESTS, {"status": status, "customer": customer})

    def targets(self, request_id: str, *, customer: str | None = None, outcome: str | None = None) -> Pages[Target]:
        """Iterate over the targets in the order of the request. Pages are read as they are needed."""
        params = {"customer": customer, "outcome": outcome, "limit": "500"}
        return self.pages(Target, f"{path_of(request_id)}/targets", params)

    def cancel(self, request_id: str) -> Steps[ResetRequest]:
        """Cancel a request: nothing further is removed.

        A request that is cancelled already, perhaps by an earlier try of this call, is a success.

        Raises:
            ConflictError: The request has ended in another way.
        """
        response = yield from self.send(Call("POST", f"{path_of(request_id)}/cancel"))
        try:
            return parse(ResetRequest, response)
        except ConflictError:
            request = yield from self.get(request_id)
            if request.status == Status.CANCELLED:
                return request
            raise

    def retry(self, request_id: str, *, idempotency_key: str | None = None) -> Steps[Accepted]:
        """Make a new request for the targets of an ended one that did not end well.

        Raises:
            ConflictError: There are no such targets, or the request has not ended.
        """
        return self.submit(f"{path_of(request_id)}/retry", None, idempotency_key)

    def takeover(self, request_id: str, *, idempotency_key: str | None = None) -> Steps[Accepted]:
        """Make a new request for the users of this one whom another request holds, undecided; its hold on them ends.

        Raises:
            ConflictError: No user of this request is held, or the other one is being decided or carried out.
        """
        return self.submit(f"{path_of(request_id)}/takeover", None, idempotency_key)

    def undo(
        self,
        request_id: str,
        *,
        reason: str = "",
        ticket: str = "",
        requester: str = "",
        idempotency_key: str | None = None,
    ) -> Steps[Accepted]:
        """Make a new request that reactivates the hardware tokens that an ended one deactivated.

        Empty fields are taken from the ended request. Once approved, each token needs a code: see `activate`.

        Raises:
            ConflictError: There are no such tokens, or the time for an undo has passed.
        """
        fields = {"reason": reason, "ticket": ticket, "requester": requester}
        body = {name: text for name, text in fields.items() if text}
        return self.submit(f"{path_of(request_id)}/undo", body, idempotency_key)

    def unblock(
        self, request_id: str, numbers: Sequence[int] | None = None, *, operator: str = ""
    ) -> Steps[ReleaseAsked]:
        """Let users sign in again whom a request of the profile "compromised" blocked. `numbers` are targets; None: all.

        `operator` is needed with a key, and refused for a signed-in caller.

        Raises:
            ConflictError: The request blocked no user, or has not ended.
        """
        return self._release(request_id, "unblock", numbers, operator)

    def dismiss_risk(
        self, request_id: str, numbers: Sequence[int] | None = None, *, operator: str = ""
    ) -> Steps[ReleaseAsked]:
        """Dismiss the risk of users whom a request confirmed as compromised. The rest is as for `unblock`."""
        return self._release(request_id, "dismiss-risk", numbers, operator)

    def _release(self, request_id: str, what: str, numbers: Sequence[int] | None, operator: str) -> Steps[ReleaseAsked]:
        body: dict[str, Any] = {"operator": operator} if operator else {}
        if numbers is not None:
            body["targets"] = [*numbers]
        return parse(ReleaseAsked, (yield from self.send(Call("POST", f"{path_of(request_id)}/{what}", json=body))))

    def activate(self, request_id: str, number: int, method: str, code: str) -> Steps[Target]:
        """Send the six digits that a token shows: `number` is the undo's target, `method` the token's id.

        Retried only while the code is valid. The service accepts a code that it has accepted before, so a repeat after a lost
        response does no harm; an outdated code would count as a wrong one.

        Raises:
            InvalidInputError: The code is wrong.
            ConflictError: The request does not accept codes now.
        """
        call = Call("POST", f"{path_of(request_id)}/targets/{number}/activate", json={"method": method, "code": code})
        return parse(Target, (yield from self.send(call, min(self._retry_timeout, _CODE_LIFETIME))))

    def delegation(self) -> Steps[Delegation]:
        """Return who stands in for the signed-in approver."""
        return parse(Delegation, (yield from self.send(Call("GET", _DELEGATION))))

    def delegate(self, delegate: str, until: datetime) -> Steps[Delegation]:
        """Have `delegate` asked about new requests instead of the signed-in approver, who is away `until` then.

        Raises:
            InvalidInputError: The delegate may not stand in, or the time is not within 90 days.
            NotAllowedError: The caller is no approver, or a key.
        """
        body = {"delegate": delegate, "until": until.isoformat()}
        return parse(Delegation, (yield from self.send(Call("PUT", _DELEGATION, json=body))))

    def end_delegation(self) -> Steps[Delegation]:
        """Say that the signed-in approver is back.

        Raises:
            NotAllowedError: The caller is no approver, or a key.
        """
        return parse(Delegation, (yield from self.send(Call("DELETE", _DELEGATION))))

    def record_callback(
        self, request_id: str, number: int, telephone: str, *, note: str = "", operator: str = ""
    ) -> Steps[Target]:
        """Record that the user was called back on the number on file: `number` is the target.

        `operator` is needed with a key, and refused for a signed-in caller.

        Raises:
            InvalidInputError: The operator may not vouch for this user, or the policy does not accept it.
            ConflictError: The user waits for no evidence.
        """
        fields = {"number": telephone, "note": note, "operator": operator}
        body = {name: text for name, text in fields.items() if text}
        return parse(Target, (yield from self.send(Call("POST", _verification(request_id, number), json=body))))

    def begin_presentation(self, request_id: str, number: int) -> Steps[Presentation]:
        """Ask the user for a credential of Microsoft Entra Verified ID: `number` is the target.

        Raises:
            ConflictError: The user waits for none.
        """
        call = Call("POST", f"{_verification(request_id, number)}/verified-id")
        return parse(Presentation, (yield from self.send(call)))

    def make_access_pass(self, request_id: str, number: int, *, operator: str = "") -> Steps[AccessPass]:
        """Make the Temporary Access Pass that the plan offers the user and return it, once: `number` is the target.

        `operator`, who sees it, is needed with a key, and refused for a signed-in caller. It is sent once: after a lost answer
        it counts as shown.

        Raises:
            ConflictError: There is none, not yet, or it was shown already; the message says which.
        """
        body = {"operator": operator} if operator else {}
        call = Call("POST", f"{path_of(request_id)}/targets/{number}/access-pass", json=body)
        return parse(AccessPass, (yield from self.send(call, 0)))

    def wait(
        self,
        request_id: str,
        *,
        timeout: float | None = None,
        retry_timeout: float = WAIT_RETRY_TIMEOUT,
        on_poll: Callable[[ResetRequest], None] = lambda _: None,
    ) -> Steps[ResetRequest]:
        """Poll a request until it has ended, and return it. `on_poll` receives the request after each poll.

        Raises:
            WaitTimeoutError: `timeout` seconds have passed; the request continues.
            UnreachableError: The service was unavailable for `retry_timeout` seconds.
        """
        until = None if timeout is None else self._now() + timeout
        before: object = None
        pause = _SHORTEST_POLL
        while True:
            response = yield from self.send(Call("GET", path_of(request_id)), retry_timeout)
            request = parse(ResetRequest, response)
            on_poll(request)
            if request.ended:
                return request
            progress = (request.status, request.totals, len(request.approval.decisions))
            pause = _SHORTEST_POLL if progress != before else min(_LONGEST_POLL, pause * 1.5)
            before = progress
            next_poll = max(pause, retry_after(response) or 0)
            if until is not None:
                left = until - self._now()
                if left <= 0:
                    raise WaitTimeoutError(request, timeout or 0)
                next_poll = min(next_poll, left)  # the last poll is at the end of the caller's time
            yield Pause(next_poll)

    def remind(self, request_id: str, approvers: Sequence[str] | None = None) -> Steps[ResetRequest]:
        """Mail approvers of a request again. Without `approvers`, those whose mail failed or bounced.

        A retry after a lost response may mail them twice.

        Raises:
            ConflictError: The request does not wait for approval, or there is no such approver.
        """
        body = None if approvers is None else {"approvers": list(approvers)}
        call = Call("POST", f"{path_of(request_id)}/approvals/resend", json=body)
        return parse(ResetRequest, (yield from self.send(call)))


def _verification(request_id: str, number: int) -> str:
    return f"{path_of(request_id)}/targets/{number}/verification"


def request_body(
    targets: Iterable[CustomerTargets],
    *,
    reason: str = "",
    ticket: str = "",
    requester: str = "",
    methods: Sequence[str] | None = None,
    revoke_sessions: bool = True,
    dry_run: bool = False,
    profile: str | None = None,
    access_pass: bool = False,
    phone_only: str | None = None,
    not_before: str = "",
    waves: Sequence[int] = (),
    stop_above: int | None = None,
) -> dict[str, Any]:
    """Return the JSON body that creates a reset request."""
    body: dict[str, Any] = {
        "targets": [{"customer": group.customer, "users": list(group.users)} for group in targets],
        "reason": reason,
        "ticket": ticket,
        "requester": requester,
        "revokeSessions": revoke_sessions,
        "dryRun": dry_run,
    }
    body |= {"profile": profile} if profile else {}
    body |= {"accessPass": True} if access_pass else {}
    body |= {"phoneOnly": phone_only} if phone_only else {}
    if not_before:
        body["notBefore"] = not_before
    if waves:
        body["waves"] = list(waves)
    if stop_above is not None:
        body["stopAbove"] = stop_above
    return body | ({"methods": list(methods)} if methods else {})
