"""`python -m mfa_reset_client` is `mfa-reset`."""

from mfa_reset_client.cli import run

run()
