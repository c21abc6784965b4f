"""Sort refusals of Entra's token endpoint by who has to act: the provider, the customer's administrator, or a policy's author."""

import re
from collections.abc import Mapping
from typing import Any

from graph.errors import Fault

# AADSTS numbers, because the OAuth error alone says less: 7000215 and 7000229 are both `invalid_client`. Microsoft may change them
# (learn.microsoft.com/entra/identity-platform/reference-error-codes), so a number that is not here is sorted by its OAuth error.
_BY_NUMBER = {
    # The service's own credential, and so every customer's: no customer can mend it.
    7000215: Fault.CREDENTIAL,  # wrong secret [reference-error-codes]
    7000222: Fault.CREDENTIAL,  # expired secret [azure-docs#48669]
    7000214: Fault.CREDENTIAL,  # revoked certificate [microsoft-identity-web#2834]
    1000502: Fault.CREDENTIAL,  # certificate outside of its validity [microsoft-identity-web#2834]
    700024: Fault.CREDENTIAL,  # assertion outside of its validity: a wrong clock [microsoft-authentication-library-for-dotnet#4951]
    700027: Fault.CREDENTIAL,  # certificate that is not the app's, or a wrong signature [cli-microsoft365#1621]
    700021: Fault.CREDENTIAL,  # assertion of another app [learn: troubleshooting-authentication-service-principal]
    700023: Fault.CREDENTIAL,  # assertion for another audience [likewise]
    70021: Fault.CREDENTIAL,  # no federated credential for the managed identity [reference-error-codes]
    700213: Fault.CREDENTIAL,  # likewise, by its subject [azure-docs, workload identity federation]
    50020: Fault.CREDENTIAL,  # signed in as an account of another directory, not as the app [reference-error-codes]
    # A policy of the customer's for workload identities. [reference-error-codes]
    53003: Fault.CONDITIONAL_ACCESS,
    # The tenant id in the policy is of no tenant. [reference-error-codes]
    90002: Fault.UNKNOWN_TENANT,
    900023: Fault.UNKNOWN_TENANT,
    # The app is not in the customer's tenant, not consented to, or disabled there. [reference-error-codes]
    65001: Fault.CONSENT,
    700016: Fault.CONSENT,
    7000112: Fault.CONSENT,
    7000229: Fault.CONSENT,
}
# RFC 6749, 5.2: the client could not be authenticated.
_BY_ERROR = {"invalid_client": Fault.CREDENTIAL}
_NUMBER = re.compile(r"\d{1,9}")
_IN_TEXT = re.compile(r"AADSTS(\d{1,9})\b")


def refusal_of(body: Mapping[str, Any]) -> Fault:
    """Return whose fault it is that there is no token, by the JSON body of the refusal."""
    listed = body.get("error_codes")
    texts = [str(number) for number in listed] if isinstance(listed, list) else []
    numbers = [int(text) for text in texts if _NUMBER.fullmatch(text)]
    numbers += [int(found) for found in _IN_TEXT.findall(str(body.get("error_description"))[:2000])]
    known = [_BY_NUMBER[number] for number in numbers if number in _BY_NUMBER]
    return known[0] if known else _BY_ERROR.get(str(body.get("error")), Fault.CONSENT)
