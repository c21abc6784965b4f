"""The directory that holds all state of one local host: its lock, its keys, and what the app puts there."""

import base64
import fcntl
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

from localhost.errors import BadFlagError, DataDirInUseError

FUNCTION_KEY, BUS_CONNECTION = "function-key", "bus-connection"


class DataDir:
    """Held by one host at a time, until `close` or the end of the process. Raises: DataDirInUseError, BadFlagError."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock: IO[bytes] = (self.path / "lock").open("ab")
            _close_to_others(self.path)
        except OSError as error:
            raise BadFlagError(f"--data {path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise DataDirInUseError(
                f"another local host is running on {self.path}; stop it or give another --data"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._lock.close()

    def function_key(self) -> str:
        return self._kept(FUNCTION_KEY, lambda: secrets.token_urlsafe(32))

    def absent(self, *names: str) -> frozenset[str]:
        """Those of these files that no earlier start has made."""
        return frozenset(name for name in names if not (self.path / name).exists())

    def write_secret(self, name: str, text: str) -> Path:
        """Write a text into a file that its owner alone may read, over what was there; the file."""
        path = self.path / name
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        return fresh.replace(path)  # never half a key

    def approval_keys(self) -> str:
        """One signing key as the app's setting wants it, `kid:base64`."""
        return self._kept("approval-keys", lambda: f"local:{base64.b64encode(secrets.token_bytes(32)).decode()}")

    def bus_key(self) -> str:
        """The shared access key of the broker."""
        return self._kept("bus-key", lambda: base64.b64encode(secrets.token_bytes(32)).decode())

    def webhook_secret(self, source: str) -> str:
        """A Standard Webhooks secret for one source of the demo."""
        return self._kept(f"{source}-secret", lambda: f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}")

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        """What the file says, or what is made now and written to it, for the owner's eyes only."""
        path = self.path / name
        if not path.exists():
            self.write_secret(name, make())
        return path.read_text("ascii").strip()


def _close_to_others(path: Path) -> None:
    """Take the directory and the files in it away from everybody but their owner, whatever was there.

    Rights are only taken: what its owner made read-only stays so. What is made later has the rights that the process gives
    (umask), SQLite's own files those of their database.
    """
    for entry in [path, *path.iterdir()]:
        if entry == path or (entry.is_file() and not entry.is_symlink()):
            entry.chmod(entry.stat().st_mode & 0o700)
