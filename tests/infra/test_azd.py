"""`azd up` from nothing, again, after failures, after `azd down`: the hooks, with stand-ins for `az` and `azd` on PATH."""

import base64
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from domain.policy.values import webhook_address
from scripts.azure.cloud import Azure, CloudError
from scripts.azure.references import refresh
from tests.infra.azd import Azd, HookFailedError
from tests.infra.bicep import ROOT

POLICY = """
[approval]
approvers = ["lead@msp.example"]
[customers.contoso]
tenantId = "11111111-1111-1111-1111-111111111111"
domains = ["contoso.com"]
[sources.helpdesk]
scheme = "standard-webhooks"
secret = ["env:HELPDESK_SECRET", "env:HELPDESK_SECRET_OLD"]
[sources.helpdesk.callback]
url = "https://helpdesk.example/hooks/mfa"
secret = "env:HELPDESK_CALLBACK_SECRET"
[sources.servicenow]
scheme = "bearer"
secret = "env:SERVICENOW_TOKEN"
"""
ZENDESK = '[sources.zendesk]\nscheme = "zendesk"\nsecret = "env:ZENDESK_SECRET"\n'
TEAMS = 'teamsWebhook = "env:TEAMS_WEBHOOK"\n'
SECRETS = {"approval-keys", "HELPDESK-SECRET", "HELPDESK-SECRET-OLD", "HELPDESK-CALLBACK-SECRET", "SERVICENOW-TOKEN"}
STEPS = ["prepackage", "package", "preprovision", "provision", "postprovision", "predeploy", "deploy policy.toml"]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY, "utf-8")
    return file


@pytest.fixture
def azd(tmp_path: Path, policy: Path) -> Azd:
    return Azd(tmp_path / "azd", policy)


def _vault(azd: Azd) -> tuple[str, dict[str, Any]]:
    ((name, vault),) = azd.state["vaults"].items()
    return name, vault


def _values(azd: Azd) -> dict[str, str]:
    return {name: secret["value"] for name, secret in _vault(azd)[1]["secrets"].items()}


def _calls(azd: Azd, *beginning: str) -> list[list[str]]:
    return [call for call in azd.state["calls"] if call[: len(beginning)] == list(beginning)]


def test_from_nothing_it_ends_well(azd: Azd) -> None:
    """The secrets are there before the app that refers to them: the walk fails if they are not."""
    azd.up()
    assert azd.log == STEPS
    state = azd.state
    name, vault = _vault(azd)
    assert re.fullmatch(r"kv-mfareset-[0-9a-f]{8}", name)
    assert vault["secrets"].keys() == SECRETS
    assert state["site"]["refreshes"] == 1
    assert {reference["secret"] for reference in state["site"]["references"]} == SECRETS
    assert state["environment"]["KEY_VAULT_NAME"] == name
    assert state["environment"]["POLICY_SECRET_NAMES"].split(",") == [
        "HELPDESK_SECRET",
        "HELPDESK_SECRET_OLD",
        "HELPDESK_CALLBACK_SECRET",
        "SERVICENOW_TOKEN",
    ]
    assert "All 5 references of the app to the key vault lead to their secrets." in azd.written


def test_the_values_are_such_as_the_app_takes(azd: Azd) -> None:
    azd.up()
    values = _values(azd)
    key = values["approval-keys"].removeprefix("k1:")
    assert len(base64.b64decode(key, validate=True)) == 32
    for name in ("HELPDESK-SECRET", "HELPDESK-SECRET-OLD", "HELPDESK-CALLBACK-SECRET"):
        assert len(base64.b64decode(values[name].removeprefix("whsec_"), validate=True)) == 32
    assert len(values["SERVICENOW-TOKEN"]) > 40
    assert len(set(values.values())) == len(values)


