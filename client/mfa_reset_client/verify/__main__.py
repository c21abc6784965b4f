"""`python -m mfa_reset_client.verify FILE.zip` verifies an evidence pack offline."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from mfa_reset_client.verify.pack import Trusted, verify_pack


def main(arguments: Sequence[str], out: TextIO) -> int:
    """Return 0 for a whole pack; 1 for one that is not, and say why; 2 where a file cannot be read."""
    parser = argparse.ArgumentParser(prog="mfa_reset_client.verify", description="Verifies an evidence pack, offline.")
    parser.add_argument("file", type=Path, help="the pack")
    parser.add_argument("--head", default="", help="of one request: the hash of its last audit event, from the service")
    parser.add_argument("--keys", type=Path, help="the service's public keys, as GET /api/evidence/keys returned them")
    parser.add_argument(
        "--timestamp-root", type=Path, action="append", default=[], help="a trusted certificate of the authority (PEM)"
    )
    options = parser.parse_args(arguments)
    try:
        content = options.file.read_bytes()
        keys = _keys(options.keys) if options.keys else ()
        roots = tuple(path.read_bytes() for path in options.timestamp_root)
    except (OSError, ValueError) as error:
        out.write(f"cannot be read: {error}\n")
        return 2
    try:
        verified = verify_pack(content, Trusted(keys, roots, options.head))
    except ImportError as error:
        out.write(f"{error.name} is missing: pip install 'mfa-reset-client[verify]'\n")
        return 2
    out.writelines(f"NOT VERIFIED: {problem}\n" for problem in verified.problems)
    if not verified.problems:
        out.write(f"Verified: {verified.what} are complete and unchanged.\n")
        if verified.timestamp is not None:
            out.write(f"Timestamp: {verified.timestamp.isoformat()}\n")
        out.writelines(f"Note: {note}.\n" for note in verified.notes)
    return 1 if verified.problems else 0


def _keys(path: Path) -> tuple[dict[str, Any], ...]:
    value = json.loads(path.read_bytes())
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise ValueError(f"{path} is no set of public keys")
    return tuple(keys)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
