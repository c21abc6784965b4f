"""Invoke one function through Microsoft's worker library."""

import json
import uuid
from collections.abc import Mapping

from azure_functions_runtime import native_invocation
from azure_functions_runtime.bindings.datumdef import Datum

from localhost.errors import FunctionFailedError
from localhost.host.app_index import Function


async def invoke(function: Function, data: Datum, metadata: Mapping[str, Datum], engine: str) -> Datum | None:
    """Run `function` on its trigger's data; `engine` is `host:port` of the durable engine for its client bindings.

    Returns what the function returned; raises FunctionFailedError if it raised.
    """
    invocation_id = str(uuid.uuid4())
    client = Datum(_client_binding(engine), "string")
    inputs = [(function.trigger["name"], data), *((name, client) for name in function.durable_clients)]
    ok, value, _, error, trace = await native_invocation.invocation_request_native(
        invocation_id, function.id, inputs, dict(metadata)
    )
    if ok:
        returned: Datum | None = value
        return returned
    kind = (error or "Error").partition("(")[0]  # `error` is the exception's repr
    message = (trace or "").rpartition(f"{kind}: ")[2].strip() or kind
    raise FunctionFailedError(invocation_id, kind, message, trace or "")


def _client_binding(engine: str) -> str:
    """The value that the Durable extension gives to a client binding."""
    return json.dumps(
        {
            "taskHubName": "localhost",
            "connectionName": "",
            "rpcBaseUrl": f"http://{engine}",
            "maxGrpcMessageSizeInBytes": 4 * 1024 * 1024,
        }
    )
