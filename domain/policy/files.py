"""The files of a policy: one, and beside it `customers/*.toml` with a customer each, so that a customer is a change to one file.

A customer's file has the keys of its table; its name without `.toml` is the customer's key.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Self

# The folder beside the policy file.
FOLDER = "customers"
type KeyPath = tuple[str | int, ...]


class CustomerFile(NamedTuple):
    """`filename` is how mistakes name it."""

    key: str
    filename: str
    text: str


class PolicyFiles(NamedTuple):
    """The texts of a policy; `filename` is how mistakes name the policy file."""

    text: str
    filename: str = "policy"
    customers: tuple[CustomerFile, ...] = ()

    @classmethod
    def read(cls, path: Path, *, short: bool = False) -> Self:
        """Read a policy file and the files of customers beside it. `short`: mistakes name files without their folder.

        Raises: OSError, UnicodeDecodeError.
        """
        name = path.name if short else str(path)
        folder = Path(FOLDER) if short else path.parent / FOLDER
        customers = (
            CustomerFile(file.stem, str(folder / file.name), file.read_text("utf-8"))
            for file in sorted((path.parent / FOLDER).glob("*.toml"))
        )
        return cls(path.read_text("utf-8"), name, tuple(customers))

    def place_of(self, path: KeyPath) -> tuple[str, str, KeyPath]:
        """Return the file in which a key of the policy stands: its name, its text, and the key's path within it."""
        if path[:1] == (FOLDER,):
            for file in self.customers:
                if path[1:2] == (file.key,):
                    return file.filename, file.text, path[2:]
        return self.filename, self.text, path


def joined(data: dict[str, Any], customers: Iterable[tuple[str, dict[str, Any]]]) -> tuple[dict[str, Any], list[str]]:
    """Return the data of the policy with that of the customers' files, and the keys that the policy file has, too."""
    tables = data.get(FOLDER, {})
    if not isinstance(tables, dict):
        return data, []
    twice = []
    for key, table in customers:
        if key in tables:
            twice.append(key)
        tables = {**tables, key: table}
    return ({**data, FOLDER: tables} if tables else data), twice
