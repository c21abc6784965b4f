"""`python -m domain.policy.check [--without-secrets] [FILE]` checks a policy file and the customers' files beside it.

`--schema` prints the file's schema.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from domain.policy.files import PolicyFiles
from domain.policy.load import Policy, PolicyError, parse_policy, policy_warnings


def policy_schema() -> str:
    """Return the JSON Schema of the policy file, for editors; what `docs/policy.schema.json` holds."""
    schema = _without_titles(Policy.model_json_schema(by_alias=True, mode="validation"))
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def _without_titles(node: Any) -> Any:
    """pydantic titles everything ("Expiresafter"), which editors show instead of the key."""
    if isinstance(node, dict):
        return {key: _without_titles(value) for key, value in node.items() if key != "title" or isinstance(value, dict)}
    return [_without_titles(item) for item in node] if isinstance(node, list) else node


def main(arguments: Sequence[str], environ: Mapping[str, str], out: TextIO) -> int:
    """0: the file is good; 1: it has mistakes, all printed; 2: there is no such file."""
    parser = argparse.ArgumentParser(prog="check-policy", description="Checks a policy file and prints every mistake.")
    parser.add_argument("file", nargs="?", default=environ.get("POLICY_FILE", "policy.example.toml"), type=Path)
    parser.add_argument("--without-secrets", action="store_true", help="do not look for the variables of the secrets")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of the file")
    options = parser.parse_args(arguments)
    if options.schema:
        out.write(policy_schema())
        return 0
    try:
        files = PolicyFiles.read(options.file)
        secrets = None if options.without_secrets else environ
        policy = parse_policy(files.text, secrets, files.filename, files.customers)
    except (OSError, UnicodeDecodeError) as error:
        out.write(f"{options.file} cannot be read: {type(error).__name__}\n")
        return 2
    except PolicyError as error:
        out.write(f"{error}\n")
        return 1
    found = policy_warnings(files.text, files.filename, files.customers)
    out.writelines(f"warning: {warning}\n" for warning in found)
    split = f" ({len(files.customers)} in files of their own)" if files.customers else ""
    out.write(f"{options.file} is good: {len(policy.customers)} customers{split}, {len(policy.sources)} sources\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdout))
