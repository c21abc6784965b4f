"""The evidence of one customer over a period: one zip with a folder for each request, a tree hash over all files, and its signature.

`mfa_reset_client.verify` verifies it without the service; docs/exports.md describes the format.
"""

from datetime import datetime
from typing import Any, NamedTuple

from domain.audit.evidence_pack import json_bytes
from domain.audit.signing import Signature
from domain.audit.tree import leaf, tree_hash
from domain.audit.zip_writer import ZipWriter
from domain.model import iso

VERSION = 1
ABOUT, REQUESTS, DELETIONS, SUMMARY, READ_ME = (
    "about.json",
    "requests.csv",
    "deletions.jsonl",
    "summary.html",
    "README.txt",
)
TREE, SIGNATURE, TIMESTAMP = "tree.json", "signature.json", "timestamp.tsr"

TEXT = """Evidence of the MFA resets of one customer over a period.

summary.html    what happened, for people; print it or save it as PDF
about.json      which customer, which period, when this was made, and the requests with their plan digests and audit hashes
requests.csv    one line per request
deletions.jsonl requests that were removed because the time to keep them was over
requests/ID/    one folder per request:
  request.json    what was asked, by whom, and how it ended
  plan.jsonl      what was approved
  targets.jsonl   every user with every method, what became of it, and what was registered since
  decisions.json  who decided what, when and why
  audit.jsonl     every event, each with the hash of the one before
tree.json       the SHA-256 of every other file, and the tree hash over them (RFC 9162)
signature.json  the signature of the tree hash by a key of the deployment (Ed25519)
timestamp.tsr   when there is one: the time at which an authority saw the signature (RFC 3161)

A request that concerns other customers, too, shows nothing of them: in their place plan.jsonl and audit.jsonl have the hashes
of what is withheld, so that the rest can still be verified.

`python -m mfa_reset_client.verify FILE.zip` of the package mfa-reset-client verifies all of it, without the service.
"""


class Period(NamedTuple):
    """The requests of a customer that were made from `start` on and before `end`."""

    customer: str
    start: datetime
    end: datetime

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {"customer": self.customer, "from": iso(self.start), "to": iso(self.end)}


class PeriodPack(ZipWriter):
    """Writes a pack: `add` every file, then `seal` it."""

    @property
    def root(self) -> str:
        """The tree hash over the files so far, in hexadecimal."""
        return tree_hash([leaf(name, content) for name, content in self.hashes.items()]).hex()

    def seal(self, signature: Signature, timestamp: bytes | None) -> None:
        """Write the tree, its signature and the timestamp's token, and the end."""
        tree = {"version": VERSION, "root": signature["root"], "files": {**self.hashes}}
        self.add(TREE, [json_bytes(tree)])
        self.add(SIGNATURE, [signature_bytes(signature)])
        if timestamp is not None:
            self.add(TIMESTAMP, [timestamp])
        self.close()


def signature_bytes(signature: Signature) -> bytes:
    """Return the content of signature.json, which the timestamp is of."""
    return json_bytes(signature)
