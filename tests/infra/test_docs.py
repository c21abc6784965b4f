"""docs/ for operators says what infra/ and the code do."""

import json
import re

import graph.permissions
from telemetry.metrics import NAMES
from tests.infra.bicep import INFRA, ROOT

OPERATIONS = (ROOT / "docs/operations.md").read_text("utf-8")
DEPLOY = (ROOT / "docs/deploy.md").read_text("utf-8")


def test_every_alert_has_its_runbook() -> None:
    alerts = (INFRA / "app/alerts.bicep").read_text("utf-8")
    rules = set(re.findall(r"^    name: '([\w-]+)'", alerts, re.MULTILINE))
    others = set(re.findall(r"^  name: 'mfareset-([\w-]+)'", alerts, re.MULTILINE)) - {"people", "health"}
    assert len(rules) == 10
    assert set(re.findall(r"^### ([\w-]+)$", OPERATIONS, re.MULTILINE)) == rules | others


def test_every_metric_is_named() -> None:
    assert set(re.findall(r"`(mfareset\.[\w.]+)`", OPERATIONS)) == NAMES


def test_every_permission_is_named_with_what_it_is_for() -> None:
    known = (
        *graph.permissions.PERMISSIONS,
        *graph.permissions.NARROW,
        graph.permissions.AUDIT_LOGS,
        graph.permissions.PARTNER,
        *graph.permissions.CONTAINMENT,
        *graph.permissions.BOOTSTRAP,
    )
    documented = dict(re.findall(r"^\| `([\w-]+(?:\.\w+)+)`(?: \(optional\))? \| (.+) \|$", DEPLOY, re.MULTILINE))
    assert documented == {p.name: p.needed_for for p in known}
    optional = set(re.findall(r"^\| `([\w.-]+)` \(optional\)", DEPLOY, re.MULTILINE))
    assert optional == {p.name for p in known if p.optional}


def test_every_parameter_is_explained_with_its_default() -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text("utf-8"))["parameters"]
    names = dict(re.findall(r"\$\{(\w+)(?:=([^}]*))?\}", json.dumps(given)))
    documented = dict(re.findall(r"^\| `([A-Z_]+)` \| `?([^|`]+?)`? \|", DEPLOY, re.MULTILINE))
    for name in names.keys() - {"AZURE_ENV_NAME", "AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE"}:
        assert name in documented, name
        if names[name]:
            assert documented[name] == names[name]
    assert documented.keys() <= names.keys()


def test_every_command_and_file_that_is_named_is_there() -> None:
    for page in ("deploy", "operations", "upgrade", "cost", "settings"):
        text = (ROOT / f"docs/{page}.md").read_text("utf-8")
        for script in set(re.findall(r"(?<![\w/])(scripts/[\w/-]+)", text)):
            assert (ROOT / script).exists(), script
        makefile = (ROOT / "Makefile").read_text("utf-8")
        for target in set(re.findall(r"`?make ([a-z-]+)", text)):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
