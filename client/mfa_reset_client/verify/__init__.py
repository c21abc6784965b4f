"""Verifies evidence without the service: the pack of one request, or of one customer over a period.

`python -m mfa_reset_client.verify FILE.zip` needs the extra `verify` (`pip install 'mfa-reset-client[verify]'`) for the signature
and the timestamp of a period's pack, and nothing beyond the package for the pack of one request.
"""

from mfa_reset_client.verify.pack import Trusted, Verified, verify_pack

__all__ = ["Trusted", "Verified", "verify_pack"]
