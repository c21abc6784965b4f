"""One user's row of userRegistrationDetails. [d]"""

from datetime import datetime
from typing import Any

from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Method, User
from localhost.simulator.model.preferences import satisfies
from localhost.simulator.model.timestamps import stamp

STRONG = {method_kinds.FIDO2, method_kinds.WINDOWS_HELLO, method_kinds.PLATFORM_CREDENTIAL, method_kinds.EXTERNAL}
PASSWORDLESS = {method_kinds.FIDO2, method_kinds.WINDOWS_HELLO, method_kinds.PLATFORM_CREDENTIAL}


def _word(method: Method) -> str:
    return method_kinds.PHONE_REPORTED[method.phone_type] if method.phone_type else method.kind.reported


def registration_row(user: User, at: datetime) -> dict[str, Any]:
    """Return the row of one user as of now."""
    methods = [method for method in user.methods.values() if method.kind is not method_kinds.PASSWORD]
    strong = any(satisfies(method) or method.kind in STRONG for method in methods)
    return {
        "id": user.id,
        "userPrincipalName": user.upn,
        "userDisplayName": user.name,
        "userType": user.type.lower(),
        "isAdmin": bool(user.roles),
        "isSsprRegistered": len(methods) > 1,
        "isSsprEnabled": True,
        "isSsprCapable": len(methods) > 1,
        "isMfaRegistered": strong,
        "isMfaCapable": strong,
        "isPasswordlessCapable": any(method.kind in PASSWORDLESS for method in methods),
        "methodsRegistered": list(dict.fromkeys(_word(method) for method in methods)),
        "isSystemPreferredAuthenticationMethodEnabled": user.system_preferred,
        "systemPreferredAuthenticationMethods": [],
        "userPreferredMethodForSecondaryAuthentication": user.preferred or "none",
        "lastUpdatedDateTime": stamp(at),
    }
