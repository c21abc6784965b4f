"""Every query that is deployed or written down, through Microsoft's own Kusto language service.

It is an npm package: where there is no Node.js, or the registry cannot be reached, only the shape of the alerts is checked.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterable
from typing import Any, cast

import pytest

from telemetry.metrics import NAMES
from tests.infra.bicep import INFRA, ROOT
from tests.infra.compiler import snapshot
from tests.infra.parameters import SETS, parameter_values

# The columns of these tables that matter here. Source: https://learn.microsoft.com/azure/azure-monitor/reference/tables/appmetrics,
# and the same for apptraces, apprequests and appdependencies.
_COMMON = "TimeGenerated: datetime, Properties: dynamic, OperationId: string, OperationName: string, ItemCount: int"
TABLES = {
    "AppMetrics": f"({_COMMON}, Name: string, Sum: real, Min: real, Max: real)",
    "AppTraces": f"({_COMMON}, Message: string, SeverityLevel: int)",
    "AppRequests": f"({_COMMON}, Name: string, Url: string, Success: bool, ResultCode: string, DurationMs: real)",
    "AppDependencies": f"({_COMMON}, Name: string, Target: string, Success: bool, ResultCode: string, DurationMs: real)",
}
Finding = list[str]


def _findings(queries: Iterable[str], tables: dict[str, str]) -> list[list[Finding]]:
    """What the language service has against each query: severity and message."""
    installed = subprocess.run([ROOT / "scripts/kusto"], capture_output=True, text=True, check=False, timeout=120)
    if installed.returncode:
        pytest.skip(f"The queries were not parsed: {' '.join(installed.stderr.split())[:200]}")
    folder = installed.stdout.splitlines()[-1]
    checked = subprocess.run(
        ["node", str(ROOT / "tests/infra/kusto/check.js")],  # noqa: S607 - scripts/kusto found it
        input=json.dumps({"tables": tables, "queries": list(queries)}),
        env=os.environ | {"NODE_PATH": f"{folder}/node_modules"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert checked.returncode == 0, checked.stderr
    return cast("list[list[Finding]]", json.loads(checked.stdout))


def _alerts() -> dict[str, str]:
    made = snapshot("main.bicep", parameter_values(SETS["plain"]))
    return {
        rule["name"]: rule["properties"]["criteria"]["allOf"][0]["query"]
        for rule in made.of("Microsoft.Insights/scheduledQueryRules")
    }


def _charts() -> list[str]:
    made = snapshot("main.bicep", parameter_values(SETS["plain"]))
    workbook: dict[str, Any] = json.loads(made.one("Microsoft.Insights/workbooks")["properties"]["serializedData"])
    return [item["content"]["query"] for item in workbook["items"]]


def _written_down() -> list[str]:
    """The queries in docs/: blocks of `kusto`, and what begins with a table in a line."""
    found: list[str] = []
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text("utf-8")
        found += re.findall(r"^```kusto\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        found += re.findall(r"`(App(?:Metrics|Traces|Requests|Dependencies) [^`]+)`", text)
    return found


def test_the_alerts_hold_in_a_workspace_of_any_age() -> None:
    """A new one has no tables: a query that needs one is refused, and with it the deployment."""
    queries = _alerts()
    assert len(queries) == 10
    assert _findings(queries.values(), TABLES) == [[]] * len(queries)
    for findings in _findings(queries.values(), {}):
        assert [severity for severity, _ in findings] == ["Warning"], findings  # of the missing table, which is fuzzy


def test_the_charts_and_the_queries_in_the_docs_hold() -> None:
    charts, written = _charts(), _written_down()
    assert (len(charts), len(written)) == (6, 3)
    assert _findings([*charts, *written], TABLES) == [[]] * (len(charts) + len(written))


def test_a_mistake_in_a_query_is_found() -> None:
    wrong = ["AppMetrics | wher Name == 'x'", "AppMetrics | summarize sum(Summ)", "AppMetric | take 1"]
    for findings in _findings(wrong, TABLES):
        assert "Error" in [severity for severity, _ in findings]


def test_no_alert_is_validated_against_the_workspace_of_the_day() -> None:
    made = snapshot("main.bicep", parameter_values(SETS["plain"]))
    rules = made.of("Microsoft.Insights/scheduledQueryRules")
    assert [rule["name"] for rule in rules if rule["properties"].get("skipQueryValidation") is not True] == []


def test_every_alert_has_the_one_shape() -> None:
    """Read from the file itself, so that it is checked everywhere: filters on a metric of ours, then one figure called Value."""
    text = (INFRA / "app/alerts.bicep").read_text("utf-8")
    queries = re.findall(r"^    query: '(.+)'$", text, re.MULTILINE)
    assert len(queries) == 10
    shape = (
        r'\$\{metrics\} \| where Name == "(mfareset\.[\w.]+)"'
        r'( \| where tostring\(Properties\.\w+\) (== "\w+"|in \("\w+"(, "\w+")*\)))?'
        r"( \| summarize Value = sum\(Sum\) by \w+ = tostring\(Properties\.\w+\))?"
        r" \| summarize Value = (sum\(Sum\)|max\(Max\)|max\(Value\))"
    )
    for query in queries:
        found = re.fullmatch(shape, query)
        assert found, query
        assert found[1] in NAMES
