"""A user who changed between plan and reset is not touched, unless the approval already covered the change."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.outcomes import TargetOutcome
from localhost.simulator.model.entities import User
from localhost.simulator.seeds.people import GLOBAL_ADMINISTRATOR, assignable_group, role
from tests.activities.conftest import Works

APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})
MOBILE: tuple[str, dict[str, Any]] = ("phone", {"phoneType": "mobile"})


def lead(works: Works, user: User) -> None:
    user.roles.append(role(works.world.tenant("contoso"), GLOBAL_ADMINISTRATOR))


def join(works: Works, user: User) -> None:
    user.groups.append(assignable_group(works.world.tenant("contoso")))


def own(works: Works, user: User) -> None:
    user.owned.append(assignable_group(works.world.tenant("contoso")))


def leave(_: Works, user: User) -> None:
    user.enabled = False


def become_guest(_: Works, user: User) -> None:
    user.type = "Guest"


def take_a_protected_name(_: Works, user: User) -> None:
    user.mail = "breakglass@contoso.com"


def guard(works: Works, **rules: str) -> None:
    policy = works.services.policy
    works.use_policy(policy.model_copy(update={"guards": policy.guards.model_copy(update=rules)}))


def untouched(works: Works, user: User) -> bool:
    return not works.deletes(user) and user.sessions_revoked_at is None


BECAME: list[tuple[Callable[[Works, User], None], str]] = [
    (lead, "privilegedUser"),
    (join, "privilegedUser"),
    (own, "privilegedUser"),
    (leave, "disabledUser"),
    (become_guest, "guestUser"),
    (take_a_protected_name, "protectedUser"),
]


@pytest.mark.parametrize("methods", [(APP, MOBILE), ()])
@pytest.mark.parametrize(("became", "reason"), BECAME)
async def test_user_who_changed_since_the_plan_is_refused(
    works: Works, methods: tuple[Any, ...], became: Callable[[Works, User], None], reason: str
) -> None:
    guard(works, disabled_users="refuse", guests="refuse")
    user = works.user(*methods)
    await works.planned(user)
    became(works, user)
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.REFUSED, reason)
    assert target.detail
    assert untouched(works, user)
    assert works.present(user) == {method.id for method in target.methods}


@pytest.mark.parametrize("became", [lead, join, leave, become_guest])
async def test_what_the_plan_knew_was_approved(works: Works, became: Callable[[Works, User], None]) -> None:
    guard(works, guests="allow", disabled_users="allow")
    user = works.user(APP)
    became(works, user)
    await works.planned(user)
    guard(works, guests="refuse", disabled_users="refuse", privileged_users="refuse")
    assert (await works.reset()).outcome is TargetOutcome.RESET


async def test_what_the_policy_allows_is_no_reason(works: Works) -> None:
    guard(works, privileged_users="allow", disabled_users="allow")
    user = works.user(APP)
    await works.planned(user)
    lead(works, user)
    leave(works, user)
    assert (await works.reset()).outcome is TargetOutcome.RESET


@pytest.mark.parametrize("methods", [(APP,), ()])
@pytest.mark.parametrize("read", ["*/transitiveMemberOf*", "*/ownedObjects/*", "*/users/{id}"])
async def test_what_cannot_be_read_is_never_allowed(works: Works, methods: tuple[Any, ...], read: str) -> None:
    user = works.user(*methods)
    await works.planned(user)
    works.without_tenant_wide_lists()
    path = read.replace("{id}", user.id)
    works.world.faults.add(method="GET", path=path, status=429, retry_after=7, count=1)
    answer = await works.once()
    assert (answer["retry_after"], answer["fault"]) == (7.0, "throttled")
    assert untouched(works, user)
    works.world.faults.add(method="GET", path=path, status=403)
    target = await works.reset()
    assert target.outcome in {TargetOutcome.FAILED, TargetOutcome.PARTIALLY_RESET}
    assert untouched(works, user)


async def test_who_became_an_administrator_in_the_middle_keeps_the_rest(works: Works) -> None:
    user = works.user(APP, MOBILE, prefer="push")
    await works.planned(user)
    works.world.faults.add(
        method="DELETE", path="*/microsoftAuthenticatorMethods/*", status=429, retry_after=30, count=1
    )
    assert (await works.once())["retry_after"]
    lead(works, user)
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "privilegedUser")
    assert [method.outcome.value for method in target.methods if method.outcome.value == "deleted"] == ["deleted"]
    assert len(works.present(user)) == 1
    assert user.sessions_revoked_at is None
