"""Imports point inwards: triggers and activities -> use cases -> graph, records, messaging, web -> domain.

The local host stands apart.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.system import ROOT, environment

# What a package may import of ours, besides itself.
ALLOWED: dict[str, set[str]] = {
    "contracts": set(),
    "durable": {"contracts"},
    "domain": {"languages"},
    "languages": set(),
    "graph": {"domain"},
    "records": {"domain"},
    "web": {"domain", "languages"},
    "messaging": {"domain", "graph", "languages", "web"},
    "reset": {"domain", "graph", "records"},
    "settings": {"domain", "languages"},
    "services": {"domain", "graph", "records", "messaging", "settings"},
    "use_cases": {
        "durable",
        "contracts",
        "domain",
        "graph",
        "languages",
        "records",
        "messaging",
        "reset",
        "web",
        "services",
    },
    "activities": {
        "durable",
        "contracts",
        "use_cases",
        "domain",
        "graph",
        "languages",
        "records",
        "messaging",
        "reset",
        "web",
        "services",
    },
    "orchestrators": {"contracts", "durable"},
    "triggers": {
        "domain",
        "durable",
        "graph",
        "languages",
        "records",
        "messaging",
        "web",
        "services",
        "settings",
        "use_cases",
    },
    "function_app": {"durable", "triggers", "orchestrators", "activities", "services"},
    "telemetry": set(),
    "localhost": set(),
}
FILES = [
    path
    for name in ALLOWED
    for path in ([ROOT / f"{name}.py"] if (ROOT / f"{name}.py").exists() else sorted((ROOT / name).rglob("*.py")))
]


def imported(path: Path) -> set[str]:
    """The first names of all modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_imports_only_what_lies_further_in(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0].removesuffix(".py")
    ours = imported(path) & (set(ALLOWED) | {"tests", "bench", "telemetry"})
    assert ours - {package} <= ALLOWED[package] | (
        {"telemetry"} if package not in {"contracts", "domain", "durable"} else set()
    )


@pytest.mark.parametrize(
    ("package", "others"),
    [
        ("triggers", {"activities", "orchestrators"}),
        ("activities", {"triggers", "orchestrators"}),
        ("orchestrators", {"triggers", "activities", "use_cases"}),
        ("use_cases", {"triggers", "activities", "orchestrators"}),
    ],
)
def test_entry_points_meet_in_use_cases_only(package: str, others: set[str]) -> None:
    """Only function_app knows triggers, orchestrators and activities; what two of them need is a use case."""
    assert not others & ALLOWED[package]
    for path in (ROOT / package).rglob("*.py"):
        assert not imported(path) & others, path


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_durable_imports_the_durable_sdk(path: Path) -> None:
    """The SDK is a release candidate: what has to be written anew on the way back is one file (docs/operations.md).

    Beside it only the engine of the local host speaks the protocol, by what durabletask ships of it.
    """
    if path.name == "durable.py" or path.relative_to(ROOT).as_posix() == "localhost/durable/vendor_adapter.py":
        return
    sdk = re.compile(r"^\s*(?:import|from) (?:azure\.durable_functions|durabletask|grpc)\b", re.MULTILINE)
    found = sdk.findall(path.read_text("utf-8"))
    assert not found or path.relative_to(ROOT).parts[0] == "localhost", found
    assert not [line for line in found if "grpc" not in line], found


