"""Endpoint and page of the users that an operator chose: kept on the server, over customers, pages and reviews."""

import azure.functions as func

from domain.api.directory_responses import OptionsResponse
from domain.api.options import options_of
from domain.console_choice import ConsoleChoice
from domain.text import clean
from graph.errors import GraphError
from records.saved_groups import MAX_NAME
from services import Services, current_services
from triggers.console.console_forms import operators_form
from triggers.console.layout import Frame, frame, html_page, local_path, redirect_with_notice, require_sign_in
from triggers.console.user_selection import InvalidSelectionError, add_users, choose_matching, remove_users, save_page
from triggers.http.forms import Form, first_value
from triggers.http.parameters import page_number
from web.console import console_headers, render

app = func.Blueprint()  # type: ignore[no-untyped-call]

_USERS = 100  # on one page


@app.route("console/selection", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_selection(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req)
    pages = max(1, -(-len(around.picked) // _USERS))
    number = min(max(page_number(req, 5), 1), pages)
    return html_page(
        "selection.html",
        frame=around,
        active="selection",
        users=around.picked[(number - 1) * _USERS : number * _USERS],
        page=number,
        pages=pages,
        groups=await services.saved_groups.all(around.operator.caller.identity),
        options=offered(services, around),
    )


@app.route("console/selection", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_select(req: func.HttpRequest) -> func.HttpResponse:
    """Change who is chosen. A script asks for the bar alone, with `part`; forms get back to their page."""
    services = current_services()
    _, form = operators_form(services, req)
    around = await frame(services, req)
    error = ""
    try:
        await _change(services, around, form)
    except InvalidSelectionError as invalid:
        error = invalid.reason
    except GraphError:
        error = "customerAway"
    if first_value(form, "part"):
        return await _bar(services, req, error)
    return redirect_with_notice(services, local_path(first_value(form, "return")), error)


@app.route("console/groups", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_groups(req: func.HttpRequest) -> func.HttpResponse:
    """Save the choice as a group, choose a group's customers and add its users, or delete a group."""
    services = current_services()
    operator, form = operators_form(services, req)
    person, act = operator.caller.identity, first_value(form, "act")
    around = await frame(services, req)
    notice = "noSuchGroup"
    if act == "save":
        notice = await _save_group(services, around, clean(first_value(form, "name"), MAX_NAME))
    elif act.startswith("delete:"):
        await services.saved_groups.delete(person, act.removeprefix("delete:")[:64])
        notice = "groupDeleted"
    elif act.startswith("choose:"):
        group = await services.saved_groups.read(person, act.removeprefix("choose:")[:64], services.now())
        notice = await _choose_group(services, around, group) if group else notice
    return redirect_with_notice(services, "/console/selection", notice)


async def _save_group(services: Services, around: Frame, name: str) -> str:
    if not name:
        return "noName"
    choice = ConsoleChoice(None if around.all_chosen else frozenset(around.chosen), around.picks)
    saved = await services.saved_groups.save(around.operator.caller.identity, name, choice, services.now())
    return "groupSaved" if saved else "tooManyGroups"


async def _choose_group(services: Services, around: Frame, group: ConsoleChoice) -> str:
    """Show the group's customers and add its users; what is out of this person's reach by now is left out."""
    try:
        await add_users(services, around, group.users.values())
    except InvalidSelectionError as error:
        return error.reason
    some = group.customers
    keys = None if some is None else [key for key in around.names if key in some]
    if keys is None or keys:
        await services.console_choices.choose_customers(around.operator.caller.identity, keys, services.now())
    return "groupChosen"


async def _change(services: Services, around: Frame, form: Form) -> None:
    act = first_value(form, "act")
    around = around.with_choice(await save_page(services, around, form))
    if act == "matching":
        await choose_matching(services, around, form)
    elif act == "clear":
        await services.console_choices.clear_users(around.operator.caller.identity, services.now())
    elif act == "hidden":
        await remove_users(services, around, [user.ref for user in around.hidden_picks])
    elif act.startswith("drop:"):
        await remove_users(services, around, [act.removeprefix("drop:")])


async def _bar(services: Services, req: func.HttpRequest, error: str) -> func.HttpResponse:
    around = await frame(services, req)
    part = render("act.html", frame=around, active="users", error=error, options=offered(services, around))
    return func.HttpResponse(part, headers=console_headers(), mimetype="text/html")


def offered(services: Services, around: Frame) -> OptionsResponse:
    """Return what the bar offers: what all customers of the chosen users allow, whatever else the selector has."""
    customers = sorted({user.customer for user in around.picked})
    return options_of(services.policy, customers)
