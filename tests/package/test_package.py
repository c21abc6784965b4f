"""The package that is deployed: what is in it, and that the app runs from it alone."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from scripts.packaging.contents import app_files
from tests.system import ROOT

# A quarter more than it is today; somebody should look when it grows beyond.
_MOST = 32_000_000
# The worker library, as the Functions host brings it, and nothing else of this checkout's environment.
_WORKER = ("azure_functions_runtime", "azure_functions_runtime_base", "dateutil", "six.py")


def test_the_package_is_small_and_holds_no_waste(package: Path) -> None:
    assert (package.parent / "app.zip").stat().st_size < _MOST
    files = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    own = {name for name in files if not name.startswith(".python_packages/")}
    assert own == {*map(str, app_files(ROOT)), "policy.toml", "sbom.cdx.json"}
    assert [name for name in files if "__pycache__" in name or name.endswith((".pyc", ".pyi", ".ts"))] == []


def test_every_package_that_is_pinned_is_in_it(package: Path) -> None:
    pinned = set(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE))
    listed = json.loads((package / "sbom.cdx.json").read_text("utf-8"))["components"]
    plain = {(one["name"].lower().replace("_", "-").replace(".", "-"), one["version"]) for one in listed}
    assert {(name.replace(".", "-"), version) for name, version in pinned} == plain


def test_the_bill_of_materials_is_cyclonedx(package: Path) -> None:
    """The rules of CycloneDX 1.6 for the parts that we write."""
    component = {
        "type": "object",
        "required": ["type", "name", "version", "purl", "bom-ref"],
        "properties": {"type": {"enum": ["library", "application"]}, "purl": {"pattern": "^pkg:pypi/[a-z0-9.-]+@"}},
    }
    schema = {
        "type": "object",
        "required": ["bomFormat", "specVersion", "serialNumber", "version", "metadata", "components"],
        "properties": {
            "bomFormat": {"const": "CycloneDX"},
            "specVersion": {"const": "1.6"},
            "serialNumber": {"pattern": "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
            "components": {"type": "array", "items": component, "uniqueItems": True},
        },
    }
    Draft202012Validator(schema).validate(json.loads((package / "sbom.cdx.json").read_text("utf-8")))


_RUN = """
import asyncio, json, os, sys
from azure_functions_runtime import handle_event, native_invocation, start_threadpool_executor
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.bindings.meta import load_binding_registry
from types import SimpleNamespace

class BindingInfo(SimpleNamespace):
    undefined, out, inout = 0, 1, 2

root = sys.argv[1]
os.environ["PYTHON_SCRIPT_FILE_NAME"] = "function_app.py"
load_binding_registry()
handle_event.protos = SimpleNamespace(
    BindingInfo=BindingInfo, RpcFunctionMetadata=SimpleNamespace, RpcRetryOptions=SimpleNamespace
)
found = handle_event.index_functions(os.path.join(root, "function_app.py"), root)
health = next(f for f in found if f.name == "health")

async def call():
    start_threadpool_executor()
    request = Datum({"method": Datum("GET", "string"), "url": Datum("http://x/api/health", "string"), "headers": {},
                     "params": {}, "query": {}, "body": Datum(b"", "bytes")}, "http")
    return await native_invocation.invocation_request_native("1", health.function_id, [("req", request)], {})

ok, value, *_ = asyncio.run(call())
import services, graph.client, httpx
async def graph_works():
    made = services.current_services()
    assert made.graph.of("11111111-1111-1111-1111-111111111111")
    await made.close()
asyncio.run(graph_works())
here = [m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)]
print(json.dumps({"ok": ok, "body": str(value.value["body"].value), "functions": len(found), "files": here}))
"""


@pytest.mark.skipif(sys.version_info[:2] != (3, 13), reason="the package is for the Python of Azure's host")
def test_the_app_runs_from_the_package_alone(package: Path, tmp_path: Path) -> None:
    """Indexed and called by Microsoft's worker library in a process that sees the package and that library only."""
    worker = tmp_path / "worker"
    worker.mkdir()
    installed = Path(sys.prefix) / "lib/python3.13/site-packages"
    for name in _WORKER:
        if (installed / name).exists():
            (worker / name).symlink_to(installed / name)
    site = package / ".python_packages/lib/site-packages"
    settings = json.loads((ROOT / "local.settings.json.example").read_text("utf-8"))["Values"]
    settings |= {"POLICY_FILE": str(package / "policy.toml"), "RECORDS": f"sqlite:{tmp_path / 'r.sqlite'}"}
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, (site, package, worker)))}
    made = subprocess.run(
        [sys._base_executable, "-S", "-c", _RUN, str(package)],  # type: ignore[attr-defined]
        env=env | settings,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert made.returncode == 0, made.stderr[-3000:]
    answer = json.loads(made.stdout.splitlines()[-1])
    assert answer["ok"] is True
    assert '"status": "ok"' in answer["body"]
    assert answer["functions"] > 10
    base = (str(package), str(worker), str(installed / "azure_functions_runtime"), sys.base_prefix)
    strange = [file for file in answer["files"] if not file.startswith(base)]
    assert strange == []


def test_the_same_input_makes_the_same_bytes(package: Path) -> None:
    with zipfile.ZipFile(package.parent / "app.zip") as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(2020, 1, 1, 0, 0, 0)}
        names = [entry.filename for entry in packed.infolist()]
    assert names == sorted(names)
