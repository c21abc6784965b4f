"""Logging for a person at the terminal: one short line per event, libraries from warnings on."""

import logging
import sys

_LIBRARIES = (
    "aiohttp",
    "asyncio",
    "azure",
    "durabletask",
    "grpc",
    "h11",
    "httpcore",
    "httpx",
    "kiota",
    "msal",
    "urllib3",
    "uvicorn",
)
# The worker library logs every failed function once more, without its name; the host logs it with the invocation id.
_LOGGED_BY_THE_HOST = "azure.functions"


def set_up(level: str) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=level,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(_LOGGED_BY_THE_HOST).setLevel(logging.CRITICAL)
