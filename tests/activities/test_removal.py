"""One user's reset: order, deferral, verification, and what faults leave behind."""

import asyncio
from typing import Any, Literal

import pytest

from domain.methods import ALTERNATE_MOBILE_PHONE_ID, MOBILE_PHONE_ID, OFFICE_PHONE_ID, MethodType
from domain.outcomes import TargetOutcome
from graph.methods import remove
from graph.responses import Response
from tests.activities.conftest import Works, outcomes

MOBILE = ("phone", {"phoneType": "mobile"})
ALTERNATE = ("phone", {"phoneType": "alternateMobile"})
OFFICE = ("phone", {"phoneType": "office"})
APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})
SOFTWARE: tuple[str, dict[str, Any]] = ("softwareOath", {})
HARDWARE: tuple[str, dict[str, Any]] = ("hardwareOath", {})
PASSKEY: tuple[str, dict[str, Any]] = ("fido2", {})


def kinds(works: Works, user: Any) -> list[str]:
    """The kinds that were asked to go, in order, phones by slot."""
    slots = {MOBILE_PHONE_ID: "mobile", ALTERNATE_MOBILE_PHONE_ID: "alternate", OFFICE_PHONE_ID: "office"}
    return [slots.get(gone, gone) for gone in works.deletes(user)]


