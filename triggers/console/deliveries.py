"""Page of the console: signed deliveries that became no request, with what is wrong with each."""

import azure.functions as func

from domain.cursors import seal, unseal
from services import current_services
from triggers.console.directory import Listing
from triggers.console.layout import RefusedError, frame, html_page, require_sign_in
from triggers.http.parameters import page_number

app = func.Blueprint()  # type: ignore[no-untyped-call]

_PAGE = 50


@app.route("console/deliveries", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_deliveries(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = frame(services, req)
    # A delivery may name any customer, so these are for operators of all.
    if around.operator.reach is not None:
        raise RefusedError(404, "notFound")
    sources = sorted(services.policy.sources)
    source = req.params.get("source") or next(iter(sources), "")
    if source not in sources:
        raise RefusedError(404, "notFound")
    ring, question = services.settings.approval_keys, f"unused deliveries of {source}"
    cursor = req.params.get("cursor", "")
    after = str(unseal(ring, question, cursor)) if cursor else ""
    rows, following = await services.unused_deliveries.page(source, after, _PAGE)
    return html_page(
        "deliveries.html",
        frame=around,
        active="deliveries",
        sources=sources,
        source=source,
        rows=rows,
        listing=Listing("/console/deliveries", {"source": source}, page_number(req)),
        cursor=seal(ring, question, following) if following else "",
        now=services.now(),
    )
