"""Verifies a pack of either kind and says everything that is wrong with it, in sentences."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from mfa_reset_client.verify.archive import Archive, NotAPackError
from mfa_reset_client.verify.request_files import AUDIT, DECISIONS, PLAN, REQUEST, TARGETS, Expected, request_problems
from mfa_reset_client.verify.tree import tree_hash

_MANIFEST, _TREE, _SIGNATURE, _TIMESTAMP, _ABOUT = (
    "manifest.json",
    "tree.json",
    "signature.json",
    "timestamp.tsr",
    "about.json",
)
_OF_A_REQUEST = (REQUEST, PLAN, TARGETS, DECISIONS, AUDIT)
_OF_A_PERIOD = ("about.json", "requests.csv", "deletions.jsonl", "summary.html", "README.txt")


class Trusted(NamedTuple):
    """What the reader has from elsewhere. `keys`: public keys (JWK); `roots`: certificates of timestamp authorities (PEM);
    `head`: the hash of the last audit event of the request."""

    keys: tuple[dict[str, Any], ...] = ()
    roots: tuple[bytes, ...] = ()
    head: str = ""


class Verified(NamedTuple):
    """What was found. `problems` is empty for a whole pack; `notes` say what could not be verified, and what it all is."""

    what: str
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    timestamp: datetime | None = None


def verify_pack(content: bytes, trusted: Trusted = Trusted()) -> Verified:  # noqa: B008 - immutable
    """Verify a pack. Raises: ImportError for the pack of a period without the extra `verify`."""
    try:
        archive = Archive(content)
        return _period(archive, trusted) if _TREE in archive.names else _request(archive, trusted)
    except NotAPackError as error:
        return Verified("", (f"this is no evidence pack: {error}",))


def _request(archive: Archive, trusted: Trusted) -> Verified:
    manifest = archive.object(_MANIFEST)
    try:
        hashes = {str(name): str(value) for name, value in manifest["files"].items()}
        head = (int(manifest["audit"]["events"]), str(manifest["audit"]["hash"]))
        expected = Expected(str(manifest["requestId"]), manifest["planDigest"], int(manifest["version"]), head)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotAPackError("its manifest has another shape") from None
    problems = [f"{name} is missing" for name in _OF_A_REQUEST if name not in archive.names and name not in hashes]
    problems += archive.compare(hashes, frozenset({_MANIFEST}))
    if not problems:
        problems += request_problems(archive, "", expected)
    if trusted.head and not problems and trusted.head != head[1]:
        problems.append("the audit ends with another hash than the service showed")
    notes = (
        () if trusted.head else (f"the last event's hash is {head[1]}; compare it with the one that the service shows",)
    )
    return Verified(
        f"request {expected.request_id}: {len(hashes)} files and {head[0]} audit events", tuple(problems), notes
    )


def _period(archive: Archive, trusted: Trusted) -> Verified:
    # Only here: the pack of one request needs neither of the libraries behind them.
    from mfa_reset_client.verify.signature import signature_problem  # noqa: PLC0415
    from mfa_reset_client.verify.timestamp import read_timestamp, timestamp_problem  # noqa: PLC0415

    tree, signature = archive.object(_TREE), archive.object(_SIGNATURE)
    files = tree.get("files")
    if not isinstance(files, dict):
        raise NotAPackError("its tree has another shape")
    hashes = {str(name): str(value) for name, value in files.items()}
    root = tree_hash(hashes)
    problems = [f"{name} is missing" for name in _OF_A_PERIOD if name not in hashes]
    problems += archive.compare(hashes, frozenset({_TREE, _SIGNATURE, _TIMESTAMP}))
    if not root == tree.get("root") == signature.get("root"):
        problems.append("the tree hash is not the one of the files")
    if wrong := signature_problem(signature, root, list(trusted.keys)):
        problems.append(wrong)
    notes = [] if trusted.keys else ["the key that signed is only known from the pack; give the service's with --keys"]
    stamped = None
    if _TIMESTAMP not in archive.names:
        notes.append("there is no timestamp")
    else:
        response = archive.read(_TIMESTAMP)
        stamped = read_timestamp(response)
        if not trusted.roots:
            notes.append("the timestamp was not verified; give the authority's root certificate with --timestamp-root")
        elif wrong := timestamp_problem(response, archive.read(_SIGNATURE), list(trusted.roots)):
            problems.append(wrong)
    about = {} if problems else archive.object(_ABOUT)
    if not problems:
        problems += _requests(archive, about)
    what = f"{about.get('name')}, {about.get('from')} to {about.get('to')}: {len(about.get('requests', ()))} requests, "
    return Verified(f"{what}{len(hashes)} files", tuple(problems), tuple(notes), stamped)


def _requests(archive: Archive, about: dict[str, Any]) -> Iterator[str]:
    listed = about.get("requests")
    if not isinstance(listed, list):
        raise NotAPackError(f"{_ABOUT} lists no requests")
    folders = {name.split("/")[1] for name in archive.names if name.startswith("requests/")}
    if folders != {entry.get("id") for entry in listed}:
        yield "the folders are not those of the requests that the pack lists"
        return
    for entry in listed:
        head = (int(entry["auditEvents"]), str(entry["auditHash"]))
        expected = Expected(str(entry["id"]), entry["planDigest"], int(entry.get("planVersion", 0)), head)
        for problem in request_problems(archive, f"requests/{entry['id']}/", expected):
            yield f"request {entry['id']}: {problem}"
