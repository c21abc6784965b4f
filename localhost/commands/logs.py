"""What a person sees at the terminal: one short line for what happened, and libraries only when they complain."""

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
# The worker library logs every failed function once more, without its name; the host says it with the invocation id.
_SAID_BY_THE_HOST = "azure.functions"


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
    logging.getLogger(_SAID_BY_THE_HOST).setLevel(logging.CRITICAL)
