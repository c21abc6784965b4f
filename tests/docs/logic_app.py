"""Runs a Logic App's workflow definition as far as the example of docs/pipelines.md needs it.

Actions: Http, Until, Wait, If, Terminate. Expressions: function calls, strings in single quotes, [..] and ?[..], as the
Workflow Definition Language documents them.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([A-Za-z]\w*)|(\?\[|[()\[\],]))")


class TerminatedError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class LogicApp:
    """`wait` lets time pass; `http` sends; `token` is the managed identity's for an audience."""

    definition: dict[str, Any]
    parameters: Mapping[str, str]
    trigger: object
    run_name: str
    http: httpx.AsyncClient
    wait: Callable[[float], Awaitable[None]]
    token: Callable[[str], str]
    bodies: dict[str, Any] = field(default_factory=dict)

    async def run(self) -> None:
        """Returns where every action succeeded; raises TerminatedError where the run ended itself."""
        await self._actions(self.definition["actions"])

    async def _actions(self, actions: dict[str, Any]) -> None:
        done: set[str] = set()
        while left := [name for name in actions if name not in done]:
            ready = [name for name in left if set(actions[name]["runAfter"]) <= done]
            assert ready, f"nothing runs before {left}"
            for name in ready:
                await self._action(name, actions[name])
                done.add(name)

    async def _action(self, name: str, action: dict[str, Any]) -> None:
        match action["type"]:
            case "Http":
                await self._send(name, action)
            case "Wait":
                interval = action["inputs"]["interval"]
                await self.wait(timedelta(**{interval["unit"].lower() + "s": interval["count"]}).total_seconds())
            case "Until":
                for _ in range(action["limit"]["count"]):
                    await self._actions(action["actions"])
                    if self.value(action["expression"]):
                        return
                raise AssertionError(f"{name} never ended")
            case "If":
                (equals,) = action["expression"]["and"]
                one, other = (self.value(side) for side in equals["equals"])
                await self._actions(action["actions"] if one == other else action["else"]["actions"])
            case "Terminate":
                error = action["inputs"]["runError"]
                raise TerminatedError(self.value(error["code"]), self.value(error["message"]))
            case other_type:
                raise AssertionError(f"{other_type} is not known here")

    async def _send(self, name: str, action: dict[str, Any]) -> None:
        sent = self.value(action["inputs"])
        identity = sent["authentication"]
        assert identity["type"] == "ManagedServiceIdentity"
        headers = sent.get("headers", {}) | {"Authorization": f"Bearer {self.token(identity['audience'])}"}
        answer = await self.http.request(sent["method"], sent["uri"], headers=headers, json=sent.get("body"))
        assert answer.is_success, answer.text
        assert answer.status_code != 202 or action.get("operationOptions") == "DisableAsyncPattern"
        self.bodies[name] = answer.json()

    def value(self, template: Any) -> Any:
        """What a template stands for."""
        match template:
            case dict():
                return {key: self.value(part) for key, part in template.items()}
            case list():
                return [self.value(part) for part in template]
            case str() if template.startswith("@") and not template.startswith("@{"):
                return self._whole(template[1:])
            case str():
                return re.sub(r"@\{([^}]*)\}", lambda found: str(self._whole(found[1])), template)
        return template

    def _whole(self, expression: str) -> Any:
        tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(expression):
            found = _TOKEN.match(expression, at)
            assert found, f"not an expression: {expression!r} at {at}"
            text, name, sign = found.groups()
            tokens.append(("text", text) if text is not None else ("name", name) if name else ("sign", sign))
            at = found.end()
        value = self._one(tokens)
        assert not tokens, f"more than an expression: {expression!r}"
        return value

    def _one(self, tokens: list[tuple[str, str]]) -> Any:
        kind, word = tokens.pop(0)
        if kind == "text":
            return word.replace("''", "'")
        assert kind == "name", word
        assert tokens.pop(0) == ("sign", "(")
        arguments = []
        while tokens[0] != ("sign", ")"):
            arguments.append(self._one(tokens))
            if tokens[0] == ("sign", ","):
                tokens.pop(0)
        tokens.pop(0)
        value = self._call(word, arguments)
        while tokens and tokens[0][1] in {"[", "?["}:
            _, opening = tokens.pop(0)
            key = self._one(tokens)
            assert tokens.pop(0) == ("sign", "]")
            # A field that is not there is null in Azure, without a word; here it is a mistake of the example.
            assert isinstance(value, dict), f"{word} has no {key}"
            assert key in value, f"{word} has no {key} ({opening})"
            value = value[key]
        return value

    def _call(self, name: str, arguments: list[Any]) -> Any:
        match name, arguments:
            case "parameters", [key]:
                return self.parameters[key]
            case "triggerBody", []:
                return self.trigger
            case "workflow", []:
                return {"run": {"name": self.run_name}}
            case "body", [action]:
                return self.bodies[action]
            case "createArray", _:
                return arguments
            case "contains", [collection, value]:
                return value in collection
            case "not", [value]:
                assert isinstance(value, bool)
                return not value
        raise AssertionError(f"{name} is not known here")
