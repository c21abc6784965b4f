"""The language of a page: what the person chose, else what the browser prefers."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import azure.functions as func

from languages import accepted, in_language, known
from triggers.http.cookies import cookie

LANGUAGE_COOKIE = "mfareset-language"


def chosen_language(req: func.HttpRequest) -> str:
    """Return the language that the person chose in the console, "" where none was chosen."""
    return known(cookie(req, LANGUAGE_COOKIE))


def in_readers_language[**P](
    handler: Callable[P, Awaitable[func.HttpResponse]],
) -> Callable[P, Awaitable[func.HttpResponse]]:
    """Wrap the handler of a page so that its texts are in the reader's language."""

    @wraps(handler)
    async def respond(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
        req: Any = kwargs.get("req") or args[0]
        with in_language(chosen_language(req) or accepted(req.headers.get("Accept-Language", ""))):
            return await handler(*args, **kwargs)

    return respond
