"""What the real host and its Durable extension give to a function beside HTTP, as recorded (functions-host, 2026-11-28)."""

import json
from typing import Any

import httpx
import pytest
from azure_functions_runtime import native_invocation

from localhost.host import dispatcher
from localhost.host.invocation import invoke
from localhost.testing import running
from tests.localhost.driving import APPS, Driver


async def test_bindings_are_of_the_recorded_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """An activity's input is text that holds JSON; a client binding has the address with its scheme, and 4 MiB for a message."""
    triggers: dict[str, list[Any]] = {}
    clients: list[dict[str, Any]] = []
    native = native_invocation.invocation_request_native

    async def noted(function: Any, data: Any, metadata: Any, engine: str) -> Any:
        triggers.setdefault(function.trigger["type"], []).append(data)
        return await invoke(function, data, metadata, engine)

    async def seen(number: str, function: str, inputs: list[tuple[str, Any]], metadata: Any) -> Any:
        clients.extend(json.loads(data.value) for _, data in inputs[1:])
        return await native(number, function, inputs, metadata)

    monkeypatch.setattr(dispatcher, "invoke", noted)
    monkeypatch.setattr(native_invocation, "invocation_request_native", seen)
    async with (
        running(APPS, script="durable_app.py") as host,
        httpx.AsyncClient(base_url=host.base_url) as http,
    ):
        driver = Driver(http)
        instance = await driver.start("fan_out", [1, 2])
        await host.idle()
        assert await driver.output(instance) is not None
    activities = triggers["activityTrigger"]
    assert {data.type for data in activities} == {"string"}
    assert all(isinstance(data.value, str) and json.loads(data.value) is not None for data in activities)
    assert {data.type for data in triggers["orchestrationTrigger"]} == {"string"}
    assert clients
    for client in clients:
        assert client["rpcBaseUrl"].startswith("http://127.0.0.1:")
        assert client["maxGrpcMessageSizeInBytes"] == 4_194_304
