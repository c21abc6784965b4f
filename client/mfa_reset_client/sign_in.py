"""Recognise that a service asks for a Microsoft Entra sign-in instead of responding."""

import httpx

from mfa_reset_client.errors import AuthenticationError
from mfa_reset_client.messages import Message
from mfa_reset_client.retry import json_of

_LOGIN_HOSTS = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
        "login.windows.net",
    }
)


def explain_sign_in(response: httpx.Response) -> None:
    """Raise an error that says what to do if the response is App Service authentication's.

    It redirects calls without a valid token to the login page (its own path `/.auth/login/...`, or Entra's), or responds 401
    with a `WWW-Authenticate: Bearer` header. [Microsoft Learn, authentication and authorization in Azure App Service]

    Raises:
        AuthenticationError: The response asks for a sign-in.
    """
    if response.is_redirect:
        location = response.request.url.join(response.headers.get("Location", ""))
        if location.host in _LOGIN_HOSTS or location.path.startswith("/.auth/login"):
            raise AuthenticationError(
                _message(Message("The service redirected to a sign-in page."), location.params.get("client_id", ""))
            )
    elif response.status_code == 401 and _is_challenge(response):
        raise AuthenticationError(_message(Message("The service rejected the token."), ""))


def _is_challenge(response: httpx.Response) -> bool:
    scheme = response.headers.get("WWW-Authenticate", "").partition(" ")[0]
    return (
        scheme.lower() == "bearer" and json_of(response) is None
    )  # the service's own 401 has a JSON body that says more


def _message(event: Message, client_id: str) -> Message:
    return Message(
        "%(event)s It accepts Microsoft Entra tokens for its sign-in application%(application)s. "
        "Sign in (mfa-reset --auth, or credential= in Python), and check the audience.",
        event=event,
        application=f" ({client_id})" if client_id else "",
    )
