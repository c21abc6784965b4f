"""Responses about customers, their users and methods. The OpenAPI document is generated from these models."""

from pydantic import Field

from domain.methods import MethodType
from domain.model import Guid, Instant, Model


class CustomerResponse(Model):
    customer: str = Field(description="The policy's key, which every call takes")
    name: str
    tenant_id: Guid
    domains: list[str]
    methods: list[MethodType] = Field(description="What may be reset there")


class CustomersResponse(Model):
    value: list[CustomerResponse]
    cursor: str | None = None


class Missing(Model):
    """An option that not all of the customers allow: which ones, and a stable code for why."""

    option: str
    customers: list[str]
    reason: str
    detail: str


class OptionsResponse(Model):
    """What can be done with all of these customers at once."""

    customers: list[str]
    actions: list[str]
    methods: list[MethodType]
    missing: list[Missing]
    targets_per_request: int
    step_up_targets: int = Field(description="From this many users on more approvals are needed")
    access_passes: bool = Field(default=False, description="Whether the policy offers Temporary Access Passes")


class Unreachable(Model):
    """A customer whose directory did not answer, or one whose user could not be read; the rest is listed all the same."""

    customer: str
    reason: str
    detail: str


class UserResponse(Model):
    """`registered` and `privileged` are null where the list was not asked for them: one user's page always knows."""

    customer: str
    tenant_id: Guid
    id: Guid
    display_name: str
    user_principal_name: str
    mail: str
    enabled: bool
    guest: bool
    registered: bool | None = None
    privileged: bool | None = None


class UsersResponse(Model):
    """`count` is how many users match in all the customers that answered; null where Graph did not count."""

    value: list[UserResponse]
    cursor: str | None
    count: int | None
    unreachable: list[Unreachable]
    read_at: Instant


class RegisteredMethod(Model):
    """`label` is masked. `in_scope`: whether a reset removes it when a request names no methods; `kept`: why not."""

    type: MethodType
    id: str
    label: str
    is_default: bool
    created_at: Instant | None
    model: str = Field("", description="Of a passkey, as its maker's metadata name it")
    active: bool
    in_scope: bool
    kept: str


class UserDetailsResponse(UserResponse):
    """`refused` is why this user may not be reset, empty where they may; `unreadable` why not every method was read."""

    privileges: list[str]
    refused: str
    default_method: str | None
    methods: list[RegisteredMethod]
    unreadable: str
    read_at: Instant


class MethodRow(RegisteredMethod):
    """One method of one user."""

    customer: str
    tenant_id: Guid
    user_id: Guid
    display_name: str
    user_principal_name: str


class MethodsResponse(Model):
    """`unread` names users whose methods could not be read; `users` is how many users this page looked at."""

    value: list[MethodRow]
    cursor: str | None
    users: int
    unread: list[Unreachable]
    unreachable: list[Unreachable]
    read_at: Instant
