"""The simulator's packages depend on each other in one direction: state, seeds and handlers apart, and no circle."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SIMULATOR = "localhost.simulator"

# What a package may import of the simulator, besides itself.
ALLOWED = {
    "model": set[str](),
    "protocol": {"model"},
    "seeds": {"model"},
    "world": {"model", "protocol", "seeds"},
    "handlers": {"model", "protocol", "world"},
    "server": {"model", "protocol", "world", "handlers"},
}


def modules() -> dict[str, Path]:
    """Every module of the simulator by its dotted name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted((ROOT / "localhost/simulator").rglob("*.py"))
    }


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the simulator that a file imports, also those for type checking and within functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & known.keys() or {node.module}
    return found & known.keys()


def graph() -> dict[str, set[str]]:
    known = modules()
    return {name: imports(path, known) for name, path in known.items()}


def test_no_module_imports_itself_in_a_circle() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def package(module: str) -> str:
    return module.removeprefix(f"{SIMULATOR}.").partition(".")[0]


def test_packages_import_only_what_lies_further_in() -> None:
    arrows = {(package(name), package(other)) for name, others in graph().items() for other in others}
    wrong = {(name, other) for name, other in arrows if name in ALLOWED and other not in ALLOWED[name] | {name}}
    assert not wrong
    assert {path.name for path in (ROOT / "localhost/simulator").iterdir() if (path / "__init__.py").exists()} == set(
        ALLOWED
    )
