"""Pages of the console that review a plan and confirm it."""

from collections import Counter
from datetime import UTC, datetime

import azure.functions as func

import durable
from domain.containment.actions import Profile
from domain.containment.terms import offers_profile
from domain.errors import InvalidInputError, NotFoundError
from domain.outcomes import RequestStatus
from domain.request.new_request import CONSOLE
from domain.request.reset_request import ResetRequest
from domain.request.schedule import Schedule
from domain.request.target import Target
from domain.text import clean, clean_lines
from languages import Message
from services import Services, current_services
from triggers.console.console_forms import operators_form
from triggers.console.layout import (
    Frame,
    frame,
    html_page,
    local_path,
    redirect,
    redirect_with_notice,
    require_sign_in,
)
from triggers.console.operators import Operator, operator_of
from triggers.console.user_selection import InvalidSelectionError, is_scoped, users_to_review
from triggers.http.forms import Form, first_value
from triggers.http.parameters import page_number, selected_numbers
from use_cases.holders import Held, account_of, holders_of
from use_cases.read_request import find_request
from use_cases.related_requests import related_names
from use_cases.review_plan import (
    Later,
    ReviewedPlan,
    ReviewModes,
    confirm_review,
    confirmed_request,
    read_plan_of,
    submit_review,
)
from web.presenters import containment_view, customer_views, plan_totals, refused_because
from web.views import FOLDED_FROM

app = durable.Blueprint()

_USERS = 100  # on one page of a plan


