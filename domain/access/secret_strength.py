"""Tell secrets from texts that are none: too short, repetitive, or a reference that was never resolved."""

import re

# 128 bits: NIST SP 800-131A, and ASVS 5.0, 11.2.3.
FEWEST_BYTES = 16
# Of 16 random bytes about 15 differ; fewer than 8 differ once in 10^11 times. Of 16 random characters of hex, 10.
_FEWEST_DIFFERENT = 8
# App Service leaves the text of a reference in the variable where it cannot read the vault.
# learn.microsoft.com/azure/app-service/app-service-key-vault-references, "Troubleshoot key vault references"
_REFERENCE = re.compile(r"\s*@Microsoft\.KeyVault\(", re.IGNORECASE)
_HEX = re.compile(r"[0-9A-Fa-f]+", re.ASCII)


def is_unresolved(text: str) -> bool:
    """Return whether the text is a Key Vault reference instead of what it refers to."""
    return _REFERENCE.match(text) is not None


def weakness(secret: str | bytes) -> str:
    """Return why a secret can be guessed, as the end of a sentence; "" where it cannot be seen that it can."""
    if isinstance(secret, str) and is_unresolved(secret):
        return "is a Key Vault reference that was not resolved: see whether the app may read the vault"
    raw = secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else secret
    hexadecimal = isinstance(secret, str) and _HEX.fullmatch(secret)
    if len(raw) < FEWEST_BYTES * (2 if hexadecimal else 1):
        return f"is too short: {FEWEST_BYTES} random bytes are needed at least"
    if len(set(raw)) < _FEWEST_DIFFERENT:
        return f"can be guessed: {FEWEST_BYTES} random bytes are needed at least"
    return ""
