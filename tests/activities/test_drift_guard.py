"""The drift guard: whatever a user registers after the plan stays, however late or often a reset runs."""

from typing import Any

import pytest

from domain.methods import ALTERNATE_MOBILE_PHONE_ID, MOBILE_PHONE_ID, STANDARD_SCOPE, MethodType
from domain.outcomes import TargetOutcome
from tests.activities.conftest import Works, outcomes

APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})
NUMBER = "+1 2065550123"
MOBILE = ("phone", {"phoneType": "mobile", "phoneNumber": NUMBER})


def undated(user: Any, *ids: str) -> None:
    """Creation dates may be null; then the same number looks the same."""
    for method_id in ids:
        user.methods[method_id].created = None


async def test_another_app_registered_after_the_plan_stays(works: Works) -> None:
    user = works.user(APP)
    await works.planned(user)
    new = works.world.register("contoso", user.upn, "microsoftAuthenticator", displayName="new phone")
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert outcomes(target)[new.id] == "keptNewer"
    assert works.present(user) == {new.id}


async def test_another_number_in_the_same_place_stays(works: Works) -> None:
    user = works.user(MOBILE, APP)
    await works.planned(user)
    user.methods[MOBILE_PHONE_ID].properties["phoneNumber"] = "+1 2065559999"
    target = await works.reset()
    assert outcomes(target)[MOBILE_PHONE_ID] == "keptNewer"
    assert works.present(user) == {MOBILE_PHONE_ID}


@pytest.mark.parametrize("dated", [True, False])
async def test_same_number_registered_again_after_the_plan_stays(works: Works, dated: bool) -> None:
    user = works.user(MOBILE)
    if not dated:
        undated(user, MOBILE_PHONE_ID)
    await works.planned(user)
    works.clock.pass_(hours=3)
    del user.methods[MOBILE_PHONE_ID]
    works.world.register("contoso", user.upn, "phone", phoneType="mobile", phoneNumber=NUMBER)
    target = await works.reset()
    assert outcomes(target)[MOBILE_PHONE_ID] == "keptNewer"
    assert works.present(user) == {MOBILE_PHONE_ID}


async def test_number_registered_again_in_the_very_second_of_the_plan_stays(works: Works) -> None:
    user = works.user(MOBILE)
    undated(user, MOBILE_PHONE_ID)
    works.clock.pass_(seconds=0.9)
    await works.planned(user)
    works.world.register(
        "contoso", user.upn, "phone", phoneType="mobile", phoneNumber=NUMBER
    )  # its date is a whole second
    target = await works.reset()
    assert outcomes(target)[MOBILE_PHONE_ID] == "keptNewer"
    assert works.present(user) == {MOBILE_PHONE_ID}


@pytest.mark.parametrize("dated", [True, False])
async def test_phone_registered_again_after_its_removal_is_not_removed_again(works: Works, dated: bool) -> None:
    """The same place, the same number: what was reported as removed stays so, and what took its place is kept."""
    user = works.user(MOBILE, APP, prefer="push")
    if not dated:
        undated(user, MOBILE_PHONE_ID)
    await works.planned(user)
    works.world.faults.add(
        path="*/microsoftAuthenticatorMethods/*", method="DELETE", status=429, retry_after=30, count=1
    )
    assert (await works.once())["fault"] == "throttled"
    assert MOBILE_PHONE_ID not in user.methods
    works.clock.pass_(seconds=30)
    works.world.register("contoso", user.upn, "phone", prefer="sms", phoneType="mobile", phoneNumber=NUMBER)
    target = await works.reset()
    assert works.present(user) == {MOBILE_PHONE_ID}
    assert [m.outcome.value for m in target.methods if m.id == MOBILE_PHONE_ID] == ["deleted", "keptNewer"]


async def test_date_that_appears_but_is_older_than_the_plan_is_the_same_registration(works: Works) -> None:
    user = works.user(MOBILE)
    created = user.methods[MOBILE_PHONE_ID].created
    undated(user, MOBILE_PHONE_ID)
    await works.planned(user)
    user.methods[MOBILE_PHONE_ID].created = created
    assert (await works.reset()).outcome is TargetOutcome.RESET


async def test_a_run_that_is_resumed_hours_later_leaves_what_was_registered_again(works: Works) -> None:
    """The worker died between Graph's answer and the record; the user registered the same number; then it goes on."""
    user = works.user(MOBILE, APP, prefer="push")
    undated(user, MOBILE_PHONE_ID)
    await works.planned(user)
    works.world.faults.add(
        method="DELETE", path="*/microsoftAuthenticatorMethods/*", status=429, retry_after=1, count=1
    )
    kept = await works.services.targets.get("r1", 0)
    assert kept is not None

    class DiedError(Exception): ...

    async def dies(*_: object) -> bool:
        raise DiedError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("records.targets.Targets.save", dies)
        with pytest.raises(DiedError):
            await works.once()
    assert MOBILE_PHONE_ID not in user.methods  # it was removed, but that was not recorded
    works.clock.pass_(hours=5)
    again = works.world.register("contoso", user.upn, "phone", phoneType="mobile", phoneNumber=NUMBER)
    again.created = None
    target = await works.reset()
    assert MOBILE_PHONE_ID in works.present(user)
    assert outcomes(target)[MOBILE_PHONE_ID] == "unverified"
    assert target.outcome is TargetOutcome.PARTIALLY_RESET  # not reported as done, because it cannot be known


