"""The commands of `mfa-reset`."""