def test_it_says_where_each_secret_is_to_be_copied_and_shows_none(azd: Azd) -> None:
    azd.up()
    name, _ = _vault(azd)
    for setting, secret in (("HELPDESK_SECRET", "HELPDESK-SECRET"), ("SERVICENOW_TOKEN", "SERVICENOW-TOKEN")):
        command = f"az keyvault secret show --vault-name {name} --name {secret} --query value --output tsv"
        assert re.search(rf"{setting}: the source \w+ signs .*\n +{re.escape(command)}\n", azd.written)
    assert "HELPDESK_CALLBACK_SECRET: signs the callbacks to the source helpdesk" in azd.written
    assert "show --vault-name" in azd.written
    assert f"--vault-name {name} --name approval-keys" not in azd.written
    seen = azd.written + str(azd.state["calls"]) + str(azd.state["environment"]) + str(azd.state["deployments"])
    assert [secret for secret, value in _values(azd).items() if value in seen] == []


def test_again_it_changes_nothing(azd: Azd) -> None:
    azd.up()
    before = azd.state
    azd.up()
    after = azd.state
    assert azd.log == STEPS * 2
    assert after["vaults"] == before["vaults"]
    assert len(after["deployments"]) == 1
    assert after["environment"] == before["environment"]
    assert len(_calls(azd, "azd", "env", "set")) == 2  # the name of the vault, the names of the secrets; once each


def test_a_source_that_came_later_gets_its_secret_and_the_others_keep_theirs(azd: Azd) -> None:
    azd.up()
    before = _values(azd)
    policy = azd.project / "policy.toml"
    policy.write_text(POLICY + '[sources.offboarding]\nscheme = "github"\nsecret = "env:OFFBOARDING_SECRET"\n', "utf-8")
    azd.up()
    after = _values(azd)
    assert after.keys() - before.keys() == {"OFFBOARDING-SECRET"}
    assert before.items() <= after.items()
    assert azd.state["deployments"][-1]["names"] == ["OFFBOARDING-SECRET"]
    assert azd.state["site"]["refreshes"] == 2


def test_after_down_the_same_environment_gets_its_vault_back_with_its_secrets(azd: Azd) -> None:
    """Purge protection keeps the name for 90 days; a new vault of that name would be refused."""
    azd.up()
    name, before = _vault(azd)
    azd.down()
    azd.up()
    assert _vault(azd) == (name, before)
    assert [deployment["recover"] for deployment in azd.state["deployments"]] == [False, True]
    assert azd.state["deployments"][-1]["names"] == []
    assert f"The key vault {name} was deleted; it is recovered, with its secrets." in azd.written


def test_after_down_an_environment_without_its_values_gets_a_vault_of_another_name(azd: Azd) -> None:
    azd.up()
    old, _ = _vault(azd)
    azd.down()
    azd.forget_environment()
    azd.up()
    new, vault = _vault(azd)
    assert new != old
    assert vault["secrets"].keys() == SECRETS
    assert f"azd env set KEY_VAULT_NAME {old}" in azd.written  # recovery is offered


def test_that_offer_is_good(azd: Azd) -> None:
    azd.up()
    old, before = _vault(azd)
    azd.down()
    azd.forget_environment()
    with azd.changed() as state:
        state["environment"]["KEY_VAULT_NAME"] = old
    azd.up()
    assert _vault(azd) == (old, before)


def test_in_another_region_a_deleted_vault_cannot_be_had_back(azd: Azd) -> None:
    azd.up()
    old, _ = _vault(azd)
    azd.down()
    with azd.changed() as state:
        state["environment"]["AZURE_LOCATION"] = "northeurope"
    azd.up()
    assert _vault(azd)[0] != old
    assert f"The key vault {old} was deleted in westeurope and can be recovered there only" in azd.written


def test_on_another_machine_the_vault_that_is_there_is_found(azd: Azd) -> None:
    azd.up()
    before = _vault(azd)
    azd.forget_environment()
    azd.up()
    assert _vault(azd) == before
    assert len(azd.state["deployments"]) == 1


def test_of_two_vaults_it_does_not_guess(azd: Azd) -> None:
    azd.up()
    azd.forget_environment()
    with azd.changed() as state:
        (vault,) = state["vaults"].values()
        state["vaults"]["kv-other"] = vault
    with pytest.raises(HookFailedError, match=r"kv-mfareset-\w+ or kv-other\? azd env set KEY_VAULT_NAME"):
        azd.up()


