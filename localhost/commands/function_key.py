"""The key that callers send: where it comes from, and where it may be shown."""

import logging
import sys
from pathlib import Path

from localhost.data_dir import DataDir
from localhost.errors import BadFlagError

logger = logging.getLogger("localhost")

# The app asks as much of its own keys (domain/access/secret_strength.py).
_FEWEST_CHARACTERS, _FEWEST_DIFFERENT = 16, 8


def given_key(key: str | None, file: Path | None) -> str | None:
    """Return the key of `--key` or `--key-file`; None where neither is given. Raises: BadFlagError."""
    if key is not None and file is not None:
        raise BadFlagError("--key and --key-file exclude each other")
    if file is not None:
        try:
            key = file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadFlagError(f"--key-file {file}: it cannot be read ({type(error).__name__})") from error
        if not key:
            raise BadFlagError(f"--key-file {file}: it is empty")
    if key is not None and ("," in key or key != key.strip()):
        raise BadFlagError("--key: a key has no comma in it and no space around it")
    return key


def check_strength(key: str, *, bound_to_loopback: bool) -> None:
    """Refuse a key that can be guessed; where only this machine reaches the port, warn. Raises: BadFlagError."""
    if len(key) >= _FEWEST_CHARACTERS and len(set(key)) >= _FEWEST_DIFFERENT:
        return
    if not bound_to_loopback:
        raise BadFlagError("--key: it can be guessed; a key that others may try needs 16 random bytes at least")
    logger.warning("the function key can be guessed; that is for trying things out on this machine alone")


def shown_secret(data: DataDir, name: str, text: str, *, is_new: bool) -> str:
    """Return what the start says of a secret that was made here: itself, once, to a person; else where it lies.

    What is no terminal is a log, a pipe or a supervisor's journal, which keep what they get.
    """
    path = data.path / name
    if not path.exists():
        data.write_secret(name, text)
    return text if is_new and sys.stdout.isatty() else f"in {path}"
