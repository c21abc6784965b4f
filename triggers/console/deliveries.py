"""Page of the console: signed deliveries that became no request, with what is wrong with each."""

import azure.functions as func

from services import current_services
from triggers.console.directory import Listing
from triggers.console.layout import RefusedError, frame, html_page, require_sign_in
from triggers.http.parameters import page_number
from use_cases.list_unused_deliveries import list_unused_deliveries

app = func.Blueprint()  # type: ignore[no-untyped-call]

_PAGE = 50


@app.route("console/deliveries", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_deliveries(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req)
    # A delivery may name any customer, so these are for operators of all.
    if around.operator.reach is not None:
        raise RefusedError(404, "notFound")
    sources = sorted(services.policy.sources)
    source = req.params.get("source") or next(iter(sources), "")
    if source not in sources:
        raise RefusedError(404, "notFound")
    page = await list_unused_deliveries(services, source, req.params.get("cursor", ""), _PAGE)
    return html_page(
        "deliveries.html",
        frame=around,
        active="deliveries",
        sources=sources,
        source=source,
        rows=page.value,
        listing=Listing("/console/deliveries", {"source": source}, page_number(req)),
        cursor=page.cursor or "",
        now=services.now(),
    )