@pytest.mark.parametrize(
    "failing",
    [
        "az provider register",
        "az keyvault list",
        "az keyvault list-deleted",
        "az deployment sub create",
        "azd env set KEY_VAULT_NAME",
        "azd env set POLICY_SECRET_NAMES",
        "provision",
        "az rest --method post",
        "az rest --method get",
    ],
)
def test_after_a_failure_anywhere_it_is_run_again_and_ends_well(tmp_path: Path, policy: Path, failing: str) -> None:
    azd = Azd(tmp_path / "azd", policy, PRIVATE_NETWORKING="true")
    with azd.changed() as state:
        state["failures"] = {failing: 1}
    with pytest.raises(HookFailedError):
        azd.up()
    assert not any(step.startswith("deploy") for step in azd.log), "it went on after the failure"
    secrets = _values(azd) if azd.state["vaults"] else {}
    azd.up()
    assert azd.log[-len(STEPS) :] == STEPS
    assert len(azd.state["vaults"]) == 1
    assert secrets.items() <= _values(azd).items()


def test_a_failure_of_azure_is_passed_on_in_its_words(azd: Azd) -> None:
    with azd.changed() as state:
        state["failures"] = {"az deployment sub create": 1}
    with pytest.raises(HookFailedError, match=r"`az deployment sub` failed:\nERROR: \(InternalServerError\)"):
        azd.up()
    assert azd.log == ["prepackage", "package", "preprovision"]


def test_without_a_sign_in_it_says_so_before_it_makes_anything(azd: Azd) -> None:
    with azd.changed() as state:
        state["signed_in"] = False
    with pytest.raises(HookFailedError, match="Run `az login`"):
        azd.up()
    assert azd.state["vaults"] == {}


def test_without_a_policy_nothing_begins(azd: Azd) -> None:
    (azd.project / "policy.toml").unlink()
    with pytest.raises(HookFailedError, match=r"There is no policy\.toml"):
        azd.up()
    with pytest.raises(HookFailedError, match=r"There is no policy\.toml"):
        azd.command("provision")
    assert azd.state["calls"] == []


def test_a_mistake_in_the_policy_stops_it(azd: Azd) -> None:
    (azd.project / "policy.toml").write_text(POLICY.replace("bearer", "bearish"), "utf-8")
    with pytest.raises(HookFailedError):
        azd.command("provision")
    assert "sources.servicenow.scheme: must be" in azd.written
    assert _calls(azd, "az") == []


def test_without_a_subscription_it_names_what_is_missing(azd: Azd) -> None:
    with azd.changed() as state:
        state["environment"]["AZURE_SUBSCRIPTION_ID"] = ""
    with pytest.raises(HookFailedError, match="azd env set AZURE_SUBSCRIPTION_ID"):
        azd.up()


def test_in_a_private_network_secrets_need_no_way_to_the_vault(tmp_path: Path, policy: Path) -> None:
    """Secrets are written by deployments, which the vault's firewall does not concern: it is never opened, nor asked itself."""
    azd = Azd(tmp_path / "azd", policy, PRIVATE_NETWORKING="true")
    azd.up()
    assert [deployment["privateNetworking"] for deployment in azd.state["deployments"]] == [True]
    assert azd.state["providers"] == ["Microsoft.App"]
    assert _calls(azd, "az", "keyvault", "secret") == []
    assert _calls(azd, "az", "keyvault", "update") == []
    assert _calls(azd, "az", "keyvault", "network-rule") == []
    assert "The vault is closed: read them from inside its network" in azd.written
    registered = azd.state["calls"].index(_calls(azd, "az", "provider")[0])
    assert registered < azd.state["calls"].index(_calls(azd, "az", "deployment")[0])


def test_without_a_private_network_no_provider_is_registered(azd: Azd) -> None:
    azd.up()
    assert azd.state["providers"] == []
    assert [deployment["privateNetworking"] for deployment in azd.state["deployments"]] == [False]


def test_a_value_that_the_shell_has_is_taken(azd: Azd) -> None:
    azd.up(SERVICENOW_TOKEN="chosen-by-somebody-elses-system")
    assert _values(azd)["SERVICENOW-TOKEN"] == "chosen-by-somebody-elses-system"
    assert "SERVICENOW_TOKEN:" not in azd.written  # it need not be copied
    assert "chosen-by-somebody-elses-system" not in str(azd.state["environment"])


