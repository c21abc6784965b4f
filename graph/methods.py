"""A user's authentication methods: read, remove, read again. Paths and rules are those of the Graph documentation.

One user's removals run one after the other: in parallel, or as independent parts of a batch, they collide silently.
"""

import json
from collections.abc import Awaitable, Sequence
from typing import Any

from domain.methods import Method, MethodType, method_of
from graph.batch import Part, all_of, batch
from graph.client import GraphClient, segment
from graph.errors import Fault, GraphError
from graph.found import Found
from graph.responses import Response, is_id

_COLLECTIONS = {
    MethodType.PHONE: "phoneMethods",
    MethodType.MICROSOFT_AUTHENTICATOR: "microsoftAuthenticatorMethods",
    MethodType.SOFTWARE_OATH: "softwareOathMethods",
    MethodType.HARDWARE_OATH: "hardwareOathMethods",
    MethodType.FIDO2: "fido2Methods",
    MethodType.WINDOWS_HELLO: "windowsHelloForBusinessMethods",
    MethodType.EMAIL: "emailMethods",
    MethodType.TEMPORARY_ACCESS_PASS: "temporaryAccessPassMethods",
    MethodType.PLATFORM_CREDENTIAL: "platformCredentialMethods",
    MethodType.EXTERNAL: "externalAuthenticationMethods",
}
# Bytes of all methods of a user, and of what is kept of one beside its texts: a record takes 256 KiB (records/limits.py), and the
# longest ids are those of passkeys, of which a user has ten at most. (Microsoft, "Enable passkeys": limits)
_MOST, _BESIDES = 100_000, 500
_HARDWARE_QUERY = "hardwareOathMethods"


def methods_part(user_id: str) -> Part:
    return Part(f"users/{segment(user_id)}/authentication/methods")


def hardware_part(user_id: str) -> Part:
    """Beta: v1.0 may not list hardware tokens, so beta is always asked."""
    return Part(f"users/{segment(user_id)}/authentication/{_HARDWARE_QUERY}")


def preference_part(user_id: str) -> Part:
    return Part(f"users/{segment(user_id)}/authentication/signInPreferences")


def listed(answer: Response) -> list[Method]:
    """Return the methods in the answer to `methods_part`, hardware tokens left out.

    Raises: GraphError when it failed.
    """
    items = answer.items()
    if not all(_is_typed(item) and is_id(item.get("id")) for item in items):
        raise GraphError.of_unreadable("Graph's answer does not say which methods these are")
    found = [method for item in items if (method := method_of(item)) is not None]
    return [method for method in _storable(found) if method.type is not MethodType.HARDWARE_OATH]


def _storable(found: list[Method]) -> list[Method]:
    """Return the methods of one user. Raises: GraphError where they are more than a record of the user can hold."""
    if sum(_BESIDES + len(json.dumps([method.id, method.label, method.model])) for method in found) > _MOST:
        raise GraphError(Fault.REFUSED, f"Graph lists {len(found)} methods, more than the service can keep", status=400)
    return found


def _is_typed(item: dict[str, Any]) -> bool:
    """Whether it says which kind of method it is. One that is not known here has a type of Graph's all the same."""
    kind = item.get("@odata.type")
    return isinstance(kind, str) and kind.startswith("#microsoft.graph.")


def hardware_listed(answer: Response, *, expected: bool = False) -> tuple[list[Method], GraphError | None]:
    """Return the tokens in the answer to `hardware_part`, and why they could not be read.

    A cloud without hardware tokens has no such path: there is nothing to read there, unless tokens are `expected`, because they
    were seen before: then no answer is taken as a sign that they are gone. Any other refusal is why they could not be read.

    Raises: GraphError for what may pass.
    """
    if answer.ok:
        items = answer.items()
        if not all(is_id(item.get("id")) for item in items):
            raise GraphError.of_unreadable("Graph's answer does not say which tokens these are")
        found = [method_of(item, MethodType.HARDWARE_OATH) for item in items]
        return _storable([method for method in found if method is not None]), None
    if answer.says_no_such_path and not expected:
        return [], None
    error = answer.error()
    if error.passing:
        raise error
    return [], error


