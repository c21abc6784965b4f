"""`python -m domain.audit.evidence_check FILE.zip [--head HASH]` verifies an evidence pack: files, audit chain, plan, decisions."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from domain.audit.evidence_pack import check


def main(arguments: Sequence[str], out: TextIO) -> int:
    """0: the pack is whole; 1: it is not, and why; 2: there is no such file."""
    parser = argparse.ArgumentParser(prog="evidence-check", description="Verifies an evidence pack of a reset request.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--head", help="the hash of the audit's last event, as the service showed it")
    options = parser.parse_args(arguments)
    try:
        checked = check(options.file.read_bytes())
    except OSError as error:
        out.write(f"{options.file} cannot be read: {type(error).__name__}\n")
        return 2
    problems = list(checked.problems)
    if options.head and not problems and options.head != checked.head[1]:
        problems.append("the audit ends with another hash than the service showed")
    out.writelines(f"{problem}\n" for problem in problems)
    if problems:
        return 1
    events, last = checked.head
    out.write(f"request {checked.request_id}: {checked.files} files and {events} audit events are whole\n")
    out.write(f"the last event's hash is {last}; compare it with the one that the service shows\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
