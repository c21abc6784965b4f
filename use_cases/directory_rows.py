"""Make the rows that directory lists and user pages show of what Graph returned."""

from domain.api.directory_responses import RegisteredMethod, Unreachable, UserResponse
from domain.api.options import kept_because
from domain.methods import Method, satisfies
from domain.policy.load import Customer
from graph.errors import NO_ACCESS, Fault, GraphError
from graph.found import Found
from graph.user_pages import ListedUser
from reset.fault_reasons import reason_of
from services import Services

# Their words are those of targets. Everything else is a customer that does not answer.
_WORDS = NO_ACCESS | {Fault.THROTTLED, Fault.FORBIDDEN, Fault.REJECTED}


def unreachable(customer: str, error: GraphError) -> Unreachable:
    """Return why a customer's users could not be read."""
    if error.code.startswith("Authentication_RequestFromNonPremiumTenant"):
        detail = "This customer has no licence for the registration report, which this filter needs."
        return Unreachable(customer=customer, reason="noLicence", detail=detail)
    reason = error.reason if error.fault in _WORDS else "customerUnreachable"
    return Unreachable(customer=customer, reason=reason, detail=error.detail)


def unread(customer: str, error: GraphError) -> Unreachable:
    """Return why something of one user of a customer could not be read: a refusal (400, 404, 423) is about that user alone."""
    return Unreachable(customer=customer, reason=reason_of(error), detail=error.detail)


def to_user_response(services: Services, row: ListedUser) -> UserResponse:
    """Return the row of one user."""
    user = row.user
    return UserResponse(
        customer=row.customer,
        tenant_id=services.policy.customers[row.customer].tenant_id,
        id=user.id,
        display_name=user.display_name,
        user_principal_name=user.user_principal_name,
        mail=user.mail,
        enabled=user.enabled,
        guest=user.guest,
        registered=row.registered,
        privileged=row.admin,
    )


def registered_methods(found: Found, customer: Customer) -> list[RegisteredMethod]:
    """Return a user's methods, each with whether a reset would remove it."""
    return [_registered_method(method, found.preference, customer) for method in found.methods]


def _registered_method(method: Method, preference: str | None, customer: Customer) -> RegisteredMethod:
    kept = kept_because(method.type, active=method.active, allowed=customer.methods)
    return RegisteredMethod(
        type=method.type,
        id=method.id,
        label=method.label,
        is_default=satisfies(method, preference),
        created_at=method.created_at,
        model=method.model,
        active=method.active,
        in_scope=not kept,
        kept=kept,
    )
