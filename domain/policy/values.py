"""What single values of the policy file must look like. Each check gives it back or says what is wrong."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from pydantic import ValidationInfo

from domain.access.secret_strength import is_unresolved, weakness
from domain.durations import parse_duration
from languages import known, tags

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+", re.ASCII)
# Stricter than RFC 5322 on purpose: no quotes, comments or spaces, which only help to deceive a reader.
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", re.ASCII)
_REFERENCE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)
# Standard Webhooks, "Signature scheme": 24 to 64 bytes.
_SHORTEST_KEY, _LONGEST_KEY = 24, 64


def guid(text: str) -> str:
    try:
        value = str(UUID(text))
    except ValueError:
        value = ""
    if value != text.lower():
        raise ValueError("must be a GUID such as 11111111-1111-1111-1111-111111111111")
    return value


def account(text: str) -> str:
    tenant_id, slash, object_id = text.partition("/")
    if not slash:
        raise ValueError("must be a tenant id, a slash and an object id")
    return f"{guid(tenant_id)}/{guid(object_id)}"


def domain_name(text: str) -> str:
    if len(text) > 253 or not _DOMAIN.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is no domain name")
    return text.lower()


def mail_address(text: str) -> str:
    local, _, domain = text.rpartition("@")
    if len(text) > 254 or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError(f"{text[:60]!r} is no mail address")
    return text


def approver_name(text: str) -> str:
    """Return a mail address, `group:NAME` or `onCall:NAME`; the names are keys of the tables in [approval]."""
    kind, colon, name = text.partition(":")
    if not colon:
        return mail_address(text)
    if kind not in {"group", "onCall"} or not _NAME.fullmatch(name):
        raise ValueError(f"{text[:60]!r} is no mail address, and neither group:NAME nor onCall:NAME")
    return text


def time_zone(text: str) -> str:
    """Return a name of the IANA time zone database."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text[:60]!r} is no time zone such as Europe/Berlin") from None
    return text


def language(text: str) -> str:
    tag = known(text)
    if not tag:
        raise ValueError(f"{text[:20]!r} is no language that has texts: {', '.join(tags())}")
    return tag


def reader(text: str) -> str:
    """Return a mail address or a domain, lower case: whose mails are in a language of their own."""
    try:
        return mail_address(text).lower() if "@" in text else domain_name(text).lower()
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no mail address and no domain") from None


def user_name(text: str) -> str:
    """Return a user principal name or an object id, lower case: that is how they are compared."""
    try:
        return mail_address(text).lower() if "@" in text else guid(text)
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no user principal name or object id") from None


def expression(text: str) -> str:
    """Return a JMESPath expression that can be read and calls only functions there are."""
    try:
        parsed = jmespath.compile(text).parsed
    except (JMESPathError, RecursionError) as error:
        raise ValueError(f"is no JMESPath expression: {str(error).splitlines()[0]}") from None
    if unknown := sorted(_functions(parsed) - Functions.FUNCTION_TABLE.keys()):
        raise ValueError(f"JMESPath has no function {unknown[0]}()")
    return text


def _functions(node: Mapping[str, Any]) -> set[str]:
    own = {str(node["value"])} if node["type"] == "function_expression" else set()
    return own.union(*(_functions(child) for child in node["children"]))


def duration(value: object) -> timedelta:
    if isinstance(value, timedelta):  # made in code
        return value
    if not isinstance(value, str):
        raise ValueError('must be a length of time in quotes, such as "24h"')  # noqa: TRY004 - pydantic wants it
    return parse_duration(value)


def at_most_a_day(length: timedelta) -> timedelta:
    if length > timedelta(hours=24):
        raise ValueError("must be at most 24h")
    return length


def callback_url(text: str) -> str:
    parts, host = _url(text)
    if parts.username is not None or parts.fragment:
        raise ValueError("must have no user name, password or #fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError("must start with https:// (http:// only for this machine)")
    return text


def authority_url(text: str) -> str:
    """Return the address of a timestamp authority; plain http will do, because what it answers is signed (RFC 3161, 3.4)."""
    parts, _ = _url(text)
    if parts.scheme not in {"http", "https"} or parts.username is not None or parts.fragment:
        raise ValueError("must start with http:// or https:// and have no user name, password or #fragment")
    return text


def _url(text: str) -> tuple[SplitResult, str]:
    """Return an address in its parts, and its host. Raises: ValueError."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is no URL") from None
    if not text.isascii() or not text.isprintable() or " " in text or not host:
        raise ValueError("is no URL")
    return parts, host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def resolve_secrets(value: Any, info: ValidationInfo) -> Any:
    """`env:NAME`, or a list of them, as the texts of those variables.

    On Azure a Key Vault reference is an application setting, so it arrives as a variable too. The context's `environ`
    is where to look; None there checks only how references are written. Values made in code have no context.
    """
    if not info.context:
        return value
    references = [value] if isinstance(value, str) else value
    if not isinstance(references, list) or not references or not all(isinstance(item, str) for item in references):
        raise ValueError('must be "env:NAME" or a list of those')
    names = [match[1] for match in map(_REFERENCE.fullmatch, references) if match]
    if len(names) != len(references):
        # Says nothing of the value: it may be the secret itself.
        raise ValueError('must be "env:NAME"; the secret itself does not belong into this file')
    environ: Mapping[str, str] | None = info.context["environ"]
    if environ is None:
        return ()
    if absent := [name for name in names if not environ.get(name)]:
        raise ValueError("; ".join(f"the variable {name} is missing or empty" for name in absent))
    if unresolved := [name for name in names if is_unresolved(environ[name])]:
        raise ValueError("; ".join(f"the variable {name} {weakness(environ[name])}" for name in unresolved))
    return tuple(environ[name] for name in names)


def secret_address(value: Any, info: ValidationInfo) -> Any:
    """`env:NAME` as the address in that variable: anyone who has it may post there, so it is a secret. "" where no variables are."""
    resolved = resolve_secrets(value, info)
    if isinstance(resolved, str):  # made in code
        return webhook_address(resolved)
    if isinstance(value, list):
        raise ValueError('must be one "env:NAME"')  # noqa: TRY004 - pydantic wants it
    return webhook_address(resolved[0]) if resolved else ""


def webhook_address(text: str) -> str:
    """Return an address that messages for Microsoft Teams can be posted to. Nothing that is said of it repeats it."""
    try:
        callback_url(text)
    except ValueError as error:
        raise ValueError(f"the variable's value {error}") from None
    host = (urlsplit(text).hostname or "").lower()
    if host == "outlook.office.com" or host.endswith(".webhook.office.com"):
        raise ValueError(
            "the variable's value is the address of an Office 365 connector, which Microsoft has retired: create a workflow"
        )
    return text


def standard_secrets(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Secrets as Standard Webhooks wants them: `whsec_` and the base64 of 24 to 64 bytes."""
    for secret in secrets:
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not secret.startswith("whsec_") or not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
            raise ValueError('the variable\'s value must be "whsec_" and the base64 of 24 to 64 bytes')
        if why := weakness(key):
            raise ValueError(f"the variable's value {why}")
    return secrets


def strong_secrets(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Secrets that cannot be guessed, as far as one can see."""
    for secret in secrets:
        if why := weakness(secret):
            raise ValueError(f"the variable's value {why}")
    return secrets


def bearer_tokens(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Tokens that can stand in an Authorization header."""
    if not all(secret.isascii() and secret.isprintable() and " " not in secret for secret in secrets):
        raise ValueError("the variable's value must be visible ASCII characters without spaces")
    return secrets
