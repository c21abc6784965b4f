"""Stops its own start, as an app does whose policy is wrong."""


class BadPolicyError(Exception):
    reason = "badPolicy"


raise BadPolicyError("policy has 2 mistakes:\n  approval.quorum: must be 1 or more\n  limits: is missing")