def preference_in(answer: Response) -> str | None:
    """Return the user's preferred second factor (push, oath, sms, ...); None where it cannot be read, it only helps to order."""
    value = answer.body.get("userPreferredMethodForSecondaryAuthentication") if answer.ok else None
    return value if isinstance(value, str) else None


async def read_methods(client: GraphClient, user_id: str, *, hardware: bool) -> Found:
    """Return the methods of a user as they are now: one call, and one beside it where the plan has hardware tokens."""
    part = methods_part(user_id)
    (answer,), tokens = await _beside(batch(client, [part]), client, user_id, hardware=hardware)
    return _found(answer, tokens)


async def _beside[T](
    call: Awaitable[T], client: GraphClient, user_id: str, *, hardware: bool
) -> tuple[T, Response | None]:
    """Return the answer to `call` and, asked for at the same time because beta is no part of a batch of v1.0, the hardware tokens."""
    if not hardware:
        return await call, None
    answers: list[Any] = await all_of(call, read_tokens(client, user_id))
    return answers[0], answers[1]


async def read_tokens(client: GraphClient, user_id: str) -> Response:
    """Return the answer to `hardware_part`."""
    return (await batch(client, [hardware_part(user_id)], version="beta"))[0]


def _found(answer: Response, hardware: Response | None) -> Found:
    methods = listed(answer)
    tokens, unreadable = hardware_listed(hardware, expected=True) if hardware is not None else ([], None)
    return Found(methods + tokens, hardware_unreadable=unreadable)


def removal_path(user_id: str, method: Method) -> tuple[str, str, str]:
    """Verb, API version and path of the call that removes a method."""
    path = f"users/{segment(user_id)}/authentication/{_COLLECTIONS[method.type]}/{segment(method.id)}"
    if method.type is MethodType.HARDWARE_OATH:
        return "POST", "beta", f"{path}/deactivate"
    # External methods are linked, not owned: only the reference can be deleted (the SDK's builder leaves `/$ref` out).
    return "DELETE", "v1.0", path + ("/$ref" if method.type is MethodType.EXTERNAL else "")


async def remove(client: GraphClient, user_id: str, method: Method) -> Response:
    """Ask Graph to delete a method, or to deactivate a hardware token (it stays assigned). The answer may be an error."""
    verb, version, path = removal_path(user_id, method)
    return await client.send(verb, path, version=version)


async def revoke_and_read(
    client: GraphClient, user_id: str, *, revoke: bool, hardware: bool
) -> tuple[Response | None, Found | GraphError]:
    """Revoke the sign-in sessions and read the methods, in one round trip; hardware tokens are read beside it.

    The first answer is that of the revocation, None where it was not asked for; it may be an error. The second is an error
    when the methods could not be read, so that a revocation that was done is not forgotten.
    """
    parts = [Part(f"users/{segment(user_id)}/revokeSignInSessions", "POST", repeatable=True)] if revoke else []
    # No dependsOn: a refused revocation must not hide what is still registered.
    answers, found = await with_methods(client, user_id, parts, hardware=hardware)
    return (_readable(answers[0]) if revoke else None), found


def _readable(answer: Response) -> Response:
    """Return the answer to a revocation; one that says nothing is as good as one that did not come."""
    if answer.ok and answer.status != 204 and not isinstance(answer.body.get("value"), bool):
        return answer._replace(status=502)
    return answer


async def with_methods(
    client: GraphClient, user_id: str, parts: Sequence[Part], *, hardware: bool
) -> tuple[list[Response], Found | GraphError]:
    """Return the answers to `parts` and the user's methods in one round trip; hardware tokens are read beside it."""
    whole = [*parts, methods_part(user_id)]
    answers, tokens = await _beside(batch(client, whole), client, user_id, hardware=hardware)
    try:
        return answers[:-1], _found(answers[-1], tokens)
    except GraphError as error:
        return answers[:-1], error


async def change_default(client: GraphClient, user_id: str, preference: str) -> Response:
    """Make `preference` (push, oath, sms, ...) the user's default second factor. The answer may be an error."""
    return await client.send(
        "PATCH",
        f"users/{segment(user_id)}/authentication/signInPreferences",
        body={"userPreferredMethodForSecondaryAuthentication": preference},
        version="beta",
    )
