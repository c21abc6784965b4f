"""The digest of a plan in a file: that of the service for every version that was written, and of withheld lines."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from domain.methods import STANDARD_SCOPE
from domain.request import plan as service
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from mfa_reset_client.verify.plan import plan_digest, scope_of

REQUEST = ResetRequest(
    id="r1",
    created_at=datetime(2026, 11, 2, 9, tzinfo=UTC),
    source="api",
    methods=list(STANDARD_SCOPE),
    target_count=2,
    ranges=[("contoso", 0, 2)],
)
SCOPE, PEOPLE = service.scope_line(REQUEST), service.people_line(REQUEST)


def users(count: int) -> list[Target]:
    return [
        Target(number=number, customer="contoso", asked="adele", tenant_id="t", user_id="u1", planned=True)
        for number in range(count)
    ]


def digest(targets: list[Target]) -> str:
    windows = [
        service.window_hash(targets[start : start + service.WINDOW]) for start in service.window_starts(len(targets))
    ]
    return service.plan_digest("r1", SCOPE, PEOPLE, windows)


def file(targets: list[Target]) -> list[str]:
    return [SCOPE, PEOPLE, *map(service.plan_line, targets)]


def content(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def withheld(line: str) -> str:
    return json.dumps({"withheld": service.line_hash(line)}, separators=(",", ":"))


@pytest.mark.parametrize("count", [0, 1, 249, 250, 251, 507])
def test_a_plan_file_has_the_digest_that_the_service_made(count: int) -> None:
    targets = users(count)
    assert plan_digest("r1", 4, content(file(targets))) == digest(targets)


def test_lines_may_be_withheld_and_not_changed() -> None:
    targets = users(251)
    lines = file(targets)
    for number in (1, 2, 252):
        hidden = [*lines]
        hidden[number] = withheld(lines[number])
        assert plan_digest("r1", 4, content(hidden)) == digest(targets)
        hidden[number] = withheld("other")
        assert plan_digest("r1", 4, content(hidden)) != digest(targets)
    hidden = [*lines]
    hidden[3], hidden[2] = withheld(lines[2]), withheld(lines[3])
    assert plan_digest("r1", 4, content(hidden)) != digest(targets)
    assert scope_of(4, content([lines[0], withheld(PEOPLE)])) == json.loads(SCOPE)


@pytest.mark.parametrize("broken", ['{"withheld":', '{"withheld":1}', '{"withheld":[]}'])
def test_a_withheld_line_without_a_hash_is_another_plan(broken: str) -> None:
    targets = users(1)
    assert plan_digest("r1", 4, content([SCOPE, PEOPLE, broken])) != digest(targets)


@pytest.mark.parametrize("plan", [b"", b"{}\n", b"{}"])
def test_a_file_without_the_first_two_lines_has_no_digest(plan: bytes) -> None:
    assert plan_digest("r1", 4, plan) == ""


def test_earlier_versions() -> None:
    line = service.plan_line(users(1)[0])
    whole = content([SCOPE, line])
    assert plan_digest("r1", 2, whole) == hashlib.sha256(b"plan:2:r1\n" + whole).hexdigest()
    window = hashlib.sha256(f"{line}\n".encode()).hexdigest()
    assert plan_digest("r1", 3, whole) == hashlib.sha256(f"plan:3:r1\n{SCOPE}\n{window}\n".encode()).hexdigest()
    assert scope_of(1, whole) == {}
    assert scope_of(4, b"[]\n{}\n") is None
    assert scope_of(4, b"no\n{}\n") is None
