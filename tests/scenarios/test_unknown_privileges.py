"""Where Graph does not let eligibilities be read, the plan says so and the policy decides, each way through a whole request."""

from pathlib import Path
from typing import Any

import pytest

from tests.system import ROOT, System, system

pytestmark = pytest.mark.engine_only("it is about Graph and the policy; the storage makes no difference")
ADELE = "adele@contoso.com"
ELIGIBILITIES = ["*/roleEligibilityScheduleInstances", "*/group/eligibilityScheduleInstances"]
FORBIDDEN = {"status": 403, "code": "UnknownError", "message": '{"errorCode":"PermissionScopeNotGranted"}'}


def policy(tmp_path: Path, unknown: str) -> Path:
    text = (ROOT / "localhost/policy.demo.toml").read_text(encoding="utf-8")
    path = tmp_path / "policy.toml"
    path.write_text(text.replace("[guards]", f'[guards]\nunknownPrivileges = "{unknown}"', 1), encoding="utf-8")
    return path


async def planned(it: System, *others: str, **fault: Any) -> tuple[str, dict[str, Any]]:
    """A request for Adele and others while eligibilities answer so, and her target."""
    for path in ELIGIBILITIES:
        it.world.faults.add(method="GET", path=path, **fault)
    request = await it.ask(contoso=[ADELE, *others])
    target, *_ = await it.targets(request["id"])
    return request["id"], target


@pytest.mark.parametrize(("unknown", "quorum"), [("stepUp", 2), ("allow", 1)])
async def test_the_plan_says_so_and_asks_for_as_much_approval_as_the_policy_says(
    tmp_path: Path, unknown: str, quorum: int
) -> None:
    async with system(tmp_path, policy=policy(tmp_path, unknown)) as it:
        request_id, target = await planned(it, **FORBIDDEN)
        assert "privilegesUnknown" in target["warnings"]
        assert (await it.shown(request_id))["approval"]["quorum"] == quorum
        assert "could not be read" in it.world.mailbox.to()[-1].content
        await it.approve(request_id)
        ((outcome, reason),) = [(t["outcome"], t["reason"]) for t in await it.targets(request_id)]
        assert (outcome, reason) == ("reset", "")


async def test_the_user_is_refused_where_the_policy_says_so(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy(tmp_path, "refuse")) as it:
        _, target = await planned(it, **FORBIDDEN)
        assert (target["outcome"], target["reason"]) == ("refused", "privilegesUnknown")
        assert "PermissionScopeNotGranted" in target["detail"]


@pytest.mark.parametrize(
    ("fault", "unknown"),
    [
        ({"status": 400, "code": "BadRequest", "message": "Invalid filter clause"}, True),
        ({"status": 405, "code": "Request_BadRequest", "message": "Not allowed"}, True),
        ({"status": 423, "code": "Locked", "message": "The resource is locked."}, True),
        (
            {"status": 400, "code": "BadRequest", "message": "Resource not found for the segment 'roleManagement'."},
            False,
        ),
        ({"status": 400, "code": "AadPremiumLicenseRequired", "message": "The tenant needs a license."}, False),
        ({"status": 403, "code": "AadPremiumLicenseRequired", "message": "The tenant needs a license."}, False),
        ({"status": 403, "message": '{"errorCode":"AadPremiumLicenseRequired","message":"needs a license"}'}, False),
        ({"status": 404, "wrapped": False}, False),
        ({"status": 501}, False),
    ],
)
async def test_only_a_cloud_or_licence_without_eligibilities_has_none(
    tmp_path: Path, fault: dict[str, Any], unknown: bool
) -> None:
    async with system(tmp_path, policy=policy(tmp_path, "stepUp")) as it:
        _, target = await planned(it, **fault)
        assert target["outcome"] == "pending"
        assert ("privilegesUnknown" in target["warnings"]) is unknown


@pytest.mark.parametrize("fault", [{"status": 500}, {"malformed": "html"}])
async def test_eligibilities_that_fail_for_good_are_unknown_once_they_were_waited_for(
    tmp_path: Path, fault: dict[str, Any]
) -> None:
    async with system(tmp_path, policy=policy(tmp_path, "stepUp")) as it:
        request_id, target = await planned(it, "alex@contoso.com", **fault)
        assert target["warnings"] == []
        await it.advance(minutes=15)
        target, *_ = await it.targets(request_id)
        assert "privilegesUnknown" in target["warnings"]
        assert (await it.shown(request_id))["approval"]["quorum"] == 2
        await it.approve(request_id)  # what was approved as unknown is not waited for again
        assert [t["outcome"] for t in await it.targets(request_id)] == ["reset", "reset"]


async def test_eligibilities_that_fail_for_good_since_the_plan_end_the_user_alone(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy(tmp_path, "stepUp")) as it:
        request = await it.ask(contoso=[ADELE])
        for path in ELIGIBILITIES:
            it.world.faults.add(method="GET", path=path, status=500)
        await it.approve(request["id"])
        await it.advance(minutes=15)
        (target,) = await it.targets(request["id"])
        assert (target["outcome"], target["reason"]) == ("refused", "privilegesUnknown")
