"""Every command that a page tells to type is run by a test or by CI, or the page says what it needs."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts.check_links import pages
from tests.system import ROOT

# By page and by what a command begins with: what runs it, or the same with a path of the test's own.
RUN_BY = {
    ("README.md", "make demo"): "tests/localhost/commands/test_demo.py",
    ("README.md", "make serve"): "tests/docs/test_tutorial.py",
    ("README.md", "curl --include"): "tests/docs/test_readme.py",
    ("CONTRIBUTING.md", "make setup"): ".ci/run",
    ("CONTRIBUTING.md", "make demo"): "tests/localhost/commands/test_demo.py",
    ("CONTRIBUTING.md", "make check"): ".ci/run",
    ("client/README.md", "export MFA_RESET_"): "tests/docs/test_pipelines.py",
    ("client/README.md", "mfa-reset request"): "tests/docs/test_pipelines.py",
    ("docs/api.md", "curl -o openapi.json"): "tests/api_clients/test_generated.py",
    ("docs/api.md", "openapi-python-client generate"): "tests/api_clients/test_generated.py",
    ("docs/api.md", "npx openapi-typescript"): "tests/api_clients/test_generated.py",
    ("docs/api.md", "nswag openapi2csclient"): "tests/api_clients/test_generated.py",
    ("docs/api.md", "kiota generate"): "tests/api_clients/test_generated.py",
    ("docs/backup.md", ".venv/bin/python -m localhost backup"): "tests/localhost/commands/test_backup.py",
    ("docs/backup.md", ".venv/bin/python -m localhost restore"): "tests/localhost/commands/test_backup.py",
    ("docs/customers.md", "mfa-reset customers discover"): "tests/client/commands/test_customers.py",
    ("docs/deploy.md", "cp policy.example.toml policy.toml"): "tests/domain/policy/test_load.py",
    ("docs/deploy.md", "make setup && scripts/check-policy"): "tests/domain/policy/test_load.py",
    ("docs/deploy.md", "Copy-Item policy.example.toml policy.toml"): "tests/infra/test_azd_windows.py",
    ("docs/deploy.md", "./scripts/setup.ps1"): "tests/infra/test_azd_windows.py",
    ("docs/deploy.md", ".venv/Scripts/python.exe -m domain.policy.check"): "tests/infra/test_azd_windows.py",
    ("docs/languages.md", "scripts/catalogue"): "tests/languages/test_catalogues.py",
    (
        "docs/one-machine.md",
        ".venv/bin/python -m localhost verify-audit",
    ): "tests/localhost/commands/test_verify_audit.py",
    ("docs/pipelines.md", ""): "tests/docs/test_pipelines.py",
    ("docs/service-bus.md", ".venv/bin/python -m localhost serve --service-bus"): "tests/scenarios/test_service_bus.py",
    ("docs/tutorial.md", ""): "tests/docs/test_tutorial.py",
}
_FENCED = re.compile(r"((?:<!-- needs [^>]*-->\n)?)^```(?:sh|bash|powershell)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ANY_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"((?:<!-- needs [^>]*-->\n\n?)?)((?:^    \S.*\n)+)", re.MULTILINE)
_TOOLS = r"(?:make|scripts/\S+|\.venv/bin/\S+|python|uv|mfa-reset|curl|az|azd|podman|docker|git|npx|pip|pwsh) "


class Block(NamedTuple):
    marked: bool
    lines: list[str]


def blocks(page: Path) -> list[Block]:
    """The blocks of commands of a page, fenced and indented, each line with those that continue it."""
    text = page.read_text("utf-8")
    fenced = [(mark, block) for mark, block in _FENCED.findall(text)]
    rest = _ANY_FENCE.sub("", text)
    indented = [(mark, block) for mark, block in _INDENTED.findall(rest) if re.match(rf" {{4}}{_TOOLS}", block)]
    return [Block(bool(mark), _commands(block)) for mark, block in (*fenced, *indented)]


def _commands(block: str) -> list[str]:
    joined = re.sub(r"\\\n\s*", "", block)
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.strip().startswith("#")]


PAGES = {page.relative_to(ROOT).as_posix(): page for page in pages(ROOT) if not page.is_relative_to(ROOT / "bench")}


@pytest.mark.parametrize("name", PAGES)
def test_every_command_is_run_or_says_what_it_needs(name: str) -> None:
    prefixes = [prefix for page, prefix in RUN_BY if page == name]
    for block in blocks(PAGES[name]):
        if not block.marked:
            unknown = [line for line in block.lines if not any(line.startswith(prefix) for prefix in prefixes)]
            assert unknown == [], "run by no test: mark the block <!-- needs ... -->"


def test_nothing_is_listed_that_no_page_has() -> None:
    for (name, prefix), by in RUN_BY.items():
        assert (ROOT / by).is_file(), by
        assert any(line.startswith(prefix) for block in blocks(PAGES[name]) for line in block.lines), (name, prefix)
