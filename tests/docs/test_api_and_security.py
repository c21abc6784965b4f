"""docs/api.md and docs/security.md say what the code does."""

import re
from pathlib import Path

import domain.ingress.mapping  # noqa: F401 - its problem is one of those that are listed
from domain.errors import Problem
from domain.policy.model import Role
from graph.permissions import AUDIT_LOGS, CONTAINMENT, HOME, HOME_MAILBOX, PARTNER, PERMISSIONS
from triggers.api.openapi_operations import CALLS
from triggers.http.authorization import AUDITORS, OPERATORS, READERS, REQUESTERS

DOCS = Path(__file__).resolve().parents[2] / "docs"
API, SECURITY = ((DOCS / name).read_text() for name in ("api.md", "security.md"))


def _kinds(problem: type[Problem]) -> set[tuple[str, int]]:
    below = [_kinds(kind) for kind in problem.__subclasses__() if kind.__module__.startswith("domain.")]
    return {
        (kind.reason, kind.status) for kind in problem.__subclasses__() if kind.__module__.startswith("domain.")
    }.union(*below)


def test_every_problem_is_listed_with_its_status() -> None:
    listed = {(reason, int(status)) for reason, status in re.findall(r"`urn:mfareset:problem:(\w+)` \| (\d+)", API)}
    assert listed == _kinds(Problem)


def test_every_call_is_listed_with_its_answers() -> None:
    listed = set(re.findall(r"^\| `([A-Z]+ /\S+)` \| .* \| ([\d, ]+) \|$", API, re.MULTILINE))
    assert listed == {
        (f"{call.method} {call.path}", ", ".join(str(status) for status in sorted(call.responses))) for call in CALLS
    }


def test_every_role_is_documented() -> None:
    table = SECURITY.partition("| role | may |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(Role)
    assert set(READERS) == set(Role)
    assert (REQUESTERS, OPERATORS, AUDITORS) == (
        (Role.REQUESTER, Role.OPERATOR),
        (Role.OPERATOR,),
        (Role.AUDITOR, Role.OPERATOR),
    )


def test_every_permission_of_graph_is_documented_with_its_reason() -> None:
    table = SECURITY.partition("## Graph permissions")[2].partition("\nThe first")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    documented = {name for names, _ in rows for name in re.findall(r"`([\w.]+)`", names)}
    assert documented == {permission.name for permission in (*PERMISSIONS, AUDIT_LOGS, PARTNER, *CONTAINMENT)} | set(
        HOME
    ) | set(HOME_MAILBOX)
    assert all(reason.strip() for _, reason in rows)


def test_every_key_that_can_leak_is_documented() -> None:
    table = SECURITY.partition("## When something leaks")[2].partition("\n\nAfter")[0]
    for secret in (
        "function key",
        "API_KEYS",
        "APPROVAL_KEYS",
        "link",
        "webhook secret",
        "callback secret",
        "certificate",
    ):
        assert re.search(rf"^\| [^|]*{secret}", table, re.MULTILINE), secret
