"""Read a function app the way Azure does: Microsoft's worker library imports and indexes it."""

import importlib
import json
import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from azure_functions_runtime import handle_event
from azure_functions_runtime.bindings.meta import load_binding_registry

from localhost.errors import UnsupportedFunctionError

_TRIGGERS = {"httpTrigger", "timerTrigger", "serviceBusTrigger", "orchestrationTrigger", "activityTrigger"}
_INPUTS = {"durableClient"}


@dataclass(frozen=True, slots=True)
class Function:
    """`trigger` is the trigger's binding as Azure would read it (camelCase keys, `type` and `name` among them)."""

    id: str
    name: str
    trigger: dict[str, Any]
    durable_clients: tuple[str, ...]  # names of the parameters that want one

    @property
    def durable_name(self) -> str:
        """The name an orchestrator uses for it."""
        return str(self.trigger.get("orchestration") or self.trigger.get("activity") or self.name)


@dataclass(frozen=True, slots=True)
class App:
    root: Path
    functions: tuple[Function, ...]
    route_prefix: str
    hsts: str  # the header by which browsers insist on TLS; empty: host.json says nothing of it
    registry: dict[str, Any]

    def triggered_by(self, kind: str) -> list[Function]:
        return [function for function in self.functions if function.trigger["type"] == kind]

    def activate(self) -> None:
        """Make this the app of the process: the worker library knows only one."""
        handle_event._functions._functions = self.registry  # noqa: SLF001 - it offers no other way


_loaded: dict[Path, App] = {}


def load_app(root: Path, script: str = "function_app.py") -> App:
    """Import and index `root/script`; a second call gives the same app without importing it again.

    Raises: what the app raises on import, and UnsupportedFunctionError for bindings that this host does not have.
    """
    path = (root / script).resolve()
    if path not in _loaded:
        _loaded[path] = _index(path)
    app = _loaded[path]
    app.activate()
    return app


def _index(path: Path) -> App:
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    importlib.invalidate_caches()
    os.environ["PYTHON_SCRIPT_FILE_NAME"] = path.name
    load_binding_registry()
    handle_event.protos = _PROTOS
    handle_event._functions._functions = {}  # noqa: SLF001 - see App.activate
    indexed = handle_event.index_functions(str(path), str(path.parent)) or []
    functions = tuple(_function(entry) for entry in indexed)
    http = _http_settings(path.parent)
    prefix = str(http.get("routePrefix", "api")).strip("/")  # Azure's default is `api`
    return App(path.parent, functions, prefix, _hsts(http), handle_event._functions._functions)  # noqa: SLF001


def _function(entry: Any) -> Function:
    bindings = [json.loads(raw) for raw in entry.raw_bindings]
    trigger = next((binding for binding in bindings if binding["type"] in _TRIGGERS), None)
    if trigger is None:
        kinds = ", ".join(binding["type"] for binding in bindings)
        raise UnsupportedFunctionError(f"function {entry.name}: the local host has no trigger for {kinds}")
    for binding in bindings:
        answers_http = trigger["type"] == "httpTrigger" and binding["type"] == "http"
        if binding is not trigger and binding["type"] not in _INPUTS and not answers_http:
            raise UnsupportedFunctionError(f"function {entry.name}: the local host has no binding {binding['type']}")
    clients = tuple(binding["name"] for binding in bindings if binding["type"] == "durableClient")
    return Function(entry.function_id, entry.name, trigger, clients)


def _http_settings(root: Path) -> dict[str, Any]:
    """host.json's `extensions.http`."""
    host_json = root / "host.json"
    settings = json.loads(host_json.read_text("utf-8")) if host_json.exists() else {}
    return dict(settings.get("extensions", {}).get("http", {}))


def _hsts(http: dict[str, Any]) -> str:
    """The value of Strict-Transport-Security. `hsts.maxAge` is a .NET TimeSpan, of which whole days are understood here.

    The defaults are those of ASP.NET Core's HstsOptions.
    """
    hsts = http.get("hsts", {})
    if not hsts.get("isEnabled", False):
        return ""
    age = timedelta(days=int(str(hsts.get("maxAge", "30")).partition(".")[0]))
    return f"max-age={int(age.total_seconds())}{'; includeSubDomains' if hsts.get('includeSubDomains') else ''}"


class _BindingInfo(SimpleNamespace):
    """The few protobuf names that indexing needs, as plain objects (values as in FunctionRpc.proto)."""

    undefined = 0
    out = 1
    inout = 2


_PROTOS = SimpleNamespace(
    BindingInfo=_BindingInfo, RpcFunctionMetadata=SimpleNamespace, RpcRetryOptions=SimpleNamespace
)
