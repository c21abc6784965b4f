"""Page of the console: disagreements between customers' audit logs and our records, and how far each log was read."""

import azure.functions as func

from services import current_services
from triggers.console.directory import Listing
from triggers.console.layout import frame, html_page, require_sign_in
from triggers.http.authorization import AUDITORS
from triggers.http.parameters import page_number
from use_cases.list_removal_alerts import list_removal_alerts

app = func.Blueprint()  # type: ignore[no-untyped-call]

_PAGE = 50


@app.route("console/removals", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_removals(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req, AUDITORS)
    page = await list_removal_alerts(services, around.operator.reach, req.params.get("cursor", ""), _PAGE)
    return html_page(
        "removals.html",
        frame=around,
        active="removals",
        page=page,
        names={key: customer.name or key for key, customer in services.policy.customers.items()},
        listing=Listing("/console/removals", {}, page_number(req)),
        now=services.now(),
    )
