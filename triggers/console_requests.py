"""Pages: requests, one request as it goes on, and what can be done about it: remind, withdraw or cancel, retry, export."""

import csv
import hashlib
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from activities.notify_approvers import notify
from domain.errors import ConflictError
from domain.intake import read_request
from domain.outcomes import RequestStatus, TargetOutcome
from domain.requests import Decision, ResetRequest
from domain.targets import Target
from services import Services, services
from triggers.callers import AUDITORS
from triggers.console_directory import Listing
from triggers.console_frame import form_of, frame, one, redirect, show, signed_in
from triggers.console_review import CONSOLE
from triggers.intake import accept
from triggers.operators import Operator, operator_of
from triggers.rates import Rates
from triggers.retrying import retry_body
from triggers.showing import find, within
from triggers.starting import wake
from web.console import console_headers, render
from web.fill import user_view

app = df.Blueprint()

_PAGE = 25
_TARGETS = 50
_EVENTS = 200
_SCANNED = 500
# Counting per customer reads every target: done for what is quickly read.
_COUNTED = 1000
_reminders = Rates()


@app.route("console/requests", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_requests(req: func.HttpRequest) -> func.HttpResponse:
    s = services()
    around = frame(s, req, AUDITORS)
    parameters = {n: req.params[n] for n in ("status", "mine", "dry") if req.params.get(n)}
    status = parameters.get("status", "")
    found: list[ResetRequest] = []
    cursor, scanned = req.params.get("cursor", ""), 0
    while len(found) < _PAGE and scanned < _SCANNED:
        page, cursor = await s.requests.newest(cursor, _PAGE)
        scanned += len(page)
        found += [
            r
            for r in page
            if (not status or r.status.value == status)
            and (bool(parameters.get("dry")) or not r.dry_run)
            and (not parameters.get("mine") or r.requester.casefold() == around.operator.mail.casefold())
            and within(r, around.operator.reach)
            and (around.all_chosen or set(r.customers) & set(around.chosen))
        ]
        if not cursor:
            break
    number = req.params.get("page", "1")
    listing = Listing("/console/requests", parameters, int(number) if number.isascii() and number.isdigit() else 1)
    return show(
        "requests.html",
        frame=around,
        active="requests",
        listing=listing,
        rows=found,
        cursor=cursor,
        statuses=[status.value for status in RequestStatus],
    )


@app.route("console/requests/{id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_request(req: func.HttpRequest) -> func.HttpResponse:
    s = services()
    around = frame(s, req, AUDITORS)
    state = await _State.read(s, req)
    return show(
        "request.html", frame=around, active="requests", notice=req.params.get("notice", ""), **await state.view()
    )


@app.route("console/requests/{id}/live", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_request_live(req: func.HttpRequest) -> func.HttpResponse:
    """The part of the page that changes; 304 where it has not: then three small reads were all it cost."""
    s = services()
    around = frame(s, req, AUDITORS)
    state = await _State.read(s, req)
    if req.headers.get("If-None-Match") == state.etag:
        return func.HttpResponse("", status_code=304, headers={"ETag": state.etag, "Cache-Control": "no-store"})
    part = render("request_live.html", frame=around, **await state.view())
    headers = console_headers() | {"ETag": state.etag} | ({"X-Live": "ended"} if state.request.status.ended else {})
    return func.HttpResponse(part, headers=headers, mimetype="text/html")


@app.route("console/requests/{id}/act", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@signed_in
async def console_act(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    s = services()
    operator, form = form_of(s, req)
    request = await find(s, req.route_params.get("id"), operator.reach)
    act = one(form, "act")
    if act == "retry":
        return await _retry(s, client, request, operator)
    if act == "remind":
        return redirect(f"/console/requests/{request.id}?notice={await _remind(s, request)}")
    if act != "cancel" or request.status.ended:
        return redirect(f"/console/requests/{request.id}?notice=ended")
    waiting = request.status is RequestStatus.AWAITING_APPROVAL
    if await s.requests.cancel(request.id, operator.mail, s.now()):
        await s.audits.append(request.id, s.now(), operator.mail, "cancelAccepted", once="cancelAccepted")
    await wake(client, request.id)
    return redirect(f"/console/requests/{request.id}?notice={'withdrawn' if waiting else 'cancelled'}")


@app.route("console/requests/{id}/export", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_export(req: func.HttpRequest) -> func.HttpResponse:
    """The targets as CSV, one line per user and method."""
    s = services()
    request = await find(s, req.route_params.get("id"), frame(s, req, AUDITORS).operator.reach)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            "customer",
            "userPrincipalName",
            "displayName",
            "outcome",
            "reason",
            "sessionsRevoked",
            "method",
            "label",
            "methodOutcome",
        ]
    )
    async for target in _targets(s, request):
        who = [
            target.customer,
            target.user_principal_name or target.asked,
            target.display_name,
            target.outcome.value,
            target.reason,
            "" if target.sessions_revoked is None else str(target.sessions_revoked).lower(),
        ]
        for line in [[m.type.value, m.label, m.outcome.value] for m in target.methods] or [["", "", ""]]:
            writer.writerow([_harmless(cell) for cell in who + line])
    headers = {
        "Content-Disposition": f'attachment; filename="mfa-reset-{request.id}.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return func.HttpResponse(out.getvalue(), headers=headers, mimetype="text/csv")


class _State:
    """One request as a page shows it; `etag` changes whenever the page would."""

    def __init__(
        self,
        s: Services,
        req: func.HttpRequest,
        request: ResetRequest,
        totals: dict[str, int],
        decisions: list[Decision],
    ) -> None:
        self._s = s
        self.request = request
        self.totals = totals
        self.decisions = decisions
        self._outcome = req.params.get("outcome", "")
        text = req.params.get("from", "0")
        self._start = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
        seen = [request.to_json(), totals, [decision.to_json() for decision in decisions], self._outcome, self._start]
        self.etag = f'"{hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:24]}"'

    @classmethod
    async def read(cls, s: Services, req: func.HttpRequest) -> "_State":
        request = await find(s, req.route_params.get("id"), operator_of(s, req, AUDITORS).reach)
        return cls(s, req, request, await s.targets.totals(request.id), await s.requests.decisions(request.id))

    async def view(self) -> dict[str, Any]:
        s, request = self._s, self.request
        targets, following = await self._page()
        given = {decision.approver.casefold(): decision for decision in self.decisions}
        cancelled = await s.requests.cancelled(request.id)
        return {
            "request": request,
            "totals": self.totals,
            "done": request.target_count - self.totals.get("pending", 0),
            "etag": self.etag,
            "approvers": [(entry, given.get(entry.approver.casefold())) for entry in request.approval.approvers],
            "agreed": sum(decision.decision == "approve" for decision in self.decisions),
            "cancelled": cancelled,
            "targets": [(target, user_view(target, request)) for target in targets],
            "by_customer": await self._by_customer(),
            "outcome": self._outcome,
            "outcomes": [outcome.value for outcome in TargetOutcome],
            "start": self._start,
            "following": following,
            "events": await s.audits.page(request.id, 0, _EVENTS),
            "customer_names": {
                key: s.policy.customers[key].name or key for key in request.customers if key in s.policy.customers
            },
            "now": s.now(),
            "retryable": request.status.ended and not request.dry_run and _open_ends(self.totals) > 0,
        }

    async def _page(self) -> tuple[list[Target], int | None]:
        """The next users with the outcome that is asked for, and where the page after them begins."""
        found: list[Target] = []
        at, end = self._start, min(self.request.target_count, self._start + 2000)
        while len(found) < _TARGETS and at < end:
            page = await self._s.targets.range(self.request.id, at, _TARGETS)
            if not page:
                break
            for kept in page:
                at = kept.target.number + 1
                if not self._outcome or kept.target.outcome.value == self._outcome:
                    found.append(kept.target)
                    if len(found) == _TARGETS:
                        break
        return found, at if at < self.request.target_count else None

    async def _by_customer(self) -> dict[str, dict[str, int]]:
        if len(self.request.customers) < 2 or self.request.target_count > _COUNTED:
            return {}
        counts: dict[str, dict[str, int]] = {}
        async for target in _targets(self._s, self.request):
            of = counts.setdefault(target.customer, {})
            of[target.outcome.value] = of.get(target.outcome.value, 0) + 1
        return counts


async def _targets(s: Services, request: ResetRequest) -> AsyncIterator[Target]:
    start = 0
    while page := await s.targets.range(request.id, start, 500):
        for kept in page:
            yield kept.target
        start += len(page)


def _open_ends(totals: dict[str, int]) -> int:
    well = {"reset", "alreadyClear"}
    return sum(count for outcome, count in totals.items() if outcome not in well)


async def _remind(s: Services, request: ResetRequest) -> str:
    if request.status is not RequestStatus.AWAITING_APPROVAL:
        return "notWaiting"
    if not _reminders.allow(request.id, 1, s.now()):
        return "remindedRecently"
    mails = max((entry.mails for entry in request.approval.approvers), default=0)
    await notify(s, request.id, reminder=max(mails, 1), last=True)
    return "reminded"


async def _retry(
    s: Services, client: df.DurableFunctionsClient, request: ResetRequest, operator: Operator
) -> func.HttpResponse:
    """A new request for what did not end well, asked for by whoever pressed the button."""
    try:
        body = await retry_body(s, request)
    except ConflictError:
        notice = "nothingToRetry" if request.status.ended else "notEnded"
        return redirect(f"/console/requests/{request.id}?notice={notice}")
    asked = read_request(body | {"requester": operator.mail}, s.policy, operator.reach)
    new, _ = await accept(
        s, client, asked, source=CONSOLE, key=None, raw=b"", retry_of=request.id, caller=operator.caller
    )
    return redirect(f"/console/requests/{new.id}?notice=retried")


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
