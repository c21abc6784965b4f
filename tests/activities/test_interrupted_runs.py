"""A run that ends early, by a crash or a cancel: what it did is reported, and nothing further is done."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.methods import MOBILE_PHONE_ID
from domain.outcomes import TargetOutcome
from graph.client import GraphClient
from graph.responses import Response
from localhost.simulator.model.entities import User
from records.errors import StoreUnavailableError
from records.requests import Requests
from records.targets import Targets
from reset.state import LOOKS
from tests.activities.conftest import CONTOSO, DiedError, Works

APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})
TOKEN: tuple[str, dict[str, Any]] = ("softwareOath", {})
MOBILE: tuple[str, dict[str, Any]] = ("phone", {"phoneType": "mobile"})
ALTERNATE: tuple[str, dict[str, Any]] = ("phone", {"phoneType": "alternateMobile"})


async def dies_before_it_saves(works: Works) -> None:
    async def dies(*_: object) -> None:
        raise DiedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Targets, "save", dies)
        with pytest.raises(DiedError):
            await works.once()


async def cancel(works: Works) -> None:
    await works.services.requests.cancel("r1", "tester", works.clock())


def once_answered(monkeypatch: pytest.MonkeyPatch, verb: str, then: Callable[[Response], Awaitable[None]]) -> None:
    """`then` is awaited with the answer to each call of that verb, before the service learns of it."""
    send = GraphClient.send_once

    async def sent(self: GraphClient, method: str, path: str, **more: Any) -> Response:
        answer = await send(self, method, path, **more)
        if method == verb:
            await then(answer)
        return answer

    monkeypatch.setattr(GraphClient, "send_once", sent)


def patches(works: Works, user: User) -> list[int]:
    return [call.status for call in works.world.calls if call.user == user.id and call.verb == "PATCH"]


async def test_what_a_run_removed_before_it_died_is_reported_as_deleted(works: Works) -> None:
    user = works.user(APP, TOKEN)
    await works.planned(user)
    await dies_before_it_saves(works)
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    # Of the first it was written down that Graph said so, of the last only that it was about to be asked for.
    assert [(m.outcome.value, m.detail) for m in target.methods] == [
        ("deleted", ""),
        ("deleted", "The reset was interrupted while it removed; the method is gone."),
    ]


async def test_what_a_dead_run_never_reached_and_somebody_else_removed_is_not_ours(works: Works) -> None:
    user = works.user(APP, TOKEN)
    await works.planned(user)

    async def dies(_: Response) -> None:
        raise DiedError

    with pytest.MonkeyPatch.context() as patch:
        once_answered(patch, "DELETE", dies)
        with pytest.raises(DiedError):
            await works.once()
    assert len(works.deletes(user)) == 1
    user.methods = {key: m for key, m in user.methods.items() if m.kind.name == "password"}
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert [m.outcome.value for m in target.methods] == ["deleted", "alreadyGone"]


async def test_cancel_after_a_crash_does_not_report_the_user_as_untouched(works: Works) -> None:
    user = works.user(APP, TOKEN)
    await works.planned(user)
    works.world.faults.add(user=user.id, path="*/microsoftAuthenticatorMethods/*", status=429, retry_after=5, count=1)
    await dies_before_it_saves(works)
    await cancel(works)
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "cancelled")
    assert {m.type.value: m.outcome.value for m in target.methods} == {
        "softwareOath": "deleted",
        "microsoftAuthenticator": "pending",
    }
    assert len(works.present(user)) == 1


async def test_what_cannot_be_seen_after_a_death_is_unverified_and_not_failed(works: Works) -> None:
    user = works.user(APP, TOKEN)
    await works.planned(user)
    await dies_before_it_saves(works)
    works.world.tenant("contoso").consented = False
    works.services.graph.of(CONTOSO)._tokens.forget(CONTOSO)
    target = await works.reset()
    assert not works.present(user)
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "consentMissing")
    assert {m.outcome.value for m in target.methods} == {"unverified"}


async def test_an_outage_of_records_between_two_removals_loses_no_outcome(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(APP, TOKEN)
    await works.planned(user)
    asked, cancelled = iter(range(9)), Requests.cancelled

    async def away(self: Requests, request_id: str) -> Any:
        if next(asked) == 1:
            raise StoreUnavailableError("away")
        return await cancelled(self, request_id)

    monkeypatch.setattr(Requests, "cancelled", away)
    with pytest.raises(StoreUnavailableError):
        await works.once()
    assert len(works.deletes(user)) == 1
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert {m.outcome.value for m in target.methods} == {"deleted"}


async def test_number_that_was_registered_again_minutes_after_a_death_is_left_alone(works: Works) -> None:
    """Without a date it looks as it did before."""
    user = works.user(MOBILE)
    user.methods[MOBILE_PHONE_ID].created = None
    number = user.methods[MOBILE_PHONE_ID].properties["phoneNumber"]
    await works.planned(user)
    await dies_before_it_saves(works)
    works.clock.pass_(minutes=1)
    again = works.world.register("contoso", user.upn, "phone", phoneType="mobile", phoneNumber=number)
    again.created = None
    target = await works.reset()
    assert user.methods[MOBILE_PHONE_ID] is again
    assert [m.outcome.value for m in target.methods] == ["unverified"]
    assert target.outcome is TargetOutcome.PARTIALLY_RESET


async def test_undated_number_whose_removal_shows_late_after_a_death_is_deleted(works: Works) -> None:
    """A minute has passed, and that alone says nothing: a later read shows that it is gone."""
    user = works.user(MOBILE)
    user.methods[MOBILE_PHONE_ID].created = None
    await works.planned(user)
    works.world.faults.add(method="DELETE", visible_after_reads=3)
    await dies_before_it_saves(works)
    works.clock.pass_(minutes=2)
    first = await works.once()
    assert (first["fault"], first["retry_after"]) == ("notVisibleYet", 3.0)
    target = await works.reset()
    assert [m.outcome.value for m in target.methods] == ["deleted"]
    assert target.outcome is TargetOutcome.RESET
    assert len(works.deletes(user)) == 1


async def test_number_that_shows_a_date_from_before_the_plan_after_a_death_is_asked_for_again(works: Works) -> None:
    user = works.user(MOBILE)
    created, user.methods[MOBILE_PHONE_ID].created = user.methods[MOBILE_PHONE_ID].created, None
    await works.planned(user)
    works.world.faults.add(method="DELETE", status=503, count=1 + LOOKS)
    await dies_before_it_saves(works)
    works.clock.pass_(minutes=2)
    user.methods[MOBILE_PHONE_ID].created = created
    target = await works.reset()
    assert [m.outcome.value for m in target.methods] == ["deleted"]
    assert not works.present(user)


async def test_death_at_a_user_without_methods_leaves_open_whether_the_sessions_ended(works: Works) -> None:
    user = works.user()
    await works.planned(user)
    await dies_before_it_saves(works)
    assert user.sessions_revoked_at is not None
    await cancel(works)
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "cancelled")
    assert target.detail.endswith("Whether the sign-in sessions were ended is not known.")
    assert not target.sessions_revoked


async def test_where_no_sessions_were_to_end_a_cancel_after_a_death_does_not_speak_of_them(works: Works) -> None:
    user = works.user(APP, TOKEN)
    await works.planned(user, revoke=False)
    works.world.faults.add(user=user.id, path="*/microsoftAuthenticatorMethods/*", status=429, retry_after=5, count=1)
    await dies_before_it_saves(works)
    await cancel(works)
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "cancelled")
    assert target.detail == "The request was cancelled before this user was done."
    assert target.sessions_revoked is None


async def test_after_a_cancel_the_default_method_is_not_changed_to_make_way(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(MOBILE, ALTERNATE, prefer="voiceAlternateMobile")
    await works.planned(user)

    async def refused(answer: Response) -> None:
        if answer.status == 400:
            await cancel(works)

    once_answered(monkeypatch, "DELETE", refused)
    target = await works.reset()
    assert (patches(works, user), user.preferred) == ([], "voiceAlternateMobile")
    assert target.outcome is TargetOutcome.CANCELLED
    assert works.present(user) == {m.id for m in target.methods}


async def test_a_default_method_changed_before_a_cancel_is_reported(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(MOBILE, ALTERNATE, prefer="voiceAlternateMobile")
    await works.planned(user)

    once_answered(monkeypatch, "PATCH", lambda _: cancel(works))
    target = await works.reset()
    assert patches(works, user) == [204]
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "cancelled")
    assert target.detail.endswith("The user's default method was changed.")
    assert {m.outcome.value for m in target.methods} == {"pending"}


async def test_default_method_that_a_dead_run_may_have_changed_is_named_after_a_cancel(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(MOBILE, ALTERNATE, prefer="voiceAlternateMobile")
    await works.planned(user)

    async def dies(_: Response) -> None:
        raise DiedError

    with monkeypatch.context() as patch:
        once_answered(patch, "PATCH", dies)
        with pytest.raises(DiedError):
            await works.once()
    assert user.preferred != "voiceAlternateMobile"
    await cancel(works)
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "cancelled")
    assert target.detail.endswith("The user's default method may have been changed.")
    assert works.present(user) == {m.id for m in target.methods}


async def test_default_method_is_not_named_where_graph_was_too_busy_to_change_it(works: Works) -> None:
    user = works.user(MOBILE, ALTERNATE, prefer="voiceAlternateMobile")
    await works.planned(user)
    works.world.faults.add(method="PATCH", count=1, status=429, retry_after=5)
    assert (await works.once())["fault"] == "throttled"
    assert not (await works.target()).default_changed
    await cancel(works)
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.CANCELLED, "cancelled")
    assert user.preferred == "voiceAlternateMobile"


async def test_sessions_are_left_alone_after_a_cancel_during_the_last_removal(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(APP)
    await works.planned(user)

    once_answered(monkeypatch, "DELETE", lambda _: cancel(works))
    target = await works.reset()
    assert user.sessions_revoked_at is None
    assert (target.outcome, target.reason) == (TargetOutcome.PARTIALLY_RESET, "cancelled")
    assert target.sessions_revoked is False
    assert [m.outcome.value for m in target.methods] == ["deleted"]


async def test_kill_switch_during_the_last_removal_holds_the_sessions_until_it_is_off(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(APP)
    await works.planned(user)

    async def stop(_: Response) -> None:
        monkeypatch.setenv("STOP_REMOVING", "1")

    once_answered(monkeypatch, "DELETE", stop)
    assert (await works.once())["fault"] == "held"
    assert user.sessions_revoked_at is None
    monkeypatch.setenv("STOP_REMOVING", "0")
    target = await works.reset()
    assert (target.outcome, target.sessions_revoked) == (TargetOutcome.RESET, True)
    assert user.sessions_revoked_at is not None


async def test_without_a_token_no_call_was_made_so_a_missing_method_is_already_gone(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(APP)
    await works.planned(user)

    async def looked(_: Response) -> None:
        if not works.deletes(user):
            works.services.graph.of(CONTOSO)._tokens.forget(CONTOSO)
            works.world.faults.add(path="*token*", status=503, count=4)

    once_answered(monkeypatch, "POST", looked)
    assert (await works.once())["fault"] == "unavailable"
    assert works.deletes(user) == []
    user.methods = {key: m for key, m in user.methods.items() if m.kind.name == "password"}
    target = await works.reset()
    assert [m.outcome.value for m in target.methods] == ["alreadyGone"]
