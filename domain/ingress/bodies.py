"""Read the body of a delivery: JSON, or the form that GitHub can put it in."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from domain.errors import InvalidInputError
from domain.policy.model import Scheme
from domain.request.parsing import read_json

_FORM = "application/x-www-form-urlencoded"


def read_delivery(scheme: Scheme, headers: Mapping[str, str], raw: bytes) -> Any:
    """Return the JSON value of a delivery; header names are in lower case. Raises: InvalidInputError.

    GitHub sends a form with the field `payload` where a webhook has that content type, which is what it proposes.
    (docs.github.com, "Creating webhooks", "Content type")
    """
    if scheme == "github" and headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        return read_json(_payload(raw))
    return read_json(raw)


def is_ping(scheme: Scheme, headers: Mapping[str, str]) -> bool:
    """Return whether GitHub only tries the address: it does so once for each new webhook.

    (docs.github.com, "Webhook events and payloads", "ping")
    """
    return scheme == "github" and headers.get("x-github-event", "") == "ping"


def _payload(raw: bytes) -> bytes:
    try:
        (payload,) = parse_qs(raw.decode("utf-8"), strict_parsing=True, max_num_fields=10)["payload"]
    except (ValueError, KeyError):
        error = {"pointer": "", "detail": "has no field payload"}
        raise InvalidInputError("The form does not have the field payload once.", [error]) from None
    return payload.encode()
