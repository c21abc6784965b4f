"""Write files that are not there yet: whole or not at all, and never over another one."""

import os
import re
import tempfile
from pathlib import Path

from mfa_reset_client.messages import Message, file_error

# What a service may name a file: no folder, no drive, nothing hidden.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}\.toml", re.ASCII)


class NewFileError(Exception):
    """A file cannot be written, or has a name that no proposed file has."""


def write_new_file(folder: Path, name: str, text: str) -> bool:
    """Write a file in UTF-8, and its folder where there is none; False where there is one of that name, which stays as it is.

    Raises:
        NewFileError: The name is not one of a proposed file, or the folder cannot be written to.
    """
    if not _NAME.fullmatch(name):
        raise NewFileError(Message("the service named a file %(name)s, which is not written", name=repr(name[:80])))
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=folder, prefix=".", suffix=".tmp", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
        try:
            temporary.chmod(0o644)
            _put(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        if path.exists():
            return False
        raise NewFileError(Message("%(path)s is no folder", path=folder)) from None
    except OSError as error:
        message = Message("%(path)s cannot be written: %(reason)s", path=path, reason=file_error(error))
        raise NewFileError(message) from None
    return True


def _put(temporary: Path, path: Path) -> None:
    """Give the file its name in one step. Raises: FileExistsError where there is one of that name."""
    if os.name == "nt":
        temporary.rename(path)  # which on Windows never replaces a file
        return
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        with path.open("xb") as file:
            file.write(temporary.read_bytes())
