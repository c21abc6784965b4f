"""$filter and $search of directory lists, as tests on rows."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from localhost.simulator.protocol.errors import GraphError

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([(),])|([\w./-]+))")
SEARCH = re.compile(r'\s*"([A-Za-z]+):((?:[^"\\]|\\.)*)"\s*(AND|OR)?')


def bad_filter(text: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Invalid filter clause: {text}")


class Filter:
    """Recursive descent over `a eq 'x' and startswith(b,'y')`; also `or`, `not`, `in` and brackets."""

    def __init__(self, text: str) -> None:
        self.uses: list[tuple[str, str]] = []  # operator and property of each comparison, after `parse`
        self.alternatives = 0  # after `parse`, the most that one `or` or `in` has
        self.negated = False
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = TOKEN.match(text, at)
            if not found:
                raise bad_filter(f"syntax error at position {at}.")
            quoted, mark, word = found.groups()
            if quoted is not None:
                self._tokens.append(("text", quoted.replace("''", "'")))
            else:
                self._tokens.append(("mark", mark) if mark else ("word", word))
            at = found.end()
        self._at = 0

    @property
    def advanced(self) -> bool:
        """Whether an operator is supported in advanced queries only [d]."""
        return self.negated or any(operator in {"ne", "endswith"} for operator, _ in self.uses)

    def parse(self) -> Test:
        test = self._either()
        if self._at != len(self._tokens):
            raise bad_filter("unexpected text at the end.")
        return test

    def _next(self, kind: str | None = None, value: str | None = None) -> str:
        if self._at >= len(self._tokens):
            raise bad_filter("unexpected end.")
        found, text = self._tokens[self._at]
        if (kind and found != kind) or (value and text.lower() != value):
            raise bad_filter(f"'{text}' is not expected here.")
        self._at += 1
        return text

    def _accept(self, kind: str, value: str) -> bool:
        if self._at < len(self._tokens):
            found, text = self._tokens[self._at]
            if found == kind and text.lower() == value:
                self._at += 1
                return True
        return False

    def _either(self) -> Test:
        tests = [self._both()]
        while self._accept("word", "or"):
            tests.append(self._both())
        self.alternatives = max(self.alternatives, len(tests))
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._accept("word", "and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._accept("word", "not"):
            self.negated = True
            inner = self._one()
            return lambda row: not inner(row)
        if self._accept("mark", "("):
            inner = self._either()
            self._next("mark", ")")
            return inner
        name = self._next("word")
        if self._accept("mark", "("):
            return self._function(name)
        verb = self._next("word").lower()
        if verb == "in":
            return self._in(name)
        if verb not in {"eq", "ne"}:
            raise GraphError(400, "Request_UnsupportedQuery", f"Unsupported operator '{verb}'.")
        self.uses.append((verb, name))
        value = fold(self._value())
        return (lambda row: fold(row.get(name)) == value) if verb == "eq" else lambda row: fold(row.get(name)) != value

    def _function(self, name: str) -> Test:
        if name.lower() not in {"startswith", "endswith"}:
            raise GraphError(400, "Request_UnsupportedQuery", f"Unsupported function '{name}'.")
        prop = self._next("word")
        self.uses.append((name.lower(), prop))
        self._next("mark", ",")
        text = self._next("text").lower()
        self._next("mark", ")")
        if name.lower() == "startswith":
            return lambda row: str(row.get(prop) or "").lower().startswith(text)
        return lambda row: str(row.get(prop) or "").lower().endswith(text)

    def _in(self, name: str) -> Test:
        self.uses.append(("in", name))
        self._next("mark", "(")
        values = [fold(self._value())]
        while self._accept("mark", ","):
            values.append(fold(self._value()))
        self._next("mark", ")")
        self.alternatives = max(self.alternatives, len(values))
        return lambda row: fold(row.get(name)) in values

    def _value(self) -> Any:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")
        if kind == "text":
            return self._next()
        words = {"true": True, "false": False, "null": None}
        if kind != "word" or text.lower() not in words:
            raise bad_filter(f"'{text}' is no value.")
        self._next()
        return words[text.lower()]


def fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value  # directory text compares without case [d]


def search(text: str) -> tuple[Test, list[str]]:
    """Parse `"displayName:x" OR "userPrincipalName:y"` into a test and the properties that it names.

    Display names match at the start of any word, other properties at their start [d].

    Raises:
        GraphError: 400, a syntax error.
    """
    tests: list[list[Test]] = [[]]
    properties: list[str] = []
    at, joined = 0, "AND"
    while at < len(text):
        found = SEARCH.match(text, at)
        if not found or not joined:
            raise GraphError(400, "BadRequest", 'Syntax error in $search: expected "property:value".')
        name, value, joiner = found.groups()
        properties.append(name)
        test = _starts(name, re.sub(r"\\(.)", r"\1", value).lower())
        if joined == "OR":
            tests.append([test])
        else:
            tests[-1].append(test)
        at, joined = found.end(), joiner or ""
    return lambda row: any(all(test(row) for test in group) for group in tests), properties


def _starts(name: str, text: str) -> Test:
    if name != "displayName":
        return lambda row: str(row.get(name) or "").lower().startswith(text)
    word = re.compile(r"(?:^|[\s.\-_])" + re.escape(text))
    return lambda row: word.search(str(row.get(name) or "").lower()) is not None
