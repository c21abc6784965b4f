"""The descriptions of the API: whole, valid, and true of the served app (schemathesis)."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from localhost.host.app_index import load_app
from tests.system import ROOT, system
from triggers.api.openapi_operations import CALLS

# Pages for people, and calls that a test of descriptions must not need: described by hand in their own tests.
_PAGES = ("console", "{nothing:maxlength(0)?}")
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


async def test_every_route_of_the_app_is_described_and_asks_who_calls(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        description = await it.call("GET", "/api/openapi.json")
        routes: set[tuple[str, str]] = set()
        for function in load_app(ROOT).triggered_by("httpTrigger"):
            route = str(function.trigger["route"])
            if route.split("/", maxsplit=1)[0] in _PAGES:
                continue
            methods = {str(method).upper() for method in function.trigger["methods"]} - {"HEAD"}
            routes |= {(method, f"/{route}") for method in methods}
        described = {(m.upper(), path) for path, calls in description["paths"].items() for m in calls}
        assert described == routes
        # Nothing is open that is not meant to be: without a key each of them is 401.
        for call in CALLS:
            if not call.open:
                path = call.path.replace("{", "").replace("}", "")
                answer = await it.http.request(call.method, path, headers={"x-functions-key": "none"})
                assert answer.status_code == 401, call


def test_every_route_of_the_api_lets_the_function_look_where_people_sign_in() -> None:
    """A route with the host's own level would want a key of people who have none."""
    for path in (ROOT / "triggers").rglob("*.py"):
        assert "AuthLevel.FUNCTION" not in path.read_text() or path.name == "authorization.py", path


@pytest.mark.parametrize("name", ["openapi.json", "openapi-2.0.json", "asyncapi.json"])
async def test_descriptions_need_no_key(tmp_path: Path, name: str) -> None:
    async with system(tmp_path) as it:
        answer = await it.http.get(f"/api/{name}", headers={"x-functions-key": ""})
        assert answer.status_code == 200
        assert answer.json()["info"]["title"].startswith("MFA Reset")


async def test_it_names_the_address_of_the_service(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        assert (await it.call("GET", "/api/openapi.json"))["servers"][0]["url"] == it.services.settings.public_base_url


async def test_it_is_valid_openapi(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        description = await it.call("GET", "/api/openapi.json")
        assert description["openapi"].startswith("3.1")
        schema = schemathesis.openapi.from_dict(description)
        schema.validate()
        body = description["components"]["schemas"]["NewResetRequest"]
        assert body["additionalProperties"] is False
        fields = {"targets", "reason", "ticket", "requester", "methods", "revokeSessions", "accessPass", "dryRun"} | {
            "profile",
            "phoneOnly",
            "notBefore",
            "waves",
            "stopAbove",
        }
        assert fields == set(body["properties"])


def _explore(description: dict[str, Any], base_url: str, key: str, known: str, examples: int) -> list[str]:
    """Calls every operation with generated values; the names of the operations that were called."""
    called: list[str] = []
    schema = schemathesis.openapi.from_dict(description)
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        known_id: dict[str, Any] = {"path_parameters": {"id": known}} if "{id}" in operation.path else {}
        for mode in schemathesis.GenerationMode:
            for fixed in [{}, known_id] if known_id else [{}]:
                called.append(operation.label)
                try:
                    _run(operation.as_strategy(generation_mode=mode, **fixed), base_url, key, examples)
                except hypothesis.errors.Unsatisfiable:  # nothing to get wrong in a call without parameters
                    continue
    return called


def _run(strategy: Any, base_url: str, key: str, examples: int) -> None:
    @hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def once(case: Any) -> None:
        case.call_and_validate(base_url=base_url, headers={"x-functions-key": key}, checks=_CHECKS, timeout=30)

    run: Callable[[], None] = once
    run()


async def test_the_served_app_answers_as_described(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        description = await it.call("GET", "/api/openapi.json")
        known = await it.ask(contoso=["adele@contoso.com"])
        called = await asyncio.to_thread(_explore, description, it.host.base_url, it.host.key, known["id"], 10)
        assert len(set(called)) == len(CALLS)
        await it.host.idle()
