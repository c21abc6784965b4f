"""The evidence pack of a request: one zip that says what was asked, planned, decided and done, and shows when it was changed.

A pack has the version of its plan (domain/request/plan.py).

`manifest.json` has the SHA-256 of every other file; `plan.jsonl` is what the plan digest is made of; `audit.jsonl` is the
chain. `mfa_reset_client.verify` verifies it.
"""

import json

from domain.audit.zip_writer import ZipWriter
from domain.model import iso
from domain.request.plan import VERSION

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

TEXT = """Evidence of one reset request.

request.json    what was asked, and how it stands
plan.jsonl      what was approved: the scope, who is behind it, then one line per user; the plan digest is made of it
targets.jsonl   every user with every method, what became of it, and who showed how and when that the user asked
outcomes.csv    the same for a spreadsheet
decisions.json  who decided what, when, and why
audit.jsonl     every event, each with the hash of the one before
manifest.json   the SHA-256 of every other file

`python -m mfa_reset_client.verify FILE.zip` of the package mfa-reset-client verifies all of it, without the service.
"""


class Pack(ZipWriter):
    """Writes the pack of one request: `add` each of FILES, then `finish`."""

    def finish(self, request_id: str, plan_digest: str | None, head: tuple[int, str]) -> None:
        """Write the manifest over all files, and the end."""
        manifest = {
            "version": VERSION,
            "requestId": request_id,
            "madeAt": iso(self.at),
            "planDigest": plan_digest,
            "audit": {"events": head[0], "hash": head[1]},
            "files": {**self.hashes},
        }
        self.add(MANIFEST, [json_bytes(manifest)])
        self.close()


def json_bytes(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def json_line(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
