"""What several hosts on one task hub have to have in common: records, and the keys that sign approval links."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from localhost.errors import BadFlagError

_ACCOUNT = "AzureWebJobsStorage"
_ENDPOINT = "AzureWebJobsStorage__tableServiceUri"


def check_shared(records: str, environ: Mapping[str, str]) -> None:
    """Raises: BadFlagError unless the records are in a storage account that is named."""
    if records != "tables":
        raise BadFlagError(
            "--task-hub: the hosts of a task hub share their records: set RECORDS=tables (a file is of one host alone)"
        )
    if not environ.get(_ACCOUNT) and not environ.get(_ENDPOINT):
        raise BadFlagError(
            f"--task-hub: the hosts of a task hub share their records: set {_ACCOUNT} to the connection string of the"
            f" storage account, or {_ENDPOINT}"
        )


def keys_of_the_account(environ: Mapping[str, str]) -> str:
    """One signing key as the app's setting wants it, drawn from the account's key, which all hosts have.

    Who has that key can read and write every record anyway. A new account key makes links in mails already sent invalid.
    Raises: BadFlagError where the account is reached without a key.
    """
    parts = dict(part.partition("=")[::2] for part in environ.get(_ACCOUNT, "").split(";"))
    emulated = "a key that everybody knows" if parts.get("UseDevelopmentStorage") else ""
    if not (secret := parts.get("AccountKey", emulated)):
        raise BadFlagError("--task-hub: set APPROVAL_KEYS, to the same keys on every host of the task hub")
    key = hmac.digest(secret.encode(), b"approval links of the hosts of one task hub", hashlib.sha256)
    return f"account:{base64.b64encode(key).decode()}"
