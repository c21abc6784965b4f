"""Errors the way Graph words them."""

import json
from typing import Any


class GraphError(Exception):
    """The call ends with an error body.

    `wrapped=False` sends `body` as it stands: some of Graph's back ends respond without the `error` wrapper. [i]
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        headers: dict[str, str] | None = None,
        wrapped: bool = True,
        body: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.wrapped = wrapped
        self.body = body


# What a proxy in front of Graph sends instead of JSON.
HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class DroppedError(Exception):
    """The connection ends without a response; the change may have been made or not."""


def no_token() -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", "Access token is empty.")


def bad_token() -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")


def no_user(key: str) -> GraphError:
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects are not present.",
    )


def no_method(method_id: str) -> GraphError:
    return GraphError(404, "resourceNotFound", f"The authentication method [{method_id}] was not found.")  # [inf]


def no_segment(segment: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def no_verb() -> GraphError:
    return GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")


def no_mime_type(kind: str) -> GraphError:
    return GraphError(  # [i msgraph-sdk-java#687]
        400,
        "Request_BadRequest",
        "A supported MIME type could not be found that matches the content type of the response. None of the"
        f" supported type(s) 'application/json' matches the content type '{kind}'.",
    )


def no_such_resource(base: str, path: str) -> GraphError:
    """Build the error of `DELETE /methods/{id}`, which does not exist and has no `error` wrapper [i].

    The text comes from a back end that Graph forwards to; both words start with a capital letter.
    """
    return GraphError(
        404,
        "",
        wrapped=False,
        body={
            "Message": f"No HTTP resource was found that matches the request URI '{base}{path}'.",
            "MessageDetail": "No type was found that matches the controller named 'users'.",
        },
    )


def forbidden_methods(_: frozenset[str]) -> GraphError:
    return GraphError(403, "accessDenied", "Request Authorization failed")  # on authentication methods [i]


def forbidden_directory(_: frozenset[str]) -> GraphError:
    return GraphError(  # on directory objects [d]
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    )


def forbidden_eligibility(needs: frozenset[str]) -> GraphError:
    """Build the 403 of Privileged Identity Management: JSON in the message [i terraform-provider-azuread#1386]."""
    text = f"Authorization failed due to missing permission scope {','.join(sorted(needs))}."
    detail = {"errorCode": "PermissionScopeNotGranted", "message": text, "instanceAnnotations": []}
    return GraphError(403, "UnknownError", json.dumps(detail, separators=(",", ":")))


# By the family of the endpoint.
FORBIDDEN = {"methods": forbidden_methods, "directory": forbidden_directory, "pim": forbidden_eligibility}


def throttled(retry_after: str, percentage: float) -> GraphError:
    """Build a 429 with its headers [d]; `Retry-After` may be fractional [m]."""
    return GraphError(
        429,
        "TooManyRequests",
        "The request has been throttled. Try again after the time in Retry-After.",
        headers={"retry-after": retry_after, "x-ms-throttle-limit-percentage": f"{percentage:.2f}"},
    )
