"""Pages of the console that add many users at once: paste or upload a list, see who was found where, then choose them."""

import azure.functions as func

from domain.api.lookup_responses import LookupResponse
from domain.bulk_lines import MAX_LINES, TooManyLinesError
from domain.console_choice import LONGEST_NAME, ChosenUser, user_from
from services import current_services
from triggers.console.console_forms import operators_form
from triggers.console.layout import Frame, frame, html_page, redirect_with_notice, require_sign_in
from triggers.console.user_selection import InvalidSelectionError, add_users
from triggers.http.forms import Form, first_value
from use_cases.find_bulk import find_bulk

app = func.Blueprint()  # type: ignore[no-untyped-call]

# 10,000 lines of 100 characters, as a form writes them.
_MAX_BYTES = 4 * 1024 * 1024
# Rows that a preview shows of each state; the numbers count all.
_SHOWN = 200


@app.route("console/bulk", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_bulk(req: func.HttpRequest) -> func.HttpResponse:
    return _page(await frame(current_services(), req), "", None, "")


@app.route("console/bulk", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_bulk_preview(req: func.HttpRequest) -> func.HttpResponse:
    """Show who was found; with `act` `add` choose them, and those that were picked among ambiguous ones."""
    services = current_services()
    _, form = operators_form(services, req, max_bytes=_MAX_BYTES)
    around = await frame(services, req)
    text = first_value(form, "text")
    if not text.strip():
        return _page(around, text, None, "noLines")
    try:
        found = await find_bulk(services, text, around.chosen)
    except TooManyLinesError:
        return _page(around, text, None, "tooManyLines")
    if first_value(form, "act") != "add":
        return _page(around, text, found, "")
    try:
        await add_users(services, around, [*_found(found), *_picked(form)])
    except InvalidSelectionError as error:
        return _page(around, text, found, error.reason)
    left = any(row.state not in {"found", "duplicate"} for row in found.value)
    return redirect_with_notice(services, "/console/selection", "addedSome" if left else "added")


def _found(found: LookupResponse) -> list[ChosenUser]:
    return [
        ChosenUser(
            row.user.customer,
            str(row.user.id),
            row.user.user_principal_name[:LONGEST_NAME],
            row.user.display_name[:LONGEST_NAME],
        )
        for row in found.value
        if row.user is not None
    ]


def _picked(form: Form) -> list[ChosenUser]:
    return [user for user in map(user_from, form.get("pick", [])) if user]


def _page(around: Frame, text: str, found: LookupResponse | None, error: str) -> func.HttpResponse:
    rows = found.value if found else []
    by_state = {
        state: [row for row in rows if row.state == state]
        for state in ("ambiguous", "unknown", "invalid", "unread", "duplicate", "found")
    }
    return html_page(
        "bulk.html",
        400 if error else 200,
        frame=around,
        active="users",
        text=text,
        found=found,
        groups={state: (len(each), each[:_SHOWN]) for state, each in by_state.items() if each},
        lines=MAX_LINES,
        error=error,
    )
