"""Problems of the API can be translated: their texts are messages where they are raised."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain import errors
from tests.system import ROOT

# Of these the first argument is a reason or a name, and the text is the second.
SECOND = {"EvidenceProblem", "AccessPassProblem", "EvidenceRefusedError", "invalid_parameter"}
PROBLEMS = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.Problem)
} | SECOND
# What fails in a delivery or a message is English: who sends it prefers no language.
ENGLISH = {"triggers/messages", "domain/ingress"}
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("domain", "triggers", "use_cases")
    for path in (ROOT / folder).rglob("*.py")
)


def plain_texts(source: str) -> Iterator[str]:
    """The texts of problems, and of their mistakes, that are literals and no messages."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func).rpartition(".")[2]) in PROBLEMS:
            yield from _plain(node.args[name in SECOND :][:1])
        elif isinstance(node, ast.Dict):
            named = {
                key.value: value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            if "pointer" in named and "detail" in named:
                yield from _plain([named["detail"]])


def _plain(values: list[ast.expr]) -> Iterator[str]:
    yield from (
        ast.unparse(value)
        for value in values
        if isinstance(value, ast.JoinedStr)
        or (isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value)
    )


@pytest.mark.parametrize("module", [name for name in MODULES if str(Path(name).parent) not in ENGLISH])
def test_texts_of_problems_are_messages(module: str) -> None:
    assert list(plain_texts((ROOT / module).read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise ConflictError("It has ended.")', ["'It has ended.'"]),
        ('raise errors.ConflictError(f"It is {x}.").refused_as("a", "b")', ["f'It is {x}.'"]),
        ('raise ConflictError(Message("It has ended."))', []),
        ('raise EvidenceRefusedError("stale", "It is old.")', ["'It is old.'"]),
        ('x = {"pointer": "/a", "detail": "is missing"}', ["'is missing'"]),
        ('x = {"pointer": "/a", "detail": Message("is missing")}', []),
    ],
)
def test_the_search(source: str, found: list[str]) -> None:
    assert list(plain_texts(source)) == found
