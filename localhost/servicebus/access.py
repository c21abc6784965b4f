"""Authorization at the broker: shared access signatures, as `azure-servicebus` makes them from a connection string."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import parse_qs

KEY_NAME = "RootManageSharedAccessKey"
_PREFIX = "SharedAccessSignature "


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def connection_string(port: int, key: str) -> str:
    """`UseDevelopmentEmulator` makes clients talk without TLS and to a port of ours."""
    return f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName={KEY_NAME};SharedAccessKey={key};UseDevelopmentEmulator=true;"


def is_valid(token: str, key: str, now: datetime) -> bool:
    """Whether a shared access signature was made with `key` and has not expired."""
    if not token.startswith(_PREFIX):
        return False
    # What is signed is the resource as it is written in the token, still encoded.
    raw = dict(part.partition("=")[::2] for part in token.removeprefix(_PREFIX).split("&"))
    decoded = {name: values[0] for name, values in parse_qs(token.removeprefix(_PREFIX)).items()}
    expires = raw.get("se", "")
    if decoded.get("skn") != KEY_NAME or not expires.isdigit() or int(expires) <= now.timestamp():
        return False
    signed = f"{raw.get('sr', '')}\n{expires}".encode()
    want = base64.b64encode(hmac.digest(key.encode(), signed, hashlib.sha256)).decode()
    return hmac.compare_digest(want, decoded.get("sig", "").replace(" ", "+"))
