"""One request and its response, between the socket and the handlers."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

from localhost.simulator.model.entities import Tenant, User
from localhost.simulator.protocol.errors import GraphError, no_user
from localhost.simulator.protocol.options import Options

NO_OPTIONS = Options()


@dataclass(slots=True)
class Request:
    verb: str
    raw_path: str  # as it came, with the version: "/v1.0/users/a%2Fb"
    query: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    base: str  # "http://127.0.0.1:9000", for links
    in_batch: bool = False
    collides: bool = False  # another removal of the same user is under way: see removal.py
    path: str = field(init=False)  # decoded
    # Filled in on the way:
    template: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    tenant: Tenant | None = None
    client_id: str = ""  # the application that the token was issued to
    user: User | None = None
    options: Options = NO_OPTIONS
    visible_after_reads: int | None = None
    visible_after_seconds: float | None = None
    malformed: Literal["html", "absent"] | None = None  # how a fault spoils the response
    request_id: str = field(default_factory=lambda: str(uuid4()))

    def __post_init__(self) -> None:
        self.path = unquote(self.raw_path)

    @property
    def version(self) -> str:
        return "beta" if self.path.startswith("/beta") else "v1.0"

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def eventual(self) -> bool:
        return self.headers.get("consistencylevel", "").lower() == "eventual"

    @property
    def own_tenant(self) -> Tenant:
        """The tenant of the access token; every Graph route has one."""
        if self.tenant is None:
            raise GraphError(401, "InvalidAuthenticationToken", "The token names no tenant.")
        return self.tenant

    @property
    def path_user(self) -> User:
        """The user that the path names."""
        if self.user is None:
            raise no_user(self.ids.get("user", ""))
        return self.user

    def json(self) -> dict[str, Any]:
        """Return the body as an object.

        Raises:
            GraphError: 400, the body is not a JSON object.
        """
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise GraphError(400, "BadRequest", "Unable to read JSON request payload.") from error
        if not isinstance(value, dict):
            raise GraphError(400, "BadRequest", "Unable to read JSON request payload.")
        return value


@dataclass(slots=True)
class Response:
    status: int
    body: Any = None  # an object to be sent as JSON, bytes to be sent as they are, None for nothing
    headers: dict[str, str] = field(default_factory=dict)
    malformed: Literal["html", "absent"] | None = None  # how a fault spoils it on its way out


def context(request: Request, what: str) -> str:
    return f"{request.base}/{request.version}/$metadata#{what}"
