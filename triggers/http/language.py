"""The language of a page: what its address says, else what the person chose, else what the browser prefers."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import azure.functions as func

from languages import accepted, in_language, known
from services import Services
from triggers.http.cookies import cookie, set_cookie

LANGUAGE_COOKIE = "mfareset-language"
_SECONDS = 365 * 24 * 3600


def chosen_language(req: func.HttpRequest) -> str:
    """Return the language that the person chose in the console, "" where none was chosen."""
    return known(cookie(req, LANGUAGE_COOKIE))


def asked_language(req: func.HttpRequest) -> str:
    """Return the language that the address of a page names, "" where it names none."""
    return known(req.params.get("language", ""))


def language_cookie(services: Services, tag: str) -> str:
    """Return the Set-Cookie header that keeps a person's language for all pages; "" forgets it."""
    # Lax: a link in a mail is followed from another site.
    return set_cookie(services, LANGUAGE_COOKIE, tag, seconds=_SECONDS if tag else 0, path="/", same_site="Lax")


def in_readers_language[**P](
    handler: Callable[P, Awaitable[func.HttpResponse]],
) -> Callable[P, Awaitable[func.HttpResponse]]:
    """Wrap the handler of a page so that its texts are in the reader's language."""

    @wraps(handler)
    async def respond(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
        req: Any = kwargs.get("req") or args[0]
        preferred = accepted(req.headers.get("Accept-Language", ""))
        with in_language(asked_language(req) or chosen_language(req) or preferred):
            return await handler(*args, **kwargs)

    return respond
