"""Holds calls that a simulator recorded against Microsoft's description of Graph and against what it does not say.

    python -m tests.graph_calls.check FILE

`graphcheck` (Microsoft's own OData parser over Microsoft's published metadata) reads the calls as JSON lines; supported.py
has what the metadata leaves open. Exit 0: every call and every response is one of Graph's, or there is no `graphcheck`.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.graph_calls.supported import BETA_WRITES, CREATES, SUPPORTED, Supported

COMMAND = "graphcheck"
WHAT = "Whether the calls and responses are Graph's"

_COMPARISON = re.compile(r"([\w/]+)\s+(eq|ne|ge|gt|le|lt|in)\s")
_FUNCTION = re.compile(r"(startswith|endswith|contains)\(\s*(\w+)\s*,", re.IGNORECASE)
_ANY = re.compile(r"(\w+)/any\([^()]*\)")
_LITERAL = re.compile(r"'(?:[^']|'')*'")


def read_calls(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def mistakes_in(calls: list[dict[str, Any]], command: str) -> list[str]:
    """What is wrong with these calls and their responses, one line each."""
    calls = [call for call in calls if not _is_mime(call)]
    calls = [part for call in calls for part in _created(call)]
    text = "".join(json.dumps(call) + "\n" for call in calls)
    done = subprocess.run([command], input=text, capture_output=True, text=True, check=False)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    if len(verdicts) != len(calls):
        return [f"{COMMAND} ended with {done.returncode} after {len(verdicts)} of {len(calls)} calls: {done.stderr}"]
    found: list[str] = []
    for call, verdict in zip(calls, verdicts, strict=True):
        name = f"{call['method']} {call['url']}"
        if verdict["ok"] is False:
            found += [f"{name}: {mistake}" for mistake in verdict["mistakes"]]
        if not call.get("created"):
            found += [f"{name}: {mistake}" for mistake in undocumented(call, known=verdict["ok"] is not None)]
    return list(dict.fromkeys(found))


def _is_mime(call: dict[str, Any]) -> bool:
    """Return whether this is a mail in MIME, which the documentation has and the description lacks.

    https://github.com/microsoftgraph/msgraph-metadata/issues/389
    """
    kind = call["headers"].get("Content-Type", "")
    return bool(call["method"] == "POST" and call["url"].endswith("/sendMail") and kind == "text/plain")


def _created(call: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a POST to a collection as the call without its response, and its response as that to a GET of the new item.

    What Microsoft's parser knows of the collection's address is the list.
    """
    path = urlsplit(call["url"]).path.lstrip("/").partition("/")[2]
    response = call["response"]
    if call["method"] != "POST" or not response or not any(_matches(pattern, path) for pattern in CREATES):
        return [call]
    read: dict[str, Any] = {"method": "GET", "url": f"{call['url']}/{response['id']}", "headers": {}, "body": None}
    return [call | {"response": None}, read | {"response": response, "created": True}]


def undocumented(call: dict[str, Any], *, known: bool) -> list[str]:
    """What the call uses and the documentation does not name. `known`: the description knows the path."""
    parts = urlsplit(call["url"])
    version, *segments = (unquote(segment).replace("/", "_") for segment in parts.path.lstrip("/").split("/"))
    path = "/".join(segments)
    if path == "$batch":
        return []  # its parts were recorded, too
    if call["method"] != "GET":
        if known or any(_matches(pattern, path) for pattern in BETA_WRITES):
            return []
        return ["neither the description nor BETA_WRITES of supported.py knows it"]
    row = next((row for row in SUPPORTED if _matches(row.path, path)), None)
    if row is None:
        return ["supported.py has no row for it"]
    if not known and not (version == "beta" and row.beta):
        return ["the description does not know the path, and supported.py does not say why"]
    return _options(row, dict(parse_qsl(parts.query, keep_blank_values=True)), call["headers"])


def _matches(pattern: str, path: str) -> bool:
    path = re.sub(r"\('[^/]*'\)", "/key", path)
    return re.fullmatch(re.escape(pattern).replace(r"\{\}", "[^/]+"), path) is not None


def _options(row: Supported, query: dict[str, str], headers: dict[str, str]) -> list[str]:
    advanced = headers.get("ConsistencyLevel") == "eventual" and query.get("$count") == "true"
    found = [f"{name} is not supported ({row.source})" for name in query if name not in row.options]
    found += [
        f"$filter: '{name} {operator}' is not supported ({row.source})"
        for operator, name in _compared(query.get("$filter", ""))
        if name not in row.filters.get(operator, ())
        and not (advanced and name in row.advanced_filters.get(operator, ()))
    ]
    expanded = re.findall(r"(?:^|,)\s*(\w+)", re.sub(r"\(.*?\)", "", query.get("$expand", "")))
    found += [f"$expand: '{name}' is not supported ({row.source})" for name in expanded if name not in row.expand]
    if row.advanced and not advanced:
        found.append(f"needs ConsistencyLevel: eventual and $count=true ({row.source})")
    return found


def _compared(text: str) -> list[tuple[str, str]]:
    """Operator and property of each comparison in a `$filter`."""
    text = _LITERAL.sub("''", text)
    found = [("any", name) for name in _ANY.findall(text)]
    text = _ANY.sub("", text)
    found += [(function.lower(), name) for function, name in _FUNCTION.findall(text)]
    return found + [(operator, name) for name, operator in _COMPARISON.findall(text)]


def main(arguments: list[str]) -> int:
    calls = read_calls(Path(arguments[0]))
    command = shutil.which(COMMAND)
    if command is None:
        print(f"{WHAT} was not tested: there is no `{COMMAND}` on PATH")  # noqa: T201 - speaks to a person
        return 0
    mistakes = mistakes_in(calls, command)
    summary = f"{len(mistakes)} mistakes in" if mistakes else "Microsoft's description of Graph knows all of"
    print("\n".join([*mistakes, f"{summary} {len(calls)} different calls and their responses"]))  # noqa: T201
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
