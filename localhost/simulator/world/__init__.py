"""The state of one simulated Graph: its tenants, clock, switches, faults, limits, mails and call log."""
