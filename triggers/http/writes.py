"""Refuse calls of the API that a page of another site could make a browser send with the session of its user."""

import azure.functions as func

from domain.errors import NotAllowedError, UnsupportedMediaTypeError
from languages import Message
from services import Services
from triggers.http.forms import is_own_origin

_READS = {"GET", "HEAD"}
# What browsers say of calls from this site's own pages, and of those that the user made: W3C Fetch Metadata, section 2.4.
_OWN_SITES = {"same-origin", "none"}


def check_write(services: Services, req: func.HttpRequest) -> None:
    """Raise NotAllowedError for a call that changes something and comes from another site's page.

    A body must be application/json, which no form can send, and another site's script only after it was asked for leave,
    which this service never gives. Raises: UnsupportedMediaTypeError for any other.
    """
    if req.method in _READS:
        return
    site, origin = req.headers.get("Sec-Fetch-Site"), req.headers.get("Origin")
    if (site is not None and site not in _OWN_SITES) or (origin is not None and not is_own_origin(services, req)):
        problem = NotAllowedError(Message("Browsers may send this from this service's own pages only."))
        raise problem.refused_as("origin", "otherSite")
    media_type = req.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if req.get_body() and media_type != "application/json":
        raise UnsupportedMediaTypeError(Message("Send the body as application/json."))