def test_the_address_of_the_workflow_for_teams_is_waited_for(azd: Azd) -> None:
    """What holds its place leads nowhere, so that the app starts and only its messages fail."""
    (azd.project / "policy.toml").write_text(POLICY.replace("[approval]\n", f"[approval]\n{TEAMS}", 1), "utf-8")
    azd.up()
    held = _vault(azd)[1]["secrets"]["TEAMS-WEBHOOK"]
    assert held["contentType"] == "placeholder"
    assert webhook_address(held["value"]).startswith("https://not-set.invalid/")
    assert "TEAMS_WEBHOOK" in azd.state["environment"]["POLICY_SECRET_NAMES"].split(",")
    with pytest.raises(HookFailedError, match="begins with https://"):
        azd.run("scripts/azure/set-secret", "TEAMS_WEBHOOK", given="channel\n")
    azd.run("scripts/azure/set-secret", "TEAMS_WEBHOOK", given="https://flows.example/invoke?sig=1\n")
    assert _values(azd)["TEAMS-WEBHOOK"] == "https://flows.example/invoke?sig=1"


def test_a_value_that_the_app_would_not_take_is_refused(azd: Azd) -> None:
    with pytest.raises(HookFailedError, match="HELPDESK_SECRET must begin with whsec_") as refused:
        azd.up(HELPDESK_SECRET="hunter2")
    assert "hunter2" not in str(refused.value)
    assert azd.state["vaults"] == {}


def test_a_secret_that_only_another_system_makes_is_waited_for(azd: Azd) -> None:
    """The app starts without it; each run says that it is missing, until it is brought."""
    (azd.project / "policy.toml").write_text(POLICY + ZENDESK, "utf-8")
    azd.up()
    assert _vault(azd)[1]["secrets"]["ZENDESK-SECRET"]["contentType"] == "placeholder"
    assert azd.written.count("ZENDESK_SECRET only holds the place") == 1
    azd.up()
    assert azd.written.count("ZENDESK_SECRET only holds the place") == 2
    azd.run("scripts/azure/set-secret", "ZENDESK_SECRET", given="signing-secret-of-zendesk\n")
    assert _vault(azd)[1]["secrets"]["ZENDESK-SECRET"] == {
        "value": "signing-secret-of-zendesk",
        "contentType": "text/plain",
    }
    azd.up()
    assert azd.written.count("ZENDESK_SECRET only holds the place") == 2
    assert _values(azd)["ZENDESK-SECRET"] == "signing-secret-of-zendesk"


def test_with_keys_allowed_there_is_a_first_key(tmp_path: Path, policy: Path) -> None:
    azd = Azd(tmp_path / "azd", policy, ALLOW_API_KEYS="true")
    azd.up()
    assert re.fullmatch(r"first:[\w-]{40,}", _values(azd)["api-keys"])
    assert "--name api-keys --query value" in azd.written
    assert "API_KEYS" not in azd.state["environment"]["POLICY_SECRET_NAMES"]


def test_another_value_reaches_the_app(azd: Azd) -> None:
    azd.up()
    before = _values(azd)
    azd.run("scripts/azure/set-secret", "HELPDESK_SECRET", "--random")
    after = _values(azd)
    assert [name for name in after if after[name] != before[name]] == ["HELPDESK-SECRET"]
    site = azd.state["site"]
    assert (site["refreshes"], site["restarts"]) == (2, 1)
    azd.run("scripts/azure/set-secret", "APPROVAL_KEYS", given="k2:bmV3,k1:b2xk")
    assert _values(azd)["approval-keys"] == "k2:bmV3,k1:b2xk"


@pytest.mark.parametrize(
    ("setting", "value", "complaint"),
    [
        ("HELPDESK_SECRET", "hunter2", "must begin with whsec_"),
        ("SERVICENOW_TOKEN", "", "is empty"),
        ("SERVICENOW_TOKEN_OLD", "hunter2", "The policy names no secret SERVICENOW_TOKEN_OLD"),
    ],
)
def test_a_value_for_nothing_or_of_no_use_is_refused(azd: Azd, setting: str, value: str, complaint: str) -> None:
    azd.up()
    before = azd.state["vaults"]
    with pytest.raises(HookFailedError, match=complaint):
        azd.run("scripts/azure/set-secret", setting, given=value)
    assert azd.state["vaults"] == before


