"""Build HTTP responses: JSON, files and RFC 9457 problems, and turn errors into problems."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any

import azure.functions as func

import durable
from domain.errors import LengthRequiredError, Problem, TooManyError, UnavailableError
from domain.model import Model
from graph.errors import Fault, GraphError
from languages import Message, accepted, in_language
from records.errors import RecordsError
from services import current_services
from triggers.http.bodies import count_without_length
from triggers.http.refusals import slow_down, trace_refusal
from triggers.http.sessions import refuse_ended_session

_log = logging.getLogger("mfareset.http")

# Seconds, where nothing is known of when it will work.
_RETRY_AFTER = 30
# A response of the API is no page: where a browser shows one as such, nothing in it runs and no other page frames it.
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
}


def json_response(
    body: Model | Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """Return a JSON response that is not cached."""
    value = body.to_json() if isinstance(body, Model) else body
    return func.HttpResponse(
        json.dumps(value), status_code=status, mimetype="application/json", headers=_HEADERS | dict(headers or {})
    )


def file_response(body: bytes, kind: str, name: str, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """Return a file to download under this name."""
    own = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return func.HttpResponse(body, status_code=200, mimetype=kind, headers=own | dict(headers or {}))


def problem_response(problem: Problem, req: func.HttpRequest) -> func.HttpResponse:
    """Return a problem as application/problem+json, its texts in the language that the caller accepts, English by default."""
    language = accepted(req.headers.get("Accept-Language", ""))
    headers = _HEADERS | {"Content-Language": language, "Vary": "Accept-Language"}
    if problem.status in {429, 503}:
        headers["Retry-After"] = str(problem.retry_after or _RETRY_AFTER)
    with in_language(language):
        body = json.dumps(problem.to_json())
    return func.HttpResponse(body, status_code=problem.status, mimetype="application/problem+json", headers=headers)


def problem_responses[**P](
    handler: Callable[P, Awaitable[func.HttpResponse]],
) -> Callable[P, Awaitable[func.HttpResponse]]:
    """Wrap a handler so that problems, and faults of Graph, the records and the durable engine, become problem+json."""

    @wraps(handler)
    async def respond(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
        req: Any = kwargs.get("req") or args[0]
        try:
            await refuse_ended_session(current_services(), req)
            return await handler(*args, **kwargs)
        except LengthRequiredError as problem:
            count_without_length(handler.__name__)
            return problem_response(problem, req)
        except Problem as problem:
            return problem_response(await _traced(problem, req, handler.__name__), req)
        except RecordsError as error:
            _log.warning("the records are unavailable: %s", error.reason)
            return problem_response(
                UnavailableError(Message("The records are unavailable; send the same call again.")), req
            )
        except GraphError as error:
            return problem_response(_graph_problem(error), req)
        except durable.EngineError as error:
            _log.warning("the durable engine is unavailable: %s", type(error).__name__)
            return problem_response(
                UnavailableError(Message("The service cannot start work now; send the same call again.")), req
            )

    return respond


async def _traced(problem: Problem, req: func.HttpRequest, endpoint: str) -> Problem:
    """Return the problem, or that there were too many, once a refusal is traced and its answer was held back."""
    if problem.refused is None:
        return problem
    trace_refusal(*problem.refused, endpoint)
    if await slow_down(current_services(), req):
        return problem
    return TooManyError(Message("Too many calls were refused; come back later."))


_ACT = {
    Fault.CONSENT: Message("check the admin consent in its tenant"),
    Fault.CREDENTIAL: Message("the provider has to renew the service's secret or certificate"),
    Fault.CONDITIONAL_ACCESS: Message("its Conditional Access policies block the service's sign-in"),
    Fault.UNKNOWN_TENANT: Message("check the tenant id in the policy"),
}


def _graph_problem(error: GraphError) -> Problem:
    _log.warning("graph refused or failed a call: %s %s", error.reason, error.status)
    if error.of_tenant:
        return UnavailableError(
            Message(
                "The service has no access to this customer (%(reason)s): %(act)s.",
                reason=error.reason,
                act=_ACT[error.fault],
            )
        )
    return UnavailableError(
        Message("Microsoft Graph is not available as needed (%(reason)s); try again later.", reason=error.reason)
    )
