"""Page of the console that shows a Temporary Access Pass, once: the answer to a form, so that no link and no reload makes one."""

from datetime import timedelta

import azure.functions as func

import durable
from domain.errors import AccessPassProblem, NotAllowedError
from services import current_services
from triggers.console.console_forms import operators_form
from triggers.console.layout import RefusedError, frame, html_page, require_sign_in
from triggers.http.forms import first_value
from triggers.http.parameters import parse_unsigned
from use_cases.read_request import find_request
from use_cases.show_access_pass import Viewer, show_access_pass

app = durable.Blueprint()


@app.route("console/requests/{id}/pass", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_access_pass(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    operator, form = operators_form(services, req)
    around = await frame(services, req)
    request = await find_request(services, req.route_params.get("id"), operator.reach)
    number = parse_unsigned(first_value(form, "target"))
    if number is None:
        raise RefusedError(400, "badInput")
    viewer = Viewer(operator.mail, operator.caller.identity, "operator")
    made, reason, status = None, "", 200
    try:
        made = await show_access_pass(services, request, number, viewer)
    except AccessPassProblem as problem:
        reason, status = problem.reason, problem.status
    except NotAllowedError:
        reason, status = "ownAccount", 403
    lifetime = timedelta(minutes=made.lifetime_minutes) if made else timedelta()
    return html_page(
        "access_pass.html",
        status,
        frame=around,
        active="requests",
        request=request,
        made=made,
        lifetime=lifetime,
        reason=reason,
    )
