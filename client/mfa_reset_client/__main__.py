from mfa_reset_client.cli import run

run()
