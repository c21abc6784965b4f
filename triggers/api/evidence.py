"""Endpoints of the evidence of a customer over a period, and of the public keys that verify it."""

from datetime import UTC, datetime

import azure.functions as func

from domain.audit.period_pack import Period
from domain.errors import NotFoundError
from languages import Message
from services import Services, current_services
from triggers.http.authorization import API_LEVEL, AUDITORS, authorize
from triggers.http.parameters import first_day, invalid_parameter, last_day
from triggers.http.responses import file_response, json_response, problem_responses

app = func.Blueprint()  # type: ignore[no-untyped-call]


@app.route("api/evidence", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def get_period_evidence(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, AUDITORS).reach(AUDITORS)
    period = period_of(services, req, reach)
    return await evidence_response(services, period, f"{period.end:%Y-%m-%d}")


@app.route("api/evidence/keys", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@problem_responses
async def get_evidence_keys(req: func.HttpRequest) -> func.HttpResponse:
    from domain.audit.signing import public_keys  # a cold start need not load cryptography for a call that few make

    return json_response({"keys": list(public_keys(current_services().settings.approval_keys))})


async def evidence_response(services: Services, period: Period, until: str) -> func.HttpResponse:
    """Return the file of a period; `until` is its end as it was asked for, in the file's name."""
    from use_cases.export_period import period_evidence  # likewise

    name = f"mfa-reset-evidence-{period.customer}-{period.start:%Y-%m-%d}-{until}.zip"
    return file_response(await period_evidence(services, period), "application/zip", name)


def period_of(services: Services, req: func.HttpRequest, reach: frozenset[str] | None) -> Period:
    """Return what a query asks for; `to` is excluded. `reach`: the customers that the caller may see, None: all.

    Raises: InvalidInputError; NotFoundError for a customer that the caller may not see.
    """
    return _period(_customer(services, req, reach), _instant(req, "from"), _instant(req, "to"))


def period_of_days(services: Services, req: func.HttpRequest, reach: frozenset[str] | None) -> Period:
    """Return what a query of whole days in UTC asks for, as `period_of` does; the day `to` is included."""
    customer, start, end = _customer(services, req, reach), first_day(req, "from"), last_day(req, "to")
    if start is None or end is None:
        raise invalid_parameter("to" if start else "from", Message("must be a date such as 2026-01-31"))
    return _period(customer, start, end)


def _period(customer: str, start: datetime, end: datetime) -> Period:
    if start >= end:
        raise invalid_parameter("to", Message("must be later than from"))
    return Period(customer, start, end)


def _customer(services: Services, req: func.HttpRequest, reach: frozenset[str] | None) -> str:
    customer = services.policy.find_customer(req.params.get("customer", ""))
    if customer is None:
        raise invalid_parameter("customer", Message("must name one customer: its key, tenant id or domain"))
    if reach is not None and customer not in reach:
        raise NotFoundError(Message("There is no such customer."))
    return customer


def _instant(req: func.HttpRequest, name: str) -> datetime:
    """Return the moment of a parameter: a date, which begins at midnight UTC, or a date and time; without an offset in UTC."""
    try:
        found = datetime.fromisoformat(req.params.get(name, ""))
    except ValueError:
        raise invalid_parameter(name, Message("must be a date such as 2026-01-31, or a date and time")) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
