"""Read responses of the service, and tell them from those of others."""

from typing import TypeVar

import httpx
from pydantic import ValidationError

from mfa_reset_client.errors import ClientError, UnexpectedResponseError, problem_from
from mfa_reset_client.messages import Message
from mfa_reset_client.models import ApiModel
from mfa_reset_client.retry import json_of
from mfa_reset_client.sign_in import explain_sign_in

Model = TypeVar("Model", bound=ApiModel)


def parse(model: type[Model], response: httpx.Response) -> Model:
    """Return a response's JSON as a model.

    Raises:
        ClientError: The response is a refusal, or not one of the service.
    """
    value = json_of(response)
    if response.is_success and value is not None:
        try:
            return model.from_json(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = "/".join(str(part) for part in first["loc"])
            message = Message(
                "The response does not match the API of the MFA reset service (%(reason)s).",
                reason=f"{place}: {first['msg']}",
            )
            raise UnexpectedResponseError(message) from None
    raise refusal(response)


def file_content(response: httpx.Response) -> bytes:
    """Return the file in a response.

    Raises:
        ClientError: The response is a refusal, or not one of the service.
    """
    if response.is_success and "Content-Disposition" in response.headers:  # every file of the service has a name
        return response.content
    raise refusal(response)


def refusal(response: httpx.Response) -> ClientError:
    """Return the error for a response that is not what was expected."""
    explain_sign_in(response)
    if response.is_success or response.is_redirect:
        # Redirects are not followed: they could take the key or token to another host.
        return UnexpectedResponseError(
            Message(
                "The server did not respond as the MFA reset service (HTTP %(status)s). Check the base URL.",
                status=response.status_code,
            )
        )
    return problem_from(response.status_code, json_of(response))