async def test_a_repeated_activity_leaves_what_was_registered_again(works: Works) -> None:
    user = works.user(MOBILE, APP)
    await works.planned(user)
    assert (await works.reset()).outcome is TargetOutcome.RESET
    works.world.register("contoso", user.upn, "phone", phoneType="mobile", phoneNumber=NUMBER)
    deletes = len(works.deletes(user))
    assert (await works.once())["retry_after"] is None
    assert len(works.deletes(user)) == deletes
    assert works.present(user) == {MOBILE_PHONE_ID}


async def test_same_number_without_a_date_between_two_looks_is_not_removed_again(works: Works) -> None:
    user = works.user(MOBILE)
    undated(user, MOBILE_PHONE_ID)
    await works.planned(user)
    works.world.faults.add(method="GET", path="*/authentication/methods", status=503, skip=1, count=4)
    await works.once()  # removed, and not verified
    works.world.register("contoso", user.upn, "phone", phoneType="mobile", phoneNumber=NUMBER).created = None
    target = await works.reset()
    assert works.present(user) == {MOBILE_PHONE_ID}
    assert outcomes(target)[MOBILE_PHONE_ID] == "unverified"


async def test_token_activated_again_after_its_deactivation_stays(works: Works) -> None:
    user = works.user(("hardwareOath", {}), APP, prefer="push")
    token = next(m for m in user.methods.values() if m.kind.name == "hardwareOath")
    await works.planned(user)
    works.world.faults.add(method="GET", path="*/authentication/methods", status=503, skip=1, count=4)
    await works.once()
    token.properties["device"]["status"] = "activated"
    target = await works.reset()
    assert token.usable
    assert outcomes(target)[token.id] == "unverified"


async def test_alternate_mobile_added_after_the_plan_keeps_the_mobile_and_is_kept(works: Works) -> None:
    user = works.user(MOBILE, APP, prefer="push")
    await works.planned(user)
    works.world.register("contoso", user.upn, "phone", phoneType="alternateMobile", phoneNumber="+1 2065550777")
    target = await works.reset()
    assert outcomes(target)[ALTERNATE_MOBILE_PHONE_ID] == "keptNewer"
    assert outcomes(target)[MOBILE_PHONE_ID] == "failed"  # Graph does not let it go first
    assert {MOBILE_PHONE_ID, ALTERNATE_MOBILE_PHONE_ID} <= works.present(user)


async def test_out_of_scope_is_neither_touched_nor_reported_as_newer(works: Works) -> None:
    user = works.user(APP, ("fido2", {}), ("windowsHelloForBusiness", {}))
    others = {m.id for m in user.methods.values() if m.kind.name in {"fido2", "windowsHelloForBusiness"}}
    # The request names passkeys, which contoso's policy does not let be reset.
    await works.planned(user, methods=(*STANDARD_SCOPE, MethodType.FIDO2))
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert works.present(user) == others
    assert not others & outcomes(target).keys()


async def test_policy_that_protects_the_user_since_the_approval_stops_the_reset(works: Works) -> None:
    user = works.user(APP)
    await works.planned(user)
    policy = works.services.policy
    contoso = policy.customers["contoso"].model_copy(update={"protected_users": (user.upn,)})
    works.use_policy(policy.model_copy(update={"customers": policy.customers | {"contoso": contoso}}))
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.REFUSED, "protectedUser")
    assert works.present(user)


async def test_policy_without_the_customer_since_the_approval_stops_the_reset(works: Works) -> None:
    user = works.user(APP)
    await works.planned(user)
    policy = works.services.policy
    others = {key: customer for key, customer in policy.customers.items() if key != "contoso"}
    works.use_policy(policy.model_copy(update={"customers": others}))
    target = await works.reset()
    assert (target.outcome, target.reason) == (TargetOutcome.REFUSED, "unknownCustomer")
    assert works.present(user)


async def test_policy_that_allows_fewer_kinds_since_the_approval_keeps_those(works: Works) -> None:
    user = works.user(APP, MOBILE, prefer="sms")
    await works.planned(user)
    works.allow(MethodType.MICROSOFT_AUTHENTICATOR)
    target = await works.reset()
    assert outcomes(target)[MOBILE_PHONE_ID] == "forbidden"
    assert works.present(user) == {MOBILE_PHONE_ID}


async def test_another_mail_address_in_the_same_place_stays(works: Works) -> None:
    works.allow(*MethodType)
    user = works.user(("email", {"emailAddress": "old@home.example"}), APP)
    (mail,) = [m.id for m in user.methods.values() if m.kind.name == "email"]
    undated(user, mail)
    await works.planned(user, methods=tuple(MethodType))
    works.clock.pass_(hours=3)
    del user.methods[mail]
    again = works.world.register("contoso", user.upn, "email", emailAddress="new@home.example")
    undated(user, again.id)
    target = await works.reset()
    assert outcomes(target)[mail] == "keptNewer"
    assert works.present(user) == {mail}


async def test_number_that_had_a_date_and_has_none_now_is_another_registration(works: Works) -> None:
    user = works.user(MOBILE, APP)
    await works.planned(user)
    works.clock.pass_(hours=3)
    del user.methods[MOBILE_PHONE_ID]
    works.world.register("contoso", user.upn, "phone", phoneType="mobile", phoneNumber=NUMBER)
    undated(user, MOBILE_PHONE_ID)
    target = await works.reset()
    assert outcomes(target)[MOBILE_PHONE_ID] == "keptNewer"
    assert works.present(user) == {MOBILE_PHONE_ID}
