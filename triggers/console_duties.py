"""Pages: what waits for the approver who is signed in, and the audit with its verification."""

import asyncio

import azure.functions as func

from activities.notify_approvers import approval_token
from domain.outcomes import RequestStatus
from domain.requests import Approver, ResetRequest
from services import Services, services
from triggers.callers import AUDITORS
from triggers.console_directory import Listing
from triggers.console_frame import frame, show, signed_in
from triggers.parameters import page_number, whole
from triggers.showing import find, within
from web import words
from web.fill import plan_totals

app = func.Blueprint()  # type: ignore[no-untyped-call]

# Requests looked through for what waits: approvals expire within days.
_LOOKED = 500
_PAGE = 25
_EVENTS = 200
# Of larger requests not every user is read to count those who are refused.
_COUNTED = 1000


@app.route("console/approvals", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_approvals(req: func.HttpRequest) -> func.HttpResponse:
    s = services()
    around = frame(s, req, ())
    waiting, decided = [], []
    cursor, looked = "", 0
    while looked < _LOOKED:
        page, cursor = await s.requests.newest(cursor, _PAGE)
        looked += len(page)
        for request in page:
            entry = next((e for e in request.approval.approvers if around.operator.decides_as(s, e.approver)), None)
            if entry is None:
                continue
            decision = await s.requests.decision_of(request.id, entry.approver)
            if decision is not None:
                decided.append((request, decision))
            elif request.status is RequestStatus.AWAITING_APPROVAL:
                link = f"/api/approvals/{approval_token(s, request, entry.approver)}"
                waiting.append((request, link, await _users(s, request, entry)))
        if not cursor:
            break
    return show(
        "approvals.html", frame=around, active="approvals", waiting=waiting, decided=decided[:_PAGE], now=s.now()
    )


async def _users(s: Services, request: ResetRequest, entry: Approver) -> str:
    """Whom the approver would decide on, as the mail and the approval page count them: none of other customers, no refused."""
    mine = [(first, count) for customer, first, count in request.ranges if customer in entry.customers]
    most = sum(count for _, count in mine)
    if most > _COUNTED:
        return f"up to {words.count(most, 'user')}"
    targets = [kept.target for first, count in mine for kept in await s.targets.range(request.id, first, count)]
    return words.count(plan_totals(targets).users, "user")


@app.route("console/audit", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_audit(req: func.HttpRequest) -> func.HttpResponse:
    """The latest requests, each chain verified now."""
    s = services()
    around = frame(s, req, AUDITORS)
    page, cursor = await s.requests.newest(req.params.get("cursor", ""), _PAGE)
    page = [request for request in page if within(request, around.operator.reach)]
    found = await asyncio.gather(*(s.audits.verify(request.id) for request in page))
    listing = Listing("/console/audit", {}, page_number(req))
    return show(
        "audit.html",
        frame=around,
        active="audit",
        rows=list(zip(page, found, strict=True)),
        listing=listing,
        cursor=cursor,
        now=s.now(),
    )


@app.route("console/requests/{id}/audit", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_request_audit(req: func.HttpRequest) -> func.HttpResponse:
    s = services()
    around = frame(s, req, AUDITORS)
    request = await find(s, req.route_params.get("id"), around.operator.reach)
    text = req.params.get("after", "0")
    after = whole(text, 8) or 0
    events = await s.audits.page(request.id, after, _EVENTS)
    return show(
        "request_audit.html",
        frame=around,
        active="audit",
        request=request,
        events=events,
        wrong=await s.audits.verify(request.id),
        more=events[-1].number if len(events) == _EVENTS else None,
        now=s.now(),
    )
