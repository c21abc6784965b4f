"""`python -m localhost verify-audit`: check the audit chain of every request, of a running service or of a data directory."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from azure_functions_runtime.bindings.datumdef import Datum

from localhost.commands.app_settings import app_settings
from localhost.commands.serve import ROOT
from localhost.data_dir import DataDir
from localhost.errors import BadFlagError
from localhost.host.app_index import Function, load_app
from localhost.host.http_trigger import HttpTriggers
from localhost.host.invocation import invoke

# No request made here needs the durable engine, Graph or the address of the service.
_UNUSED_ENGINE = "127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    data: Path
    request: str | None = None
    policy: Path | None = None
    url: str | None = None
    key: str | None = None


async def verify_audit(options: VerifyOptions) -> int:
    """Print a line for each request; 0: every chain is whole, 1: one is not."""
    broken = seen = 0
    async with _service(options) as http:
        async for request_id in _requests(http, options.request):
            found = await _get(http, f"/api/reset-requests/{request_id}/audit/verification")
            seen += 1
            broken += not found["intact"]
            print(
                f"{request_id}  {'intact' if found['intact'] else 'BROKEN: ' + found['problem']}  ({found['events']} events)"
            )
    print(f"{seen} request(s), {broken} broken")
    return 1 if broken else 0


async def _requests(http: httpx.AsyncClient, only: str | None) -> AsyncIterator[str]:
    if only is not None:
        yield only
        return
    cursor: str | None = ""
    while cursor is not None:
        page = await _get(http, "/api/reset-requests", {"cursor": cursor, "limit": "500"})
        for request in page["value"]:
            yield request["id"]
        cursor = page["cursor"]


async def _get(http: httpx.AsyncClient, path: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    response = await http.get(path, params=parameters)
    if response.status_code != 200:
        raise BadFlagError(f"{path} got {response.status_code}: {response.text[:300]}")
    value: dict[str, Any] = response.json()
    return value


@asynccontextmanager
async def _service(options: VerifyOptions) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service at `--url`, or of the app's own functions on the data directory, with nothing else running."""
    if options.url is not None:
        headers = {"x-functions-key": options.key or ""}
        async with httpx.AsyncClient(base_url=options.url, headers=headers, timeout=60) as http:
            yield http
        return
    if not options.data.is_dir():
        raise BadFlagError(f"--data {options.data}: there is no such directory")
    with DataDir(options.data) as data:
        key, base_url = data.function_key(), f"http://{_UNUSED_ENGINE}"
        settings = app_settings(os.environ, data, graph_url=base_url, policy=options.policy, base_url=base_url)
        os.environ.update(settings | {"API_KEYS": f"local:{key}"})
        triggers = HttpTriggers(load_app(ROOT), _invoke, key)
        transport = httpx.ASGITransport(triggers)
        async with httpx.AsyncClient(transport=transport, base_url=base_url, headers={"x-functions-key": key}) as http:
            yield http


async def _invoke(function: Function, data: Datum) -> Datum | None:
    return await invoke(function, data, {}, _UNUSED_ENGINE)
