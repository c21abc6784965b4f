"""Read HTML forms, and check that they come from one of this service's own pages."""

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import azure.functions as func

from domain.errors import LengthRequiredError
from domain.loopback import is_of_this_machine
from services import Services
from triggers.http.bodies import read_body

type Form = Mapping[str, Sequence[str]]
type FormFault = Literal["wrongOrigin", "lengthRequired", "tooLarge", "unreadable"]


class FormError(Exception):
    """The form was not accepted; `status` is the HTTP status of the response."""

    def __init__(self, status: int, reason: FormFault) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def read_form(req: func.HttpRequest, *, max_bytes: int, max_fields: int) -> Form:
    """Return the fields of the form in the body. Raises: FormError."""
    try:
        body = read_body(req)
    except LengthRequiredError:
        raise FormError(411, "lengthRequired") from None
    if len(body) > max_bytes:
        raise FormError(413, "tooLarge")
    try:
        return parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=max_fields)
    except ValueError:
        raise FormError(400, "unreadable") from None


def check_origin(services: Services, req: func.HttpRequest) -> None:
    """Raise FormError unless the form comes from one of this service's pages.

    Browsers name the page's origin in the Origin header, and a page of another site cannot change it. The address that
    the request was sent to counts on this machine only: elsewhere its host is what the client wrote.
    """
    if not is_own_origin(services, req):
        raise FormError(403, "wrongOrigin")


def is_own_origin(services: Services, req: func.HttpRequest) -> bool:
    """Return whether the Origin header names this service."""
    allowed = {_origin_of(services.settings.public_base_url)}
    if is_of_this_machine(req.url):
        allowed.add(_origin_of(req.url))
    return req.headers.get("Origin", "") in allowed


def first_value(form: Form, name: str) -> str:
    """Return the first value of a field, "" where the form does not have it."""
    values = form.get(name)
    return values[0] if values else ""


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
