"""Pages of the console: what happened, as sentences over all requests, and the audit of one request."""

import json

import azure.functions as func

from services import current_services
from triggers.console.directory import Listing
from triggers.console.layout import frame, html_page, require_sign_in
from triggers.http.authorization import AUDITORS
from triggers.http.parameters import first_day, given, last_day, page_number, parse_unsigned
from use_cases.read_audit import AuditFilter, list_audits, names_for
from use_cases.read_request import find_request
from web.audit_sentences import KINDS, tell
from web.console_labels import EVENT

app = func.Blueprint()  # type: ignore[no-untyped-call]

# Requests on a page of the list, events of each there, and events on the page of one request.
_REQUESTS, _FIRST, _EVENTS = 10, 20, 50
_FILTERS = ("person", "customer", "kind", "request", "from", "to", "dry")


@app.route("console/audit", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_audit(req: func.HttpRequest) -> func.HttpResponse:
    """Show what happened, request by request, and verify the hash chain of each now."""
    services = current_services()
    around = await frame(services, req, AUDITORS)
    parameters = given(req, _FILTERS)
    customer = parameters.get("customer", "")
    wanted = AuditFilter(
        person=parameters.get("person", "").strip(),
        kind=parameters.get("kind", ""),
        request=parameters.get("request", "").strip(),
        customer=customer if customer in around.names else "",
        start=first_day(req, "from"),
        end=last_day(req, "to"),
        dry_runs=bool(parameters.get("dry")),
    )
    found, cursor = await list_audits(services, wanted, around.operator.reach, req.params.get("cursor", ""), _REQUESTS)
    return html_page(
        "audit.html",
        frame=around,
        active="audit",
        rows=[
            (audited, [(event, tell(event, audited.names).sentence) for event in audited.events[:_FIRST]])
            for audited in found
        ],
        kinds=sorted(KINDS, key=lambda kind: EVENT[kind].casefold()),
        fields_set=bool(parameters.keys() - {"person"}),
        listing=Listing("/console/audit", parameters, page_number(req)),
        cursor=cursor,
        now=services.now(),
    )


@app.route("console/requests/{id}/audit", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_request_audit(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req, AUDITORS)
    request = await find_request(services, req.route_params.get("id"), around.operator.reach)
    after = parse_unsigned(req.params.get("after", "0"), 8) or 0
    events = await services.audits.page(request.id, after, _EVENTS)
    names = await names_for(services, request, events)
    return html_page(
        "request_audit.html",
        frame=around,
        active="audit",
        request=request,
        events=[(event, tell(event, names), json.dumps(event.to_json(), indent=2)) for event in events],
        wrong=await services.audits.verify(request.id),
        after=after,
        more=events[-1].number if len(events) == _EVENTS else None,
        now=services.now(),
    )
