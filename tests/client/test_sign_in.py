"""Responses that ask for a sign-in are recognised, and others are not mistaken for one."""

import httpx
import pytest

from mfa_reset_client import AuthenticationError
from mfa_reset_client.sign_in import explain_sign_in

SIGN_IN_PAGE = (
    "https://login.microsoftonline.com/9999/oauth2/v2.0/authorize?response_type=code+id_token"
    "&redirect_uri=https%3A%2F%2Fhost.example%2F.auth%2Flogin%2Faad%2Fcallback&client_id=11112222-3333"
)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="host.example" authorization_uri="https://login.windows.net/9999"'}


def respond(status: int, headers: dict[str, str], text: str = "") -> httpx.Response:
    request = httpx.Request("GET", "https://host.example/api/reset-requests")
    return httpx.Response(status, headers=headers, text=text, request=request)


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (302, {"Location": SIGN_IN_PAGE}, r"redirected to a sign-in page.*sign-in application \(11112222-3333\)"),
        (302, {"Location": "/.auth/login/aad?post_login_redirect_uri=%2Fapi"}, "redirected to a sign-in page"),
        (307, {"Location": "https://login.microsoftonline.us/common/oauth2/authorize"}, "redirected"),
        (401, CHALLENGE, "rejected the token"),
    ],
)
def test_sign_in_is_explained(status: int, headers: dict[str, str], message: str) -> None:
    with pytest.raises(AuthenticationError, match=message):
        explain_sign_in(respond(status, headers))


@pytest.mark.parametrize(
    "response",
    [
        respond(200, {}, "<html>"),
        respond(302, {"Location": "https://elsewhere.example/"}),
        respond(302, {"Location": "https://login.microsoftonline.com.elsewhere.example/oauth2/authorize"}),
        respond(302, {}),
        respond(401, {}),
        respond(401, {"WWW-Authenticate": "Basic"}),
        respond(401, CHALLENGE, '{"type": "urn:mfareset:problem:unauthorized"}'),
        respond(403, CHALLENGE),
    ],
)
def test_other_responses_are_left_alone(response: httpx.Response) -> None:
    explain_sign_in(response)
