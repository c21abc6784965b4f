"""Expressions of ARM templates, worked out as far as they go without Azure: what is left keeps its text.

A snapshot leaves `[concat(createArray(...), ...)]` as it is when one part of it is known to Azure only. An output of a module is
`Unknown("module.output")`.
"""

import re
from dataclasses import dataclass
from typing import Any

# An output of a module's deployment, as Bicep writes it.
_OUTPUT = re.compile(
    r"reference\(resourceId\((?:'[\w-]+', )*'Microsoft\.Resources/deployments', format\('\w+-\{0\}', "
    r"uniqueString\('(\w+)', deployment\(\)\.name\)\)\), '[\d-]+'\)\.outputs\.(\w+)\.value"
)
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_]\w*|-?\d+|[()\[\],.])")


@dataclass(frozen=True)
class Unknown:
    """A value that only a deployment knows, by its expression; `{expression}` within a text."""

    text: str

    def __str__(self) -> str:
        return "{" + self.text + "}"


def resolve(value: Any) -> Any:
    """Return a value of a snapshot with its expressions worked out."""
    if isinstance(value, dict):
        return {_key(key): resolve(one) for key, one in value.items()}
    if isinstance(value, list):
        return [resolve(one) for one in value]
    if isinstance(value, str) and re.fullmatch(r"\[[^\[].*\]", value, re.DOTALL):
        return _Parser(_OUTPUT.sub(r"output('\1', '\2')", value[1:-1])).parse()
    return value


def _key(key: str) -> str:
    return str(resolve(key))


class _Parser:
    """Reads one expression by recursive descent (the grammar of ARM template functions)."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def parse(self) -> Any:
        value = self._value()
        assert self._at == len(self._tokens), f"left over: {self._tokens[self._at :]}"
        return value

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        self._at += 1
        return str(self._tokens[self._at - 1])

    def _value(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.lstrip("-").isdigit():
            return int(token)
        return self._members(_call(token, self._arguments()))

    def _arguments(self) -> list[Any]:
        assert self._next() == "("
        arguments: list[Any] = []
        while self._peek() != ")":
            arguments.append(self._value())
            if self._peek() == ",":
                self._next()
        self._next()
        return arguments

    def _members(self, value: Any) -> Any:
        while self._peek() in {".", "["}:
            if self._next() == ".":
                value = Unknown(f"{_text(value)}.{self._next()}")
            else:
                value = Unknown(f"{_text(value)}[{_text(self._value())}]")
                self._next()
        return value


def _call(name: str, arguments: list[Any]) -> Any:
    match name:
        case "createArray":
            return arguments
        case "createObject":
            return dict(zip(arguments[::2], arguments[1::2], strict=True))
        case "concat" if all(isinstance(one, list) for one in arguments):
            return [item for one in arguments for item in one]
        case "format":
            return re.sub(r"\{(\d+)\}", lambda place: str(arguments[1 + int(place[1])]), arguments[0])
        case "output":
            return Unknown(".".join(arguments))
        case "null":
            return None
        case "true" | "false":
            return name == "true"
    return Unknown(f"{name}({', '.join(map(_text, arguments))})")


def _text(value: Any) -> str:
    return value.text if isinstance(value, Unknown) else repr(value)
