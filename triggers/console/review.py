"""Pages: review and confirm. The plan is a dry run of the service itself, so what is confirmed is what it would do."""

import json
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import azure.durable_functions as df
import azure.functions as func

from domain.errors import InvalidInputError, KeyReusedError, NotFoundError
from domain.outcomes import RequestStatus
from domain.request.approval import NotEnoughApproversError, Tally, approval_needed
from domain.request.parsing import Asked, read_request
from domain.request.reset_request import ApprovalNeeded, ResetRequest
from domain.request.target import Target
from domain.text import clean, clean_lines
from graph.listing import Query, list_users
from services import Services, current_services
from triggers.api.directory import query_from
from triggers.console.layout import Frame, form_of, frame, local_path, one, redirect, show, signed_in
from triggers.console.operators import Operator
from triggers.http.parameters import ticked, whole
from use_cases.read_request import find_request
from use_cases.submit_request import accept
from web.presenters import customer_views, plan_totals

app = df.Blueprint()

# The source of requests that come from the console.
CONSOLE = "console"
_SHOWN = 100  # users on one page of a plan
_READ = 500


@app.route("console/review", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@signed_in
async def console_plan(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Asks the service for the plan of the chosen users."""
    services = current_services()
    operator, form = form_of(services, req)
    back = local_path(one(form, "return"))
    around = frame(services, req)
    groups = await _everyone(services, around, form) if one(form, "act") == "all" else _chosen(services, form)
    error = _wrong(services, groups, form)
    if groups is None or error:
        return redirect(_with_error(back, error))
    body: dict[str, object] = {
        "targets": [{"customer": customer, "users": users} for customer, users in groups.items()],
        "requester": operator.mail,
        "revokeSessions": bool(one(form, "revoke")) or "scoped" not in form,
        "dryRun": True,
    }
    if "scoped" in form:  # else the standard scope, as far as each customer allows it
        body["methods"] = form["method"]
    try:
        asked = read_request(body, services.policy, operator.reach)
    except InvalidInputError:
        return redirect(_with_error(back, "notOffered"))
    request, _ = await accept(services, client, asked, source=CONSOLE, key=None, raw=b"", caller=operator.caller)
    return redirect(f"/console/reviews/{request.id}")


@app.route("console/reviews/{id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_review(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = frame(services, req)
    return await _page(services, req, around, await _mine(services, req, around.operator), {})


@app.route("console/reviews/{id}/live", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_review_live(req: func.HttpRequest) -> func.HttpResponse:
    """Whether the plan is made: the page loads itself again then."""
    services = current_services()
    request = await _mine(services, req, frame(services, req).operator)
    if request.status is RequestStatus.PLANNING:
        return func.HttpResponse("", status_code=304)
    return func.HttpResponse("", headers={"X-Live": "ended", "X-Reload": "1", "Cache-Control": "no-store"})


@app.route("console/reviews/{id}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@signed_in
async def console_confirm(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Makes the request of the reviewed plan, once. Without `act` it only shows another page of the users."""
    services = current_services()
    operator, form = form_of(services, req)
    review = await _mine(services, req, operator)
    if review.status is not RequestStatus.PLANNED or one(form, "act") != "confirm":
        return await _page(services, req, frame(services, req), review, form)
    plan = await _plan(services, review, ticked(form))
    reason, ticket = clean_lines(one(form, "reason"), 2000), clean(one(form, "ticket"), 200)
    error = ""
    if not plan.left:
        error = "noUserLeft"
    elif not reason:
        error = "reasonNeeded"
    elif not ticket:
        error = "ticketNeeded"
    elif plan.careful and one(form, "count").strip().replace(",", "") != str(len(plan.left)):
        error = "countWrong"
    if error:
        return await _page(services, req, frame(services, req), review, form, error)
    groups: dict[str, list[str]] = {}
    for target in plan.left:
        groups.setdefault(target.customer, []).append(target.user_id)
    body = {
        "targets": [{"customer": customer, "users": users} for customer, users in groups.items()],
        "reason": reason,
        "ticket": ticket,
        "requester": operator.mail,
        "methods": [kind.value for kind in review.methods],
        "revokeSessions": review.revoke_sessions,
    }
    asked: Asked = read_request(body, services.policy, operator.reach)
    raw = json.dumps(body, sort_keys=True).encode()
    try:
        request, new = await accept(
            services, client, asked, source=CONSOLE, key=f"review:{review.id}", raw=raw, caller=operator.caller
        )
    except KeyReusedError:  # confirmed before, with another choice: the first one stands
        first = await services.deliveries.accept(CONSOLE, f"review:{review.id}", raw, review.id, services.now())
        return redirect(f"/console/requests/{first.request_id}?notice=confirmedAlready")
    return redirect(f"/console/requests/{request.id}?notice={'created' if new else 'confirmedAlready'}")


class _Plan(NamedTuple):
    """`left` are the users who would be reset, without those taken out."""

    targets: list[Target]
    left: list[Target]
    careful: bool  # many or privileged users: the count is typed in
    approval: ApprovalNeeded | None
    problem: str  # why no approval is possible


async def _plan(services: Services, review: ResetRequest, without: frozenset[int]) -> _Plan:
    targets: list[Target] = []
    while page := await services.targets.range(review.id, len(targets), _READ):
        targets += [kept.target for kept in page]
    left = [t for t in targets if t.planned and not t.settled and t.number not in without]
    tally = Tally()
    for target in left:
        tally.add(target)
    careful = tally.targets >= services.policy.approval.step_up.targets or tally.privileged > 0
    approval, problem = None, ""
    if left:
        try:
            approval = approval_needed(
                services.policy, exempt=False, requester=review.requester, tally=tally, now=services.now()
            )
        except NotEnoughApproversError as error:
            problem = str(error)
    return _Plan(targets, left, careful, approval, problem)


async def _page(
    services: Services,
    req: func.HttpRequest,
    around: Frame,
    review: ResetRequest,
    form: dict[str, list[str]],
    error: str = "",
) -> func.HttpResponse:
    if review.status is RequestStatus.PLANNING:
        return show("review_wait.html", frame=around, active="users", review=review)
    without = ticked(form)
    plan = await _plan(services, review, without)
    pages = max(1, -(-len(plan.targets) // _SHOWN))
    text = req.params.get("page", "1")
    number = min(max(whole(text, 5) or 1, 1), pages)
    shown = plan.targets[(number - 1) * _SHOWN : number * _SHOWN]
    return show(
        "review.html",
        400 if error else 200,
        frame=around,
        active="users",
        review=review,
        plan=plan,
        totals=plan_totals(plan.targets),
        undo_within=services.policy.undo.within,
        customers=customer_views(services.policy, review, shown, _counts(plan.targets)),
        page=number,
        pages=pages,
        without=without,
        elsewhere=sorted(without - {target.number for target in shown}),
        reason=one(form, "reason"),
        ticket=one(form, "ticket"),
        typed=one(form, "count"),
        error=error,
    )


async def _mine(services: Services, req: func.HttpRequest, operator: Operator) -> ResetRequest:
    """The review, for the person who began it only."""
    review = await find_request(services, req.route_params.get("id"), operator.reach)
    if not review.dry_run or review.source != CONSOLE or review.requester.casefold() != operator.mail.casefold():
        raise NotFoundError("There is no such review.")
    return review


def _chosen(services: Services, form: dict[str, list[str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for value in dict.fromkeys(form.get("user", [])):
        customer, _, user = value.partition("/")
        if customer in services.policy.customers and user:
            groups.setdefault(customer, []).append(user)
    return groups


def _wrong(services: Services, groups: dict[str, list[str]] | None, form: dict[str, list[str]]) -> str:
    """Why no plan can be asked for, a code of words_console.ERROR; "" where it can."""
    if groups is None:
        return "customerAway"
    count = sum(len(users) for users in groups.values())
    if count == 0:
        return "noUserChosen"
    if count > services.policy.limits.targets_per_request:
        return "tooMany"
    return "noMethod" if "scoped" in form and not form.get("method") else ""


async def _everyone(services: Services, around: Frame, form: dict[str, list[str]]) -> dict[str, list[str]] | None:
    """All users who match the list's filters, up to one more than a request may have; None where a customer does not answer:
    nobody is to believe that its users were reset, too."""
    parameters = {name.removeprefix("q-"): values[0] for name, values in form.items() if name.startswith("q-")}
    query: Query = query_from(parameters)
    wanted = parameters.get("customer", "")
    groups: dict[str, list[str]] = {}
    room = services.policy.limits.targets_per_request + 1
    for customer in [wanted] if wanted in around.chosen else around.chosen:
        tenant = {customer: services.policy.customers[customer].tenant_id}
        spots = None
        while room > 0 and (spots is None or spots):
            page = await list_users(services.graph, tenant, query, spots, min(room, 999))
            if page.faults:
                return None
            groups.setdefault(customer, []).extend(row.user.id for row in page.users)
            room -= len(page.users)
            spots = page.spots
    return {customer: users for customer, users in groups.items() if users}


def _counts(targets: list[Target]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for target in targets:
        counts[target.customer] = counts.get(target.customer, 0) + 1
    return counts


def _with_error(path: str, code: str) -> str:
    parts = urlsplit(path)
    kept = [part for part in parts.query.split("&") if part and not part.startswith("error=")]
    return f"{parts.path}?{'&'.join([*kept, urlencode({'error': code})])}"
