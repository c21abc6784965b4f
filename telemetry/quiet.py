"""Libraries that would write addresses with users in them, or the whole of an answer, into the log at its normal level."""

import logging

_LOUD = (
    "httpx",  # each call's whole address: user ids, and names in $filter
    "httpcore",
    "azure.core.pipeline.policies.http_logging_policy",  # addresses and headers of each call to storage
    "azure.identity",
    "azure.servicebus",
    "msal",
    "uamqp",
)


def quiet_libraries() -> None:
    """They may warn, no more; a test searches the log of a run for people."""
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
