"""X-MS-CLIENT-PRINCIPAL as App Service writes it for somebody signed in with Entra."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from uuid import NAMESPACE_DNS, uuid5

from tests.system import HOME
from triggers.http.authorization import PRINCIPAL

CONTOSO = "11111111-1111-1111-1111-111111111111"
FABRIKAM = "22222222-2222-2222-2222-222222222222"
STRANGER = "77777777-7777-7777-7777-777777777777"
SOMEBODY = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"

# The accounts of the demo's approvers, whose object ids follow from tenant and name.
KNOWN = {
    (tenant, name): str(uuid5(NAMESPACE_DNS, f"{name}.{tenant}"))
    for tenant, name in ((CONTOSO, "owner@contoso.com"), (HOME, "lead@msp.example"), (HOME, "second@msp.example"))
}

_WS = "http://schemas.microsoft.com/identity/claims"


def principal(
    mail: str = "",
    *roles: str,
    tid: str = HOME,
    oid: str = "",
    provider: str = "aad",
    mail_claim: str = "preferred_username",
    amr: Sequence[str] = ("pwd", "mfa"),
    acrs: Sequence[str] = (),
    auth_time: datetime | None = None,
    iat: int | str | None = None,
) -> dict[str, str]:
    """`oid`: that of the account with this address in the demo's directory, unless given."""
    oid = oid or KNOWN.get((tid, mail), SOMEBODY)
    claims = [{"typ": f"{_WS}/tenantid", "val": tid}, {"typ": f"{_WS}/objectidentifier", "val": oid}]
    claims += [{"typ": mail_claim, "val": mail}] if mail else []
    claims += [{"typ": "amr", "val": method} for method in amr]
    claims += [{"typ": "acrs", "val": context} for context in acrs]
    claims += [{"typ": "auth_time", "val": str(int(auth_time.timestamp()))}] if auth_time else []
    claims += [{"typ": "roles", "val": role} for role in roles]
    claims += [] if iat is None else [{"typ": "iat", "val": str(iat)}]
    value = {"auth_typ": provider, "claims": claims, "name_typ": "name", "role_typ": "roles"}
    return {PRINCIPAL: base64.b64encode(json.dumps(value).encode()).decode()}