def test_the_package_is_built_for_the_backend_that_is_chosen(tmp_path: Path, policy: Path) -> None:
    azd = Azd(tmp_path / "azd", policy, DURABLE_TASK_SCHEDULER="true")
    azd.up()
    assert azd.log[-1] == "deploy policy.toml --durable-task-scheduler"


def test_deploying_alone_builds_the_package_anew(azd: Azd) -> None:
    azd.up()
    (azd.project / "build/package/function_app.py").write_text("of yesterday", "utf-8")
    azd.command("deploy")
    assert azd.log[-2:] == ["predeploy", "deploy policy.toml"]


def test_references_are_read_until_they_lead_somewhere(azd: Azd, monkeypatch: pytest.MonkeyPatch) -> None:
    """A role that was just given takes minutes to be known everywhere."""
    azd.up()
    pauses = _refresh(azd, monkeypatch, unresolved=7)
    assert pauses == [10, 20]  # five references: seven failures are two looks
    assert azd.state["site"]["refreshes"] == 1 + 3


def test_references_that_lead_nowhere_are_named(azd: Azd, monkeypatch: pytest.MonkeyPatch) -> None:
    azd.up()
    with pytest.raises(CloudError, match=r"HELPDESK_SECRET: AccessToKeyVaultDenied secret HELPDESK-SECRET"):
        _refresh(azd, monkeypatch, unresolved=1000)


def _refresh(azd: Azd, monkeypatch: pytest.MonkeyPatch, *, unresolved: int) -> list[float]:
    """Refresh the references in this process, where no time has to pass; return the pauses that were made."""
    with azd.changed() as state:
        state["unresolved"] = unresolved
    for name, value in azd.shell.items():
        monkeypatch.setenv(name, value)
    pauses: list[float] = []
    refresh(Azure(azd.state["subscription"]), azd.state["environment"], pauses.append)
    return pauses


def test_azure_yaml_says_what_that_rests_on() -> None:
    """The versions of azd that know it, and what is sent: the package as it was built."""
    project = yaml.safe_load((ROOT / "azure.yaml").read_text("utf-8"))
    found = re.fullmatch(r">= (\d+)\.(\d+)\.(\d+)", project["requiredVersions"]["azd"])
    assert found
    # `remoteBuild` for Flex Consumption: https://github.com/Azure/azure-dev/pull/6748, in 1.23.5
    assert tuple(map(int, found.groups())) >= (1, 23, 5)
    service = project["services"]["app"]
    assert (service["project"], service["remoteBuild"]) == ("build/package", False)
    for hook in project["hooks"].values():
        posix, windows = hook["posix"], hook["windows"]
        assert (posix["shell"], windows["shell"]) == ("sh", "pwsh")
        assert windows == posix | {"shell": "pwsh", "run": posix["run"] + ".ps1"}
        assert (ROOT / posix["run"]).is_file()
        assert (ROOT / windows["run"]).is_file()


def test_a_verification_service_gets_its_secret(azd: Azd) -> None:
    (azd.project / "policy.toml").write_text(
        POLICY
        + '[verification]\naccept = ["externalProof"]\n[verification.services.idproof]\nsecret = "env:IDPROOF_SECRET"\n',
        "utf-8",
    )
    azd.up()
    assert _values(azd)["IDPROOF-SECRET"].startswith("whsec_")
    assert "IDPROOF_SECRET" in azd.state["environment"]["POLICY_SECRET_NAMES"].split(",")


def test_the_example_of_a_policy_can_be_prepared(tmp_path: Path) -> None:
    azd = Azd(tmp_path / "azd", ROOT / "policy.example.toml")
    azd.command("provision")
    sources = tomllib.loads((ROOT / "policy.example.toml").read_text("utf-8"))["sources"]
    assert azd.state["environment"]["POLICY_SECRET_NAMES"] == "HELPDESK_SECRET,HELPDESK_CALLBACK_SECRET"
    assert list(sources) == ["helpdesk"]
