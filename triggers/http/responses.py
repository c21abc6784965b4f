"""Answers of the HTTP doors: JSON, RFC 9457 problems, pages; and how what goes wrong inside becomes one of them."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any

import azure.functions as func
import grpc

from domain.errors import Problem, UnavailableError
from domain.model import Model
from graph.errors import Fault, GraphError
from records.errors import RecordsError

_log = logging.getLogger("mfareset.doors")

_JSON_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def json_answer(
    body: Model | Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    value = body.to_json() if isinstance(body, Model) else body
    return func.HttpResponse(
        json.dumps(value), status_code=status, mimetype="application/json", headers=_JSON_HEADERS | dict(headers or {})
    )


def problem_answer(problem: Problem) -> func.HttpResponse:
    headers = dict(_JSON_HEADERS)
    if problem.status in {429, 503}:
        headers["Retry-After"] = "30"
    return func.HttpResponse(
        json.dumps(problem.to_json()), status_code=problem.status, mimetype="application/problem+json", headers=headers
    )


def answering[**P](door: Callable[P, Awaitable[func.HttpResponse]]) -> Callable[P, Awaitable[func.HttpResponse]]:
    """Turns problems, and what Graph and the records say when they do not answer, into problem+json."""

    @wraps(door)
    async def answered(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
        try:
            return await door(*args, **kwargs)
        except Problem as problem:
            return problem_answer(problem)
        except RecordsError as error:
            _log.warning("the records do not answer: %s", error.reason)
            return problem_answer(UnavailableError("The records do not answer; send the same call again."))
        except GraphError as error:
            return problem_answer(_of_graph(error))
        except grpc.RpcError as error:
            _log.warning("the durable engine does not answer: %s", type(error).__name__)
            return problem_answer(UnavailableError("The service cannot start work now; send the same call again."))

    return answered


def _of_graph(error: GraphError) -> Problem:
    _log.warning("graph did not do what was asked: %s %s", error.reason, error.status)
    if error.fault is Fault.CONSENT:
        return UnavailableError("This customer gives the service no access: check the admin consent in its tenant.")
    return UnavailableError(f"Microsoft Graph did not answer as it should ({error.reason}); try again later.")
