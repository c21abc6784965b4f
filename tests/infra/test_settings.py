"""The settings the code reads, those that Bicep sets, and those that docs/settings.md explains are the same ones."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from scripts.azure.wanted import wanted_secrets
from settings import read_settings
from tests.infra.bicep import ROOT, settings_of
from tests.test_imports import ALLOWED

DOCS = (ROOT / "docs/settings.md").read_text("utf-8")
_READERS = {"reader", "environ", "_environ"}


def _documented(heading: str) -> set[str]:
    part = DOCS.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `([^`]+)`", part, re.MULTILINE))


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _read_in(tree: ast.AST) -> Iterator[str]:
    """Texts that settings are read by: `reader.url("X")`, `environ.get("X")`, `os.environ["X"]`."""
    for node in ast.walk(tree):
        key: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            reads = (
                _name_of(node.func.value) in _READERS and node.func.attr != "setdefault"
            )  # that is said to a library
            key = node.args[0] if reads else None
        elif isinstance(node, ast.Subscript) and _name_of(node.value) in _READERS:
            key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value


def read_by_the_code() -> set[str]:
    found: set[str] = set()
    for name in ALLOWED.keys() - {"localhost"}:
        for path in [ROOT / f"{name}.py"] if (ROOT / f"{name}.py").exists() else (ROOT / name).rglob("*.py"):
            found |= set(_read_in(ast.parse(path.read_text("utf-8"))))
    return found


def test_every_setting_is_explained_and_nothing_else() -> None:
    assert read_by_the_code() == _documented("The app")


def test_every_setting_that_is_needed_is_set_on_azure() -> None:
    needed = set(re.findall(r"^\| `(\w+)` \| needed", DOCS, re.MULTILINE))
    assert needed <= settings_of("settings").keys()


def test_every_setting_on_azure_is_read_by_the_app_or_the_host() -> None:
    given = settings_of("settings").keys() | settings_of("schedulerSettings").keys()
    given |= settings_of("bootstrapSettings").keys()
    assert given <= _documented("The app") | _documented("Read by the Functions host and its worker")


def test_every_secret_that_is_referred_to_is_one_that_is_made() -> None:
    """The names in the template are those under which scripts/azure/prepare writes them."""
    references = "\n".join([*settings_of("settings").values(), *settings_of("keySettings").values()])
    referred = set(re.findall(r"secrets/([\w-]+)/\)", references))
    wanted = wanted_secrets(ROOT / "policy.example.toml", api_keys=True)
    assert referred == {secret.name for secret in wanted if not secret.is_of_policy}
    template = (ROOT / "infra/app/function.bicep").read_text("utf-8")
    assert "secrets/${replace(secret, '_', '-')}/)" in template
    assert [secret.name for secret in wanted if secret.is_of_policy] == ["HELPDESK-SECRET", "HELPDESK-CALLBACK-SECRET"]


def test_the_example_for_one_machine_starts() -> None:
    values = json.loads((ROOT / "local.settings.json.example").read_text("utf-8"))["Values"]
    made = read_settings(values | {"POLICY_FILE": str(ROOT / values["POLICY_FILE"])})
    assert made.graph_is_local
    known = _documented("The app") | _documented("Read by the Functions host and its worker")
    assert values.keys() - known == {"HELPDESK_SECRET"}


def _leaves(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    return {
        name: leaf for key, part in value.items() for name, leaf in _leaves(part, f"{path}.{key}".strip(".")).items()
    }


def test_every_value_of_host_json_has_its_reason() -> None:
    documented = dict(re.findall(r"^\| `([\w.]+)` \| `?([^|`]*)`? +\|", DOCS.split("## host.json")[1], re.MULTILINE))
    leaves = _leaves(json.loads((ROOT / "host.json").read_text("utf-8")))
    shown = {name: json.dumps(value).strip('"') or "empty" for name, value in leaves.items()}
    assert {name: value.strip() for name, value in documented.items()} == shown


def test_the_extensions_of_the_host_change_with_a_release_only() -> None:
    """One minor version of the bundle: Microsoft's next one is not taken by itself."""
    bundle = json.loads((ROOT / "host.json").read_text("utf-8"))["extensionBundle"]
    found = re.fullmatch(r"\[(\d+)\.(\d+)\.0, (\d+)\.(\d+)\.0\)", bundle["version"])
    assert found, bundle["version"]
    major, minor, next_major, next_minor = map(int, found.groups())
    assert (next_major, next_minor) == (major, minor + 1)
    assert f"{major}.{minor} of the preview bundle" in (ROOT / "docs/upgrade.md").read_text("utf-8")
