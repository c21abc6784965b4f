"""Parsing of request bodies: all mistakes at once, each with its JSON pointer."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from domain.errors import InvalidInputError
from domain.methods import MethodType
from domain.mistakes import ECHOED, mistakes_of
from domain.policy.load import Policy
from domain.request.reset_request import ResetRequestBody
from domain.request.schedule import WeeklyWindow
from languages import Message

# More would make the response larger than the body.
_MOST_ERRORS = 1000


class ParsedRequest(NamedTuple):
    """A valid body with its customers resolved. `groups` are policy keys with the users asked for, in the order of the body."""

    body: ResetRequestBody
    groups: dict[str, list[str]]
    methods: tuple[MethodType, ...]
    windows: dict[str, WeeklyWindow] = {}  # noqa: RUF012 - the maintenance windows of its customers; never changed


def read_json(raw: bytes) -> Any:
    """Parse the JSON in `raw`. Raises: InvalidInputError."""
    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            Message("The body is not JSON."), [{"pointer": "", "detail": str(error)[:200]}]
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # With a duplicate name readers differ in which value counts; the approver must see the one we act on.
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("an object has the same name twice")
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def read_request(
    value: Any, policy: Policy, customers: Iterable[str] | None = None, *, names_requester: bool = False
) -> ParsedRequest:
    """Return the request in a JSON value.

    `customers` are those the sender may touch; None: all. `names_requester`: it must name the person who asks, as a source must.
    """
    try:
        body = ResetRequestBody.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _mistakes(mistakes_of(error)) from None
    return _resolved(body, policy, None if customers is None else frozenset(customers), names_requester=names_requester)


def _resolved(
    body: ResetRequestBody, policy: Policy, allowed: frozenset[str] | None, *, names_requester: bool
) -> ParsedRequest:
    errors: list[dict[str, str]] = []
    groups: dict[str, list[str]] = {}
    if body.target_count > policy.limits.targets_per_request:
        detail = Message(
            "%(target_count)s users are more than the %(targets_per_request)s of one request; send several",
            target_count=body.target_count,
            targets_per_request=policy.limits.targets_per_request,
        )
        errors.append({"pointer": "/targets", "detail": detail})
    for number, group in enumerate(body.targets):
        key = policy.find_customer(group.customer)
        if key is None:
            detail = Message(
                "no customer is known by %(customer)s: use a policy key, a tenant id or a verified domain",
                customer=repr(group.customer[:ECHOED]),
            )
            errors.append({"pointer": f"/targets/{number}/customer", "detail": detail})
        elif allowed is not None and key not in allowed:
            detail = Message("the sender may not touch %(key)s", key=repr(key))
            errors.append({"pointer": f"/targets/{number}/customer", "detail": detail})
        else:
            groups.setdefault(key, []).extend(group.users)
    errors += _not_offered(body, policy, groups)
    errors += _of_profile(body, policy, groups)
    if names_requester and not body.requester:
        errors.append({"pointer": "/requester", "detail": Message("must name the person who asks, by mail address")})
    if errors:
        raise _mistakes(errors)
    windows = {key: found.weekly for key in groups if (found := policy.customers[key].maintenance) is not None}
    return ParsedRequest(body, groups, body.scope, windows)


def _of_profile(body: ResetRequestBody, policy: Policy, groups: Iterable[str]) -> list[dict[str, str]]:
    if body.profile is None:
        return []
    profile = policy.profiles.compromised
    if profile is None:
        detail = Message("is not offered here: the policy has no table [profiles.compromised]")
        return [{"pointer": "/profile", "detail": detail}]
    errors = [
        {
            "pointer": "/profile",
            "detail": Message("is not offered at %(key)s ([profiles.compromised] customers)", key=repr(key)),
        }
        for key in groups
        if profile.customers is not None and key not in profile.customers
    ]
    if body.methods is not None:
        detail = Message(
            "must be left out: with profile %(profile)s every method is removed", profile=repr(body.profile.value)
        )
        errors.append({"pointer": "/methods", "detail": detail})
    if not body.revoke_sessions:
        detail = Message(
            "must not be false: with profile %(profile)s sessions always end", profile=repr(body.profile.value)
        )
        errors.append({"pointer": "/revokeSessions", "detail": detail})
    return errors


def _not_offered(body: ResetRequestBody, policy: Policy, customers: Iterable[str]) -> Iterator[dict[str, str]]:
    """Return a mistake for each thing that is asked for and that the policy does not have, or not for one of the customers."""
    keys = list(customers)
    for number, kind in enumerate(body.methods or ()):
        for key in keys:
            if kind not in policy.customers[key].methods:
                yield {
                    "pointer": f"/methods/{number}",
                    "detail": Message("%(kind)s may not be reset at %(key)s", kind=kind.value, key=repr(key)),
                }
    if body.access_pass and not policy.bootstrap.offers:
        detail = Message("the policy offers no Temporary Access Passes: [bootstrap] accessPass is never")
        yield {"pointer": "/accessPass", "detail": detail}


def _mistakes(errors: list[dict[str, str]]) -> InvalidInputError:
    shown = errors[:_MOST_ERRORS]
    if len(shown) == len(errors):
        return InvalidInputError(Message("The request has mistakes; each is named below."), shown)
    message = Message(
        "The request has mistakes; the first %(shown)s of %(all)s are below.", shown=len(shown), all=len(errors)
    )
    return InvalidInputError(message, shown)