@app.route("console/review", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@require_sign_in
async def console_plan(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    """Submit a dry run for the selected users, and show its plan."""
    services = current_services()
    operator, form = operators_form(services, req)
    back = local_path(first_value(form, "return"))
    scoped = is_scoped(form)
    try:
        groups = await users_to_review(services, await frame(services, req), form)
    except InvalidSelectionError as error:
        return redirect_with_notice(services, back, error.reason)
    try:
        review = await submit_review(
            services,
            client,
            groups,
            by=operator.caller,
            customers=operator.reach,
            methods=list(form["method"]) if scoped else None,
            revoke_sessions=bool(first_value(form, "revoke")) or not scoped,
            modes=ReviewModes(first_value(form, "phoneOnly"), bool(first_value(form, "accessPass"))),
        )
    except InvalidInputError:
        return redirect_with_notice(services, back, "notOffered")
    return redirect(f"/console/reviews/{review.id}")


@app.route("console/reviews/{id}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_review(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req)
    return await _page(services, req, around, await _own_review(services, req, around.operator), {})


@app.route("console/reviews/{id}/live", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_review_live(req: func.HttpRequest) -> func.HttpResponse:
    """Say whether the plan is complete; the page then loads itself again."""
    services = current_services()
    review = await _own_review(services, req, operator_of(services, req))
    if review.status is RequestStatus.PLANNING:
        return func.HttpResponse("", status_code=304)
    return func.HttpResponse("", headers={"X-Live": "ended", "X-Reload": "1", "Cache-Control": "no-store"})


@app.route("console/reviews/{id}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@require_sign_in
async def console_confirm(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    """Submit the request of the reviewed plan, once. Without `act` only show another page of its users."""
    services = current_services()
    operator, form = operators_form(services, req)
    review = await _own_review(services, req, operator)
    if review.status is RequestStatus.PLANNED and first_value(form, "act") == "contain":
        return await _contain_instead(services, client, review, operator, selected_numbers(form))
    if review.status is not RequestStatus.PLANNED or first_value(form, "act") != "confirm":
        return await _page(services, req, await frame(services, req), review, form)
    plan = await read_plan_of(services, review, selected_numbers(form))
    reason, ticket = clean_lines(first_value(form, "reason"), 2000), clean(first_value(form, "ticket"), 200)
    if error := _confirmation_error(plan, form, reason, ticket):
        return await _page(services, req, await frame(services, req), review, form, error)
    try:
        request, is_new = await confirm_review(
            services,
            client,
            review,
            plan,
            by=operator.caller,
            customers=operator.reach,
            reason=reason,
            ticket=ticket,
            later=_later(form, review, services.now()),
        )
    except InvalidInputError:
        return await _page(services, req, await frame(services, req), review, form, "scheduleWrong")
    created = "retried" if review.retry_of else "created"
    if is_new:
        # What was sent, or refused, is chosen no longer; users who were excluded still are.
        done = [f"{each.customer}/{each.asked}" for each in plan.targets if each.number not in selected_numbers(form)]
        await services.console_choices.change_users(operator.caller.identity, out=done, at=services.now())
    return redirect_with_notice(services, f"/console/requests/{request.id}", created if is_new else "confirmedAlready")


async def _contain_instead(
    services: Services, client: durable.Client, review: ResetRequest, operator: Operator, left_out: frozenset[int]
) -> func.HttpResponse:
    """Review a containment of the same users: it removes more, so it has a plan of its own."""
    plan = await read_plan_of(services, review, left_out)
    groups: dict[str, list[str]] = {}
    for target in plan.selected:
        groups.setdefault(target.customer, []).append(target.user_id)
    here = f"/console/reviews/{review.id}"
    if not groups:
        return redirect(here)
    try:
        contained = await submit_review(
            services,
            client,
            groups,
            by=operator.caller,
            customers=operator.reach,
            methods=None,
            revoke_sessions=True,
            profile=Profile.COMPROMISED,
        )
    except InvalidInputError:
        return redirect_with_notice(services, here, "notOffered")
    return redirect(f"/console/reviews/{contained.id}")


def _later(form: Form, review: ResetRequest, now: datetime) -> Later:
    """Return when to reset as the form has it; a retry begins with what its first request asked for."""
    if review.containment is not None:  # it waits for nothing
        return Later()
    if form:
        return Later(*(first_value(form, name).strip() for name in ("notBefore", "waves", "stopAbove")))
    asked = review.schedule or Schedule()
    return Later(
        asked.not_before.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")
        if asked.not_before and now < asked.not_before
        else "",
        ", ".join(map(str, asked.waves)),
        "" if asked.stop_above is None else str(asked.stop_above),
    )


def _confirmation_error(plan: ReviewedPlan, form: Form, reason: str, ticket: str) -> str:
    """Return the code of what is missing for a confirmation (web.console_labels), "" where nothing is."""
    if not plan.selected:
        return "noUserLeft"
    if not reason:
        return "reasonNeeded"
    if not ticket:
        return "ticketNeeded"
    typed = first_value(form, "count").strip().replace(",", "")
    return "countWrong" if plan.type_count and typed != str(len(plan.selected)) else ""


async def _page(
    services: Services, req: func.HttpRequest, around: Frame, review: ResetRequest, form: Form, error: str = ""
) -> func.HttpResponse:
    if review.status is RequestStatus.PLANNING:
        return html_page("review_wait.html", frame=around, active="users", review=review)
    if (request := await confirmed_request(services, review)) is not None:
        return html_page("review_confirmed.html", frame=around, active="users", review=review, request=request)
    left_out = selected_numbers(form)
    plan = await read_plan_of(services, review, left_out)
    causes = Counter(filter(None, map(refused_because, plan.targets)))
    cause = req.params.get("cause", "")
    cause = cause if cause in causes else ""
    listed = [target for target in plan.targets if not cause or refused_because(target) == cause]
    pages = max(1, -(-len(listed) // _USERS))
    number = min(max(page_number(req, 5), 1), pages)
    shown = listed[(number - 1) * _USERS : number * _USERS]
    counts = Counter(target.customer for target in listed)
    part = first_value(form, "part")
    return html_page(
        "review_part.html" if part else "review.html",
        400 if error else 200,
        frame=around,
        active="users",
        review=review,
        plan=plan,
        totals=plan_totals(target for target in plan.targets if target.number not in left_out),
        holders=await _holders(services, around, shown),
        undo_within=services.policy.undo.within,
        containment_view=containment_view(review),
        may_contain=review.containment is None and offers_profile(services.policy, CONSOLE, review.customers),
        customers=customer_views(services.policy, review, shown, counts),
        folds=len(shown) > FOLDED_FROM,
        page=number,
        pages=pages,
        causes=causes.most_common(),
        cause=cause,
        without=left_out,
        elsewhere=sorted(left_out - {target.number for target in shown}),
        # A retry begins with the reason and the ticket of the request that it tries again.
        reason=first_value(form, "reason") if form else review.reason,
        ticket=first_value(form, "ticket") if form else review.ticket,
        typed=first_value(form, "count"),
        later=_later(form, review, services.now()),
        error=error,
        related=await related_names(services, review, around.operator.reach),
    )


async def _holders(services: Services, around: Frame, targets: list[Target]) -> dict[int, Held]:
    """Return who holds the users of the plan now, by number: a request would be refused for them."""
    free = [target for target in targets if target.held_by or (target.planned and not target.settled)]
    found = await holders_of(services, map(account_of, free), around.operator.reach)
    return {target.number: found[account_of(target)] for target in free if account_of(target) in found}


async def _own_review(services: Services, req: func.HttpRequest, operator: Operator) -> ResetRequest:
    """Return the review, for the person who began it only. Raises: NotFoundError."""
    review = await find_request(services, req.route_params.get("id"), operator.reach)
    if not review.dry_run or review.source != CONSOLE or review.requested_by_id != operator.caller.identity:
        raise NotFoundError(Message("There is no such review."))
    return review
