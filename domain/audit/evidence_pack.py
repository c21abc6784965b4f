"""The evidence pack of a request: one zip that says what was asked, planned, decided and done, and shows when it was changed.

A pack has the version of its plan (domain/request/plan.py); packs of every version are checked.

`manifest.json` has the SHA-256 of every other file; `plan.jsonl` is what the plan digest is made of; `audit.jsonl` is the
chain. A pack forged as a whole is consistent, too: so compare the chain's last hash, which `check` returns, with the one that the
service shows.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import IO, Any, NamedTuple

from pydantic import ValidationError

from domain.audit.chain import AuditEvent, broken
from domain.model import iso
from domain.request.plan import VERSION, file_digest

REQUEST, PLAN, TARGETS, DECISIONS, AUDIT, OUTCOMES, READ_ME, MANIFEST = (
    "request.json",
    "plan.jsonl",
    "targets.jsonl",
    "decisions.json",
    "audit.jsonl",
    "outcomes.csv",
    "README.txt",
    "manifest.json",
)
FILES = (REQUEST, PLAN, TARGETS, DECISIONS, AUDIT, OUTCOMES, READ_ME)
# A pack of 100,000 users has about 200 MB; more than this is no pack of ours.
_MOST_BYTES = 1 << 30
_CHUNK = 1 << 20

TEXT = """Evidence of one reset request.

request.json    what was asked, and how it stands
plan.jsonl      what was approved: the scope, who is behind it, then one line per user; the plan digest is made of it
targets.jsonl   every user with every method and what became of it
outcomes.csv    the same for a spreadsheet
decisions.json  who decided what, when, and why
audit.jsonl     every event, each with the hash of the one before
manifest.json   the SHA-256 of every other file

`python -m domain.audit.evidence_check FILE.zip` of the service's source verifies all of it.
"""


class Checked(NamedTuple):
    """What a pack holds. `problems` is empty for a whole one; `head` is the number and hash of the audit's last event."""

    request_id: str
    files: int
    head: tuple[int, str]
    problems: tuple[str, ...]


class Pack:
    """Writes a pack file by file: `add` each of FILES, then `finish`."""

    def __init__(self, out: IO[bytes], at: datetime) -> None:
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
        self._at = at
        self._hashes: dict[str, str] = {}

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        digest = hashlib.sha256()
        with self._open(name) as file:
            for part in parts:
                digest.update(part)
                file.write(part)
        self._hashes[name] = digest.hexdigest()

    def finish(self, request_id: str, plan_digest: str | None, head: tuple[int, str]) -> None:
        manifest = {
            "version": VERSION,
            "requestId": request_id,
            "madeAt": iso(self._at),
            "planDigest": plan_digest,
            "audit": {"events": head[0], "hash": head[1]},
            "files": self._hashes,
        }
        with self._open(MANIFEST) as file:
            file.write(json_bytes(manifest))
        self._zip.close()

    def _open(self, name: str) -> Any:
        info = zipfile.ZipInfo(name, self._at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        return self._zip.open(info, "w")


def json_bytes(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def json_line(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def check(pack: bytes) -> Checked:
    """Read a pack and name everything that is wrong with it, in sentences."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(pack))
        return _Check(archive).run()
    except (zipfile.BadZipFile, _NotAPackError) as error:
        return Checked("", 0, (0, ""), (f"this is no evidence pack: {error}",))


class _NotAPackError(Exception):
    """The file cannot be read as a pack at all."""


class _Check:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._problems: list[str] = []
        names = archive.namelist()
        if len(set(names)) < len(names):
            raise _NotAPackError("a file is in it twice")
        if sum(info.file_size for info in archive.infolist()) > _MOST_BYTES:
            raise _NotAPackError("it is too large")
        self._manifest = self._json(MANIFEST)
        self._names = set(names) - {MANIFEST}

    def run(self) -> Checked:
        try:
            request_id = str(self._manifest["requestId"])
            hashes = {str(name): str(value) for name, value in self._manifest["files"].items()}
            head = (int(self._manifest["audit"]["events"]), str(self._manifest["audit"]["hash"]))
            plan_digest = self._manifest["planDigest"]
            version = int(self._manifest["version"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _NotAPackError("its manifest has another shape") from None
        self._files(hashes)
        if not self._problems:
            self._audit(request_id, head, plan_digest)
            self._plan(request_id, plan_digest, version)
            self._request(request_id, plan_digest)
        return Checked(request_id, len(self._names), head, tuple(self._problems))

    def _files(self, hashes: dict[str, str]) -> None:
        for name in sorted(set(FILES) | hashes.keys() | self._names):
            if name not in self._names:
                self._problems.append(f"{name} is missing")
            elif name not in hashes:
                self._problems.append(f"{name} is not in the manifest")
            elif self._sha256(name) != hashes[name]:
                self._problems.append(f"{name} was changed")

    def _audit(self, request_id: str, head: tuple[int, str], plan_digest: str | None) -> None:
        try:
            events = [AuditEvent.from_json(json.loads(line)) for line in self._read(AUDIT).splitlines()]
        except (ValueError, ValidationError):
            self._problems.append("the audit cannot be read")
            return
        if wrong := broken(request_id, events, head):
            self._problems.append(f"the audit is broken: {wrong}")
        for event in events:
            if event.event == "planned" and event.data.get("planDigest") != plan_digest:
                self._problems.append("the audit names another plan digest than the manifest")
        audited = {(e.actor.casefold(), e.data.get("decision")) for e in events if e.event == "decided"}
        decided = {(str(d.get("approver")).casefold(), d.get("decision")) for d in self._json(DECISIONS)}
        if not decided <= audited:
            self._problems.append("a decision is not in the audit")

    def _plan(self, request_id: str, plan_digest: str | None, version: int) -> None:
        plan = self._read(PLAN)
        if plan_digest is None:
            return
        if file_digest(request_id, version, plan) != plan_digest:
            self._problems.append("the plan is not the one of the plan digest")
        elif version > 1:
            self._scope(plan.splitlines()[: 2 if version > 3 else 1])

    def _scope(self, lines: list[bytes]) -> None:
        scope: dict[str, Any] = {}
        try:
            for line in lines:
                scope |= dict(json.loads(line))
        except (ValueError, TypeError):
            self._problems.append("the plan does not begin with its scope")
            return
        request = self._json(REQUEST)
        if any(request.get(name) != value for name, value in scope.items()):
            self._problems.append("the request is about something else than its plan")

    def _request(self, request_id: str, plan_digest: str | None) -> None:
        request = self._json(REQUEST)
        if (request.get("id"), request.get("planDigest")) != (request_id, plan_digest):
            self._problems.append("the request is another one than the manifest's")

    def _sha256(self, name: str) -> str:
        digest = hashlib.sha256()
        with self._archive.open(name) as file:
            while part := file.read(_CHUNK):
                digest.update(part)
        return digest.hexdigest()

    def _read(self, name: str) -> bytes:
        return self._archive.read(name)

    def _json(self, name: str) -> Any:
        try:
            return json.loads(self._read(name))
        except (KeyError, ValueError):
            raise _NotAPackError(f"{name} is missing or no JSON") from None
