"""The files of a pack, read from a ZIP file with limits."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

# A pack of 100,000 users has about 200 MB; more than this is no pack.
_MOST_BYTES = 1 << 30
_MOST_FILES = 20_000
_CHUNK = 1 << 20


class NotAPackError(Exception):
    """The file cannot be read as a pack at all."""


class Archive:
    """The files of a ZIP file by their names. Raises: NotAPackError, from every method, for what no pack has."""

    def __init__(self, content: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except zipfile.BadZipFile as error:
            raise NotAPackError(str(error)) from None
        names = self._zip.namelist()
        if len(set(names)) < len(names):
            raise NotAPackError("a file is in it twice")
        if len(names) > _MOST_FILES or sum(info.file_size for info in self._zip.infolist()) > _MOST_BYTES:
            raise NotAPackError("it is too large")
        self.names = frozenset(names)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        try:
            return self._zip.read(name)
        except KeyError:
            raise NotAPackError(f"{name} is missing") from None
        except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
            raise NotAPackError(f"{name} cannot be read: {type(error).__name__}") from None

    def json(self, name: str) -> Any:
        """Return the JSON value of a file."""
        try:
            return json.loads(self.read(name))
        except ValueError:
            raise NotAPackError(f"{name} is no JSON") from None

    def object(self, name: str) -> dict[str, Any]:
        """Return the JSON object of a file."""
        value = self.json(name)
        if not isinstance(value, dict):
            raise NotAPackError(f"{name} is no JSON object")
        return value

    def sha256(self, name: str) -> str:
        """Return the hash of a file's content."""
        digest = hashlib.sha256()
        try:
            with self._zip.open(name) as file:
                while part := file.read(_CHUNK):
                    digest.update(part)
        except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, KeyError):
            return ""
        return digest.hexdigest()

    def compare(self, hashes: Mapping[str, str], others: frozenset[str]) -> list[str]:
        """Return what is wrong with the files that `hashes` list; `others` are the files that are listed nowhere."""
        problems = []
        for name in sorted(hashes.keys() | self.names - others):
            if name not in self.names:
                problems.append(f"{name} is missing")
            elif name not in hashes:
                problems.append(f"{name} is listed nowhere")
            elif self.sha256(name) != hashes[name]:
                problems.append(f"{name} was changed")
        return problems
