"""Pages of the console: the list of requests, with filters, and its export."""

import azure.functions as func

from domain.outcomes import RequestStatus
from domain.request.csv_export import BYTE_ORDER_MARK, csv_line
from domain.request.list_export import COLUMNS, list_line
from services import current_services
from triggers.console.directory import Listing
from triggers.console.layout import Frame, frame, html_page, require_sign_in
from triggers.http.authorization import AUDITORS
from triggers.http.parameters import first_day, given, last_day, page_number
from triggers.http.responses import file_response
from use_cases.find_requests import EXPORTED, RequestFilter, find_requests
from use_cases.open_sessions import count_open_sessions
from use_cases.side_by_side import side_by_side

app = func.Blueprint()  # type: ignore[no-untyped-call]

_PAGE = 25
_FILTERS = ("q", "status", "customer", "by", "mine", "from", "to", "dry")


@app.route("console/requests", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_requests(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req, AUDITORS)
    parameters = given(req, _FILTERS)
    found, cursor = await find_requests(
        services, _wanted(req, around), around.operator.reach, req.params.get("cursor", ""), _PAGE
    )
    open_sessions = await count_open_sessions(services, found)
    return html_page(
        "requests.html",
        frame=around,
        active="requests",
        listing=Listing("/console/requests", parameters, page_number(req)),
        fields_set=bool(parameters.keys() - {"q"}),
        export=Listing("/console/requests/export", parameters, 1).link(),
        rows=list(zip(found, open_sessions, strict=True)),
        retried={request.retry_of: request.id for request in found if request.retry_of and not request.dry_run},
        cursor=cursor,
        statuses=[status.value for status in RequestStatus],
    )


@app.route("console/requests/export", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_requests_export(req: func.HttpRequest) -> func.HttpResponse:
    """Return the requests that the list's filters find as one CSV file, times in UTC."""
    services = current_services()
    around = await frame(services, req, AUDITORS)
    found, _ = await find_requests(services, _wanted(req, around), around.operator.reach, "", EXPORTED, scan=EXPORTED)
    totals = await side_by_side(services.targets.totals, [request.id for request in found], at_once=_PAGE)
    lines = [list_line(request, counts) for request, counts in zip(found, totals, strict=True)]
    body = b"".join([BYTE_ORDER_MARK, csv_line(COLUMNS), *lines])
    return file_response(body, "text/csv", f"mfa-reset-requests-{services.now():%Y%m%dT%H%M%SZ}.csv")


def _wanted(req: func.HttpRequest, around: Frame) -> RequestFilter:
    """Return what the parameters ask for. Raises: InvalidInputError."""
    parameters, operator = given(req, _FILTERS), around.operator
    customer = parameters.get("customer", "")
    mine = bool(parameters.get("mine"))
    return RequestFilter(
        text=parameters.get("q", "").strip(),
        status=parameters.get("status", ""),
        requester=parameters.get("by", "").strip(),
        customer=customer if customer in around.names else "",
        customers=None if around.all_chosen or customer else frozenset(around.chosen),
        start=first_day(req, "from"),
        end=last_day(req, "to"),
        dry_runs=bool(parameters.get("dry")),
        requester_id=operator.caller.identity if mine else "",
        requester_mail=operator.mail if mine else "",
    )
