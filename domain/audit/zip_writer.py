"""A zip file that is written file by file, with the SHA-256 of each."""

import hashlib
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import IO


class ZipWriter:
    """Writes files with the time `at`, so that the same content makes the same bytes. `hashes`: by name, in their order."""

    def __init__(self, out: IO[bytes], at: datetime) -> None:
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
        self.at = at
        self.hashes: dict[str, str] = {}

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        """Write a file from its parts."""
        digest = hashlib.sha256()
        info = zipfile.ZipInfo(name, self.at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(info, "w") as file:
            for part in parts:
                digest.update(part)
                file.write(part)
        self.hashes[name] = digest.hexdigest()

    def close(self) -> None:
        """Write the end of the zip file."""
        self._zip.close()
