"""Read the forms of the console: from its own pages only, each bound to the person it was made for."""

import azure.functions as func

from domain.access.console_session import is_form_nonce
from domain.policy.model import Role
from services import Services
from triggers.console.layout import RefusedError
from triggers.console.operators import Operator, operator_of
from triggers.http.authorization import OPERATORS
from triggers.http.forms import Form, check_origin, first_value, read_form

_MAX_BYTES = 1024 * 1024  # 10,000 users, each with customer and object id
_MAX_FIELDS = 12_000


def own_form(services: Services, req: func.HttpRequest, *, max_bytes: int = _MAX_BYTES) -> Form:
    """Return the form, if it comes from a page of this service. Raises: FormError."""
    check_origin(services, req)
    return read_form(req, max_bytes=max_bytes, max_fields=_MAX_FIELDS)


def operators_form(
    services: Services, req: func.HttpRequest, roles: tuple[Role, ...] = OPERATORS, *, max_bytes: int = _MAX_BYTES
) -> tuple[Operator, Form]:
    """Return the person who posts, and the form that was made for them.

    Raises: FormError for another site's form, SignInNeededError, NotOperatorError; RefusedError for a form without this
    person's nonce.
    """
    check_origin(services, req)
    operator = operator_of(services, req, roles)
    form = own_form(services, req, max_bytes=max_bytes)
    ring, nonce = services.settings.approval_keys, first_value(form, "nonce")
    if not is_form_nonce(ring, operator.caller.identity, nonce, services.now()):
        raise RefusedError(403, "wrongNonce")
    return operator, form