async def test_everything_goes_in_order_and_is_seen_gone(works: Works) -> None:
    user = works.user(MOBILE, ALTERNATE, OFFICE, SOFTWARE, HARDWARE, prefer="sms")
    software, hardware = (
        next(m.id for m in user.methods.values() if m.kind.name == k) for k in ("softwareOath", "hardwareOath")
    )
    await works.planned(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert target.sessions_revoked is True
    assert kinds(works, user) == [hardware, software, "office", "alternate", "mobile"]
    assert outcomes(target)[hardware] == "deactivated"
    assert set(outcomes(target).values()) == {"deleted", "deactivated"}
    assert not works.present(user)
    assert hardware in user.methods  # the token stays assigned


@pytest.mark.parametrize(
    ("prefer", "last"),
    [("push", "microsoftAuthenticator"), ("sms", "mobile"), ("voiceOffice", "office")],
)
async def test_default_goes_last_so_nothing_is_refused(works: Works, prefer: str, last: str) -> None:
    user = works.user(MOBILE, OFFICE, APP, prefer=prefer)
    ids = {m.phone_type or m.kind.name: m.id for m in user.methods.values()}
    await works.planned(user)
    assert (await works.reset()).outcome is TargetOutcome.RESET
    assert works.deletes(user)[-1] == ids[last]
    assert len(works.deletes(user)) == 3


@pytest.mark.parametrize("text", ["with-others", "matches", "unknown"])
@pytest.mark.parametrize("blockers", ["capable", "any"])
async def test_default_that_changed_since_the_plan_is_deferred(
    works: Works, text: Literal["with-others", "matches", "unknown"], blockers: Literal["capable", "any"]
) -> None:
    works.world.default_text, works.world.default_blockers = text, blockers
    user = works.user(OFFICE, MOBILE, APP, prefer="push")
    await works.planned(user)
    user.preferred = "voiceOffice"  # the plan has the office phone first
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET, outcomes(target)
    assert kinds(works, user)[0] == kinds(works, user)[-1] == "office"


async def test_refusal_with_an_unknown_message_is_deferred_too(works: Works) -> None:
    user = works.user(MOBILE, APP, prefer="push")
    works.world.faults.add(
        method="DELETE", path="*/phoneMethods/*", status=400, code="badRequest", message="Not yet.", count=1
    )
    await works.planned(user)
    assert (await works.reset()).outcome is TargetOutcome.RESET
    assert kinds(works, user).count("mobile") == 2


async def test_permanent_refusal_with_an_unknown_message_is_reported_as_failed(works: Works) -> None:
    user = works.user(MOBILE, APP, prefer="push")
    works.world.faults.add(method="DELETE", path="*/phoneMethods/*", status=400, code="badRequest", message="Never.")
    await works.planned(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.PARTIALLY_RESET
    assert outcomes(target)[MOBILE_PHONE_ID] == "failed"
    assert MOBILE_PHONE_ID in works.present(user)


async def test_what_is_refused_twice_goes_in_the_third_pass_of_one_run(works: Works) -> None:
    works.world.enforces_default = False  # only what is said here is refused
    user = works.user(OFFICE, SOFTWARE, MOBILE)
    for path, times in (("*/softwareOathMethods/*", 2), ("*/phoneMethods/e37fc753-*", 1)):
        works.world.faults.add(
            method="DELETE", path=path, status=400, code="badRequest", message="Not yet.", count=times
        )
    await works.planned(user)
    assert await works.once() == {"retry_after": None, "fault": "", "pressure": 0.0, "progressed": True}
    assert (await works.target()).outcome is TargetOutcome.RESET
    software = works.deletes(user)[0]
    assert kinds(works, user) == [software, "office", "mobile", software, "office", software]


@pytest.mark.parametrize("text", ["with-others", "matches", "unknown"])
async def test_alternate_mobile_as_default_makes_way_for_both(
    works: Works, text: Literal["with-others", "matches", "unknown"]
) -> None:
    works.world.default_text = text
    user = works.user(MOBILE, ALTERNATE, prefer="voiceAlternateMobile")
    await works.planned(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET, outcomes(target)
    assert kinds(works, user) == ["alternate", "alternate", "mobile"]
    assert works.world.calls.matching(user=user.id, verb="PATCH", ending="signInPreferences")


@pytest.mark.parametrize("text", ["with-others", "matches", "unknown"])
async def test_default_blocked_by_a_method_out_of_scope_is_refused_and_stays(
    works: Works, text: Literal["with-others", "matches", "unknown"]
) -> None:
    works.world.default_text = text
    user = works.user(MOBILE, APP, PASSKEY, prefer="push")
    await works.planned(user, methods=(MethodType.MICROSOFT_AUTHENTICATOR,))
    before = works.present(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.FAILED or target.outcome is TargetOutcome.PARTIALLY_RESET
    assert set(outcomes(target).values()) == {"refusedDefault"}
    assert target.reason == "refusedDefault"
    assert works.present(user) == before


async def test_404_without_a_wrapper_is_already_gone(works: Works) -> None:
    user = works.user(MOBILE, APP)
    await works.planned(user)
    del user.methods[MOBILE_PHONE_ID]
    works.world.faults.add(method="DELETE", path="*/phoneMethods/*", status=404, wrapped=False)
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert outcomes(target)[MOBILE_PHONE_ID] == "alreadyGone"


async def test_method_that_goes_between_look_and_removal_is_already_gone(works: Works) -> None:
    user = works.user(MOBILE, APP)
    await works.planned(user)
    works.world.faults.add(path="*/phoneMethods/*", method="DELETE", status=404, wrapped=False, applied=True)
    target = await works.reset()
    assert outcomes(target)[MOBILE_PHONE_ID] == "alreadyGone"
    assert target.outcome is TargetOutcome.RESET


async def test_external_method_goes_by_reference(works: Works) -> None:
    works.allow(*MethodType)
    user = works.user(("externalAuthenticationMethod", {}), APP)
    await works.planned(user, methods=(MethodType.EXTERNAL, MethodType.MICROSOFT_AUTHENTICATOR))
    target = await works.reset()
    assert set(outcomes(target).values()) == {"deleted"}
    assert len(works.world.calls.matching(user=user.id, verb="DELETE", ending="/$ref")) == 1
    assert not works.present(user)


async def test_guest_is_reset_by_object_id(works: Works) -> None:
    works.allow()
    guest = works.world.user("contoso", "kim_partner.example#EXT#@contoso.com")
    await works.planned(guest)
    assert (await works.reset()).outcome is TargetOutcome.RESET
    assert all("#" not in c.path and "%23" not in c.path for c in works.world.calls if c.user == guest.id)


async def test_hardware_token_that_may_not_be_deactivated_is_forbidden(works: Works) -> None:
    user = works.user(HARDWARE, APP)
    works.world.faults.add(path="*/deactivate", status=403, code="accessDenied", message="Request Authorization failed")
    await works.planned(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.PARTIALLY_RESET
    assert target.reason == "forbidden"
    assert sorted(outcomes(target).values()) == ["deleted", "forbidden"]


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_hardware_tokens_that_cannot_be_read_any_more_are_not_reported_as_gone(works: Works, status: int) -> None:
    user = works.user(HARDWARE, APP)
    token = next(m.id for m in user.methods.values() if m.kind.name == "hardwareOath")
    await works.planned(user)
    works.world.faults.add(method="GET", path="*/hardwareOathMethods", status=status)
    target = await works.reset()
    assert outcomes(target)[token] in {"forbidden", "failed"}
    assert token in works.present(user)


@pytest.mark.parametrize("missing", [400, 404, 501])
async def test_cloud_without_hardware_tokens(works: Works, missing: Literal[400, 404, 501]) -> None:
    works.world.tenant("contoso").hardware_missing = missing
    user = works.user(APP)
    await works.planned(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert len(target.methods) == 1


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (403, "accessDenied", "Request Authorization failed"),
        (400, "BadRequest", "Invalid filter clause"),
        (400, "badRequest", "The user is not in a state for this."),
        (405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."),
        (423, "Locked", "The resource is locked."),
    ],
)
async def test_unreadable_hardware_tokens_are_reported_in_the_plan(
    works: Works, status: int, code: str, message: str
) -> None:
    """Only a path that is not there says that a cloud has no such tokens; another refusal says nothing of them."""
    works.world.faults.add(method="GET", path="*/hardwareOathMethods", status=status, code=code, message=message)
    user = works.user(APP)
    await works.planned(user)
    target = await works.reset()
    forbidden = status == 403
    assert outcomes(target)[""] == ("forbidden" if forbidden else "failed")
    assert target.outcome is TargetOutcome.PARTIALLY_RESET
    assert target.reason == ("forbidden" if forbidden else "methodsUnreadable")
    assert message in target.detail


async def test_user_without_methods_is_already_clear_and_signed_out(works: Works) -> None:
    user = works.user()
    await works.planned(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.ALREADY_CLEAR
    assert user.sessions_revoked_at is not None


async def test_sessions_stay_where_that_was_asked(works: Works) -> None:
    user = works.user(APP)
    await works.planned(user, revoke=False)
    target = await works.reset()
    assert (target.outcome, target.sessions_revoked) == (TargetOutcome.RESET, None)
    assert user.sessions_revoked_at is None


async def test_sessions_that_cannot_be_revoked_are_reported(works: Works) -> None:
    user = works.user(APP)
    works.world.faults.add(path="*/revokeSignInSessions", status=403, code="Authorization_RequestDenied")
    await works.planned(user)
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "sessionsNotRevoked")
    assert target.sessions_revoked is False


async def test_a_cancel_between_two_removals_of_one_user_spares_the_rest(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(OFFICE, SOFTWARE, APP, prefer="push")
    await works.planned(user)

    async def removed_and_cancelled(*what: Any) -> Response:
        answer = await remove(*what)
        await works.services.requests.cancel("r1", "tester", works.clock())
        return answer

    monkeypatch.setattr("reset.removal.remove", removed_and_cancelled)
    assert (await works.once())["retry_after"] is None
    assert len(works.deletes(user)) == 1
    target = await works.target()
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "cancelled")
    # In the same run it was looked at what became of the one that was asked for.
    assert [m.outcome.value for m in target.methods] == ["deleted", "pending", "pending"]
    assert works.present(user) == {m.id for m in target.methods[1:]}
    assert target.sessions_revoked is False
    assert user.sessions_revoked_at is None


@pytest.mark.parametrize(
    "path",
    ["*/microsoftAuthenticatorMethods/*", "*/revokeSignInSessions"],
    ids=["a call of its own", "a part of a batch"],
)
async def test_how_near_the_limit_the_tenant_is_is_answered(works: Works, path: str) -> None:
    user, other = works.user(APP), works.user(APP, name="peter")
    await works.planned(user, other)
    assert (await works.once())["pressure"] == 0.0
    works.world.throttle.limit(rate=0.001, burst=1, tenant="contoso", path=path)
    answer = await works.once(number=1)
    assert (answer["retry_after"], answer["pressure"]) == (None, 1.0)


async def test_a_cancel_before_the_sessions_were_revoked_is_no_reset(works: Works) -> None:
    user = works.user(APP)
    works.world.faults.add(path="*/revokeSignInSessions", status=503)
    await works.planned(user)
    assert (await works.once())["retry_after"] is not None
    assert not works.present(user)
    await works.services.requests.cancel("r1", "tester", works.clock())
    works.clock.pass_(seconds=60)
    assert (await works.once())["retry_after"] is None
    target = await works.target()
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "cancelled")
    assert target.sessions_revoked is False
    assert user.sessions_revoked_at is None


async def test_removal_that_is_seen_only_later_is_waited_for(works: Works) -> None:
    user = works.user(APP)
    works.world.faults.add(method="DELETE", visible_after_reads=2)
    await works.planned(user)
    first = await works.once()
    assert (first["fault"], first["retry_after"]) == ("notVisibleYet", 3.0)
    assert (await works.target()).outcome is TargetOutcome.PENDING
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert len(works.deletes(user)) == 1


async def test_removal_that_is_never_seen_is_unverified(works: Works) -> None:
    user = works.user(APP, MOBILE)
    works.world.faults.add(method="DELETE", path="*/microsoftAuthenticatorMethods/*", visible_after_reads=1000)
    await works.planned(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.PARTIALLY_RESET
    assert sorted(outcomes(target).values()) == ["deleted", "unverified"]
    assert target.reason == "unverified"


async def test_removal_that_got_lost_is_asked_for_again(works: Works) -> None:
    user = works.user(APP)
    works.world.faults.add(method="DELETE", status=204, count=1)  # answered as done, and not done
    await works.planned(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert not works.present(user)


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_connection_cut_in_the_middle_of_a_removal(works: Works, drop: Literal["before", "after"]) -> None:
    user = works.user(APP, MOBILE, prefer="push")
    works.world.faults.add(method="DELETE", path="*/microsoftAuthenticatorMethods/*", drop=drop, count=1)
    await works.planned(user)
    first = await works.once()  # it looks at what became of the removal, and goes on
    assert (first["fault"], first["retry_after"]) == ("", None)
    target = await works.target()
    assert target.outcome is TargetOutcome.RESET
    assert set(outcomes(target).values()) == {"deleted"}
    assert not works.present(user)
    assert len(works.deletes(user)) == (3 if drop == "before" else 2)


async def test_cut_connection_and_then_nothing_is_unverified_or_known(works: Works) -> None:
    """The removal was done, its answer lost, and then Graph is away for good."""
    user = works.user(APP)
    await works.planned(user)
    works.world.faults.add(method="DELETE", drop="after", count=1)
    works.world.faults.add(path="*/authentication/methods", status=503, skip=1)
    await works.once()
    works.world.faults.add(status=503)
    target = await works.reset(runs=3)
    assert target.outcome is TargetOutcome.PARTIALLY_RESET
    assert set(outcomes(target).values()) == {"unverified"}
    assert target.reason == "customerUnreachable"


async def test_throttled_in_the_middle_goes_on_where_it_was(works: Works) -> None:
    user = works.user(APP, MOBILE, SOFTWARE, prefer="push")
    works.world.faults.add(method="DELETE", status=429, code="TooManyRequests", retry_after=90, skip=1, count=1)
    await works.planned(user)
    answer = await works.once()
    assert (answer["retry_after"], answer["fault"], answer["progressed"]) == (90.0, "throttled", True)
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert len(works.deletes(user)) == 4  # three, and the throttled one twice


async def test_no_token_ends_the_target_at_once(works: Works) -> None:
    user = works.user(APP)
    await works.planned(user)
    works.world.tenant("contoso").consented = False
    works.world.tokens.clear()
    answer = await works.once()
    assert (answer["retry_after"], answer["fault"]) == (None, "consentMissing")
    target = await works.target()
    assert (target.outcome, target.reason) == (TargetOutcome.FAILED, "consentMissing")
    assert set(outcomes(target).values()) == {"failed"}


async def test_user_who_was_deleted_since_the_plan(works: Works) -> None:
    user = works.user(APP)
    await works.planned(user)
    tenant = works.world.tenant("contoso")
    del tenant.users[user.id], tenant.by_upn[user.upn]
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.FAILED, "userNotFound")


async def test_two_runs_at_once_settle_on_the_truth(works: Works) -> None:
    """The host may run an activity twice, even side by side: then removals collide and get lost silently."""
    user = works.user(APP, MOBILE, SOFTWARE, prefer="push")
    await works.planned(user)
    await asyncio.gather(works.once(), works.once())
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET, outcomes(target)
    assert not works.present(user)
    totals = await works.services.targets.totals("r1")
    assert (totals["reset"], totals["pending"]) == (1, 0)