@pytest.mark.parametrize("path", sorted((ROOT / "orchestrators").glob("*.py")), ids=lambda path: path.name)
def test_orchestrators_call_the_durable_sdk_by_our_functions_alone(path: Path) -> None:
    """Neither the context nor a task is used by a name of the SDK's."""
    tree = ast.parse(path.read_text("utf-8"))
    of_tasks = {"is_complete", "is_completed", "is_failed", "get_result", "get_exception", "cancel"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            assert name not in {"ctx", "_ctx"}, f"line {node.lineno}: {name}.{node.attr}"
            assert node.attr not in of_tasks, f"line {node.lineno}: .{node.attr}"


@pytest.mark.parametrize("package", ["triggers", "use_cases"])
def test_the_client_of_a_binding_is_only_handed_on(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
                continue
            clients = {
                argument.arg
                for argument in function.args.args
                if argument.annotation is not None and ast.unparse(argument.annotation) == "durable.Client"
            }
            used = [
                node.lineno
                for node in ast.walk(function)
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in clients
            ]
            assert not used, f"{path}: lines {used}"


@pytest.mark.parametrize("package", ["contracts", "domain", "orchestrators"])
def test_inner_packages_do_no_input_or_output(package: str) -> None:
    outside = {"httpx", "sqlite3", "socket", "requests", "aiohttp", "msgraph", "kiota_http", "asyncio", "subprocess"}
    for path in (ROOT / package).rglob("*.py"):
        assert not imported(path) & outside, path


def test_state_of_a_removal_loads_no_client_and_has_no_clock() -> None:
    pure = ["answered", "progress", "result", "state", "steps"]
    code = f"import sys; {'; '.join(f'import reset.{name}' for name in pure)}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert not {"httpx", "msgraph", "graph.client", "records", "asyncio"} & set(loaded.stdout.split())
    for name in pure:
        text = (ROOT / f"reset/{name}.py").read_text(encoding="utf-8")
        assert not [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Await | ast.AsyncFunctionDef)]
        assert "now(" not in text


def test_contributing_has_the_table_of_what_may_import_what() -> None:
    rows = re.findall(r"^  \| `(\w+)` \|(.*)\|$", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
    written = {package: set(re.findall(r"`(\w+)`", others)) for package, others in rows}
    assert written == {name: others for name, others in ALLOWED.items() if name not in {"telemetry", "localhost"}}


def modules_of(root: Path, names: Iterable[str]) -> dict[str, Path]:
    """Return every module of these packages and single-file modules below `root`, by its dotted name."""
    paths = [path for name in names for path in (root / f"{name}.py", *(root / name).rglob("*.py")) if path.exists()]
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def import_graph(modules: Mapping[str, Path]) -> dict[str, set[str]]:
    """Return for each module which of the others it imports, wherever in the file: a late import is a circle, too."""
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        found: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                found |= {name if name in modules else node.module for name in names}
        graph[name] = found & modules.keys() - {name}
    return graph


def circle_in(graph: Mapping[str, set[str]]) -> list[str]:
    """Return the modules of one circle in the order of their imports; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = modules_of(ROOT, [*ALLOWED, "bench", "tests"]) | modules_of(ROOT / "client", ["mfa_reset_client"])
    assert len(modules) > 300
    assert circle_in(import_graph(modules)) == []


def test_a_circle_is_found(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__init__.py").write_text("")
    (tmp_path / "app/a.py").write_text("from app import b\n")
    (tmp_path / "app/b.py").write_text("import app.c\n")
    (tmp_path / "app/c.py").write_text("def late():\n    from app.a import x\n")
    circle = circle_in(import_graph(modules_of(tmp_path, ["app"])))
    assert set(circle) == {"app.a", "app.b", "app.c"}
    (tmp_path / "app/c.py").write_text("")
    assert circle_in(import_graph(modules_of(tmp_path, ["app"]))) == []


def test_app_knows_nothing_of_the_local_host() -> None:
    for name in ALLOWED.keys() - {"localhost"}:
        for path in [ROOT / f"{name}.py"] if (ROOT / f"{name}.py").exists() else (ROOT / name).rglob("*.py"):
            assert "localhost" not in imported(path), path


def test_after_the_start_garbage_is_collected_again_and_what_was_imported_is_left_alone(tmp_path: Path) -> None:
    code = "import gc; gc.collect(); import function_app; print(gc.isenabled(), gc.get_freeze_count() > 100_000)"
    output = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environment(tmp_path) | {"PUBLIC_BASE_URL": "http://127.0.0.1:7071"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert output.stdout.split() == ["True", "True"]
