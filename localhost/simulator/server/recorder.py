"""Writes the calls that come and the responses they get to a file, so that they can be held against Microsoft's description.

Switched on by the environment variable SIMULATOR_CALLS_FILE. One JSON object a line: `method`, `url`, `headers`, `body`,
`response` (of a 2xx). Calls that differ only in ids, names and numbers are written once per process; several processes
may append to the same file, as each line is one write.
"""

import json
import os
import re
from functools import cache
from typing import Any

from localhost.simulator.protocol.messages import Request, Response

VARIABLE = "SIMULATOR_CALLS_FILE"
HEADERS = {"consistencylevel": "ConsistencyLevel", "content-type": "Content-Type", "prefer": "Prefer"}

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LITERAL = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT")


class Recorder:
    """Appends to one file what it has not seen in this process."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._seen: set[str] = set()

    def record(self, request: Request, response: Response) -> None:
        body = _parsed(request.body)
        answer = response.body if 200 <= response.status < 300 and isinstance(response.body, dict) else None
        if request.path.endswith("/$batch"):
            answer = None  # its parts are recorded one by one
        headers = {name: request.headers[key] for key, name in HEADERS.items() if key in request.headers}
        key = repr((request.verb, _masked(request), headers, _shape(body), _shape(answer)))
        if key in self._seen:
            return
        self._seen.add(key)
        url = request.raw_path + (f"?{request.query}" if request.query else "")
        line = {"method": request.verb, "url": url, "headers": headers, "body": body, "response": answer}
        os.write(self._file, (json.dumps(line) + "\n").encode())


def recorder() -> Recorder | None:
    """Return the recorder of the file that the environment names; None where it names none."""
    path = os.environ.get(VARIABLE)
    return _recorder(path) if path else None


@cache
def _recorder(path: str) -> Recorder:
    return Recorder(path)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def _masked(request: Request) -> str:
    path = request.template if request.template.startswith("/") else request.path
    quoted = "('" in request.path
    query = re.sub(r"(\$skiptoken|%24skiptoken)=[^&]*", "", request.query)
    return f"{path} {quoted} {_masked_text(query)}"


def _masked_text(text: str) -> str:
    return re.sub(r"\d+", "9", _LITERAL.sub("'x'", _GUID.sub("G", text.replace("%27", "'").replace("%22", '"'))))


def _shape(value: Any) -> Any:
    """The value without what differs from user to user: the types of a description still show in it."""
    if isinstance(value, dict):
        return [(name, _shape(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return sorted({repr(_shape(inner)) for inner in value})
    if not isinstance(value, str):
        return type(value).__name__
    if _DATE.match(value):
        return re.sub(r"\d", "9", value)
    if "/users" in value or "$" in value:
        return _masked_text(value)
    return value if value.isascii() and value.isalpha() else "G" if _GUID.fullmatch(value) else "text"
