"""The two commands of Microsoft's that the scripts here run: `az` and `azd`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any


class CloudError(Exception):
    """A command failed, or something has to be done first; the text says what."""


def run(*command: str) -> str:
    """Run a command and return its output. Raises: CloudError with what it wrote to its error output."""
    path = shutil.which(command[0])
    if path is None:
        raise CloudError(f"The command `{command[0]}` is needed and was not found.")
    line = command_line(path, command[1:])
    done = subprocess.run(line, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        # Its arguments are not repeated: one of them may name a file that is gone by the time this is read.
        raise CloudError(f"`{' '.join(command[:3])}` failed:\n{done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def command_line(path: str, arguments: Sequence[str]) -> str | list[str]:
    """Return what starts the command at `path`.

    On Windows `az` is a batch file (az.cmd), whose arguments cmd.exe reads: only in quotes is the `&` of an address no end of a
    command. None of ours has a quote itself.
    """
    if path.lower().endswith((".cmd", ".bat")):
        return " ".join(f'"{word}"' for word in (path, *arguments))
    return [path, *arguments]


def _json(*command: str) -> Any:
    written = run(*command, "--only-show-errors", "--output", "json")
    return json.loads(written) if written.strip() else None


class Azure:
    """`az` in one subscription."""

    def __init__(self, subscription: str) -> None:
        self.subscription = subscription

    def az(self, *arguments: str) -> Any:
        """Run `az` with these arguments; return what it wrote, read as JSON (None if nothing).

        Raises: CloudError.
        """
        return _json("az", *arguments, "--subscription", self.subscription)

    def rest(self, method: str, path: str) -> Any:
        """Call Azure Resource Manager. `path` begins with /subscriptions/, or is a whole address that a response named."""
        return _json("az", "rest", "--method", method, "--url", path)

    def listed(self, path: str) -> list[dict[str, Any]]:
        """Return all items of a list of Azure Resource Manager's, over all its pages."""
        items: list[dict[str, Any]] = []
        page: str | None = path
        while page:
            response = self.rest("get", page) or {}
            items += response.get("value", [])
            page = response.get("nextLink")
        return items

    def require_sign_in(self) -> None:
        """Check that `az` may use the subscription. Raises: CloudError."""
        try:
            self.az("account", "show")
        except CloudError as error:
            message = f"`az` cannot use the subscription {self.subscription}. Run `az login` (azd's own sign-in is another one).\n{error}"
            raise CloudError(message) from None


def azd_environment() -> Mapping[str, str]:
    """Return the values of the azd environment: in a hook they are in ours, elsewhere azd is asked.

    Raises: CloudError.
    """
    if "AZURE_ENV_NAME" in os.environ:
        return os.environ
    values: dict[str, str] = json.loads(run("azd", "env", "get-values", "--output", "json"))
    return values


def required(environment: Mapping[str, str], name: str) -> str:
    """Return a value of the azd environment. Raises: CloudError if it has none."""
    value = environment.get(name, "")
    if not value:
        raise CloudError(f"The azd environment has no {name}: azd env set {name} ...")
    return value


def azd_set(environment: Mapping[str, str], name: str, value: str) -> None:
    """Write a value into the azd environment, unless it has it already. Never a secret: azd keeps them in a plain file."""
    if environment.get(name) != value:
        run("azd", "env", "set", name, value, "--environment", required(environment, "AZURE_ENV_NAME"))


def report(*lines: str) -> None:
    """Write lines for the person who runs azd."""
    print(*lines, sep="\n", flush=True)


def fail(error: CloudError) -> int:
    """Write what is wrong; return the exit code of a failure."""
    print(error, file=sys.stderr)
    return 1
