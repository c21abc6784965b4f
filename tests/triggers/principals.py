"""X-MS-CLIENT-PRINCIPAL as App Service writes it for somebody signed in with Entra."""

import base64
import json

from tests.system import HOME
from triggers.http.authorization import PRINCIPAL

CONTOSO = "11111111-1111-1111-1111-111111111111"
FABRIKAM = "22222222-2222-2222-2222-222222222222"
STRANGER = "77777777-7777-7777-7777-777777777777"
SOMEBODY = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"

_WS = "http://schemas.microsoft.com/identity/claims"


def principal(
    mail: str = "",
    *roles: str,
    tid: str = HOME,
    oid: str = SOMEBODY,
    provider: str = "aad",
    iat: int | str | None = None,
) -> dict[str, str]:
    claims = [{"typ": f"{_WS}/tenantid", "val": tid}, {"typ": f"{_WS}/objectidentifier", "val": oid}]
    claims += [{"typ": "preferred_username", "val": mail}] if mail else []
    claims += [{"typ": "roles", "val": role} for role in roles]
    claims += [] if iat is None else [{"typ": "iat", "val": str(iat)}]
    value = {"auth_typ": provider, "claims": claims, "name_typ": "name", "role_typ": "roles"}
    return {PRINCIPAL: base64.b64encode(json.dumps(value).encode()).decode()}
