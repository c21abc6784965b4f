"""infra/ as Microsoft's compiler sees it: not a word of complaint, and what it would deploy in each of six ways."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.packaging.host_json import SCHEDULER
from tests.infra.arm import Unknown
from tests.infra.bicep import INFRA
from tests.infra.compiler import Snapshot, copy_of_infra, run_bicep, snapshot
from tests.infra.names import ALLOWED
from tests.infra.parameters import LONGEST, SETS, TENANT, parameter_values

TEMPLATES = sorted(path.name for path in INFRA.glob("*.bicep"))
# What the app and the host need in every way of deploying; docs/settings.md says what each is for.
COMMON = {
    "AzureWebJobsStorage__credential": "managedidentity",
    "AzureWebJobsStorage__clientId": "{identity.clientId}",
    "ServiceBusConnection__credential": "managedidentity",
    "ServiceBusConnection__clientId": "{identity.clientId}",
    "ServiceBusConnection__fullyQualifiedNamespace": "{bus.hostName}",
    "AZURE_CLIENT_ID": "{identity.clientId}",
    "GRAPH_CLIENT_ID": "{entra.graphClientId}",
    "GRAPH_CREDENTIAL": "managed-identity",
    "GRAPH_HOME_TENANT": TENANT,
    "RECORDS": "tables",
    "TASK_HUB_NAME": "mfareset",
    "MAIL_FROM": "mfa-reset@msp.example",
    "MAIL_FORMAT": "multipart",
    "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID": "{identity.clientId}",
}


@pytest.fixture(params=SETS)
def deployed(request: pytest.FixtureRequest) -> tuple[str, Snapshot]:
    return request.param, snapshot("main.bicep", parameter_values(SETS[request.param]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_infra(tmp_path_factory.mktemp("infra") / "infra")


@pytest.mark.parametrize("template", TEMPLATES)
def test_it_compiles_without_a_word(folder: Path, template: str) -> None:
    built = run_bicep("build", template, "--stdout", folder=folder)
    assert (built.returncode, built.stderr) == (0, "")
    assert json.loads(built.stdout)["resources"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_linter_has_nothing_to_say(folder: Path, template: str) -> None:
    linted = run_bicep("lint", template, folder=folder)
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("output id string = identity.id", "output id string = identities.id", "BCP057"),
        ("@2024-11-30'", "@2018-11-30'", "use-recent-api-versions"),
        (
            "param location string",
            "param location string = resourceGroup().location\nparam unused Tags",
            "no-unused-params",
        ),
    ],
)
def test_a_mistake_is_an_error(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    """The rules of bicepconfig.json are read, and stop a deployment."""
    folder = copy_of_infra(tmp_path / "infra")
    file = folder / "app/identity.bicep"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    linted = run_bicep("lint", "main.bicep", folder=folder)
    assert linted.returncode != 0
    assert f"Error {complaint}" in linted.stdout + linted.stderr


def test_it_is_evaluated_without_a_word(deployed: tuple[str, Snapshot]) -> None:
    _, made = deployed
    assert made.diagnostics == []
    assert len(made.resources) > 45


def test_the_app_has_its_settings(deployed: tuple[str, Snapshot]) -> None:
    name, made = deployed
    settings = made.app_settings
    assert {key: settings[key] for key in COMMON} == COMMON
    references = {key for key, value in settings.items() if "KeyVault" in value}
    assert references == {"APPROVAL_KEYS", "HELPDESK_SECRET", "HELPDESK_CALLBACK_SECRET"} | (
        {"API_KEYS"} if name == "keys" else set()
    )
    for key in references:  # without the slash at the end, a reference without a version may not be read
        assert re.fullmatch(r"@Microsoft\.KeyVault\(SecretUri=\{vaultAccess\.uri\}secrets/[\w-]+/\)", settings[key])
    assert ("DURABLE_TASK_SCHEDULER_CONNECTION_STRING" in settings) == ("scheduler" in name)
    listed = made.one("Microsoft.Web/sites")["properties"]["siteConfig"]["appSettings"]
    assert len(settings) == len(listed), "a setting is there twice"


def test_passes_are_made_by_another_application_and_identity(deployed: tuple[str, Snapshot]) -> None:
    name, made = deployed
    wanted = {
        "GRAPH_BOOTSTRAP_CLIENT_ID": "{entra.bootstrapClientId}",
        "GRAPH_BOOTSTRAP_CREDENTIAL": "managed-identity",
        "GRAPH_BOOTSTRAP_IDENTITY_CLIENT_ID": "{bootstrapIdentity.clientId}",
    }
    given = {key: value for key, value in made.app_settings.items() if "BOOTSTRAP" in key}
    assert given == (wanted if name == "keys" else {})


def test_the_address_is_the_own_domain_where_there_is_one(deployed: tuple[str, Snapshot]) -> None:
    name, made = deployed
    site = made.one("Microsoft.Web/sites")["name"]
    expected = "https://mfa.msp.example" if name == "keys" else f"https://{site}.azurewebsites.net"
    assert made.app_settings["PUBLIC_BASE_URL"] == expected


def test_everything_but_passes_is_done_with_the_one_identity(deployed: tuple[str, Snapshot]) -> None:
    name, made = deployed
    site = made.one("Microsoft.Web/sites")
    identities: dict[str, Any] = {"{identity.id}": {}} | ({"{bootstrapIdentity.id}": {}} if name == "keys" else {})
    assert site["identity"] == {"type": "UserAssigned", "userAssignedIdentities": identities}
    assert site["properties"]["keyVaultReferenceIdentity"] == Unknown("identity.id")
    storage = site["properties"]["functionAppConfig"]["deployment"]["storage"]
    assert storage["authentication"] == {
        "type": "UserAssignedIdentity",
        "userAssignedIdentityResourceId": Unknown("identity.id"),
    }


def test_a_webhook_and_a_timer_meet_no_cold_start(deployed: tuple[str, Snapshot]) -> None:
    """Names of groups: https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#per-function-scaling."""
    scale = deployed[1].one("Microsoft.Web/sites")["properties"]["functionAppConfig"]["scaleAndConcurrency"]
    ready = {group["name"]: group["instanceCount"] for group in scale["alwaysReady"]}
    assert ready == {"http": 1, "durable": 1}


def test_what_holds_data_is_closed_in_a_private_network_and_takes_no_keys(deployed: tuple[str, Snapshot]) -> None:
    name, made = deployed
    private = name.startswith("private")
    account = made.one("Microsoft.Storage/storageAccounts")["properties"]
    bus = made.one("Microsoft.ServiceBus/namespaces")
    vault = made.one("Microsoft.KeyVault/vaults")["properties"]
    for properties in (account, bus["properties"], vault):
        assert properties["publicNetworkAccess"] == ("Disabled" if private else "Enabled")
    for properties in (account, vault):
        assert properties["networkAcls"]["defaultAction"] == ("Deny" if private else "Allow")
    assert bus["sku"]["name"] == ("Premium" if private else "Standard")  # private endpoints need Premium
    assert account["allowSharedKeyAccess"] is False
    assert bus["properties"]["disableLocalAuth"] is True
    assert vault["enableRbacAuthorization"] is True


def test_every_closed_service_has_its_endpoint_in_its_zone(deployed: tuple[str, Snapshot]) -> None:
    name, made = deployed
    endpoints = {
        group: endpoint["properties"]["subnet"]["id"]
        for endpoint in made.of("Microsoft.Network/privateEndpoints")
        for connection in endpoint["properties"]["privateLinkServiceConnections"]
        for group in connection["properties"]["groupIds"]
    }
    private = name.startswith("private")
    subnet = Unknown("network.endpointSubnetId")
    groups = ("blob", "queue", "table", "namespace", "vault") if private else ()
    assert endpoints == dict.fromkeys(groups, subnet)
    assert len(made.of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups")) == len(endpoints)
    assert len(made.of("Microsoft.Network/privateDnsZones")) == len(endpoints)
    assert len(made.of("Microsoft.Network/privateDnsZones/virtualNetworkLinks")) == len(endpoints)
    subnet_of_app = made.one("Microsoft.Web/sites")["properties"].get("virtualNetworkSubnetId")
    assert subnet_of_app == (Unknown("network.appSubnetId") if private else None)


def test_an_alert_mails_somebody_where_there_is_somebody(deployed: tuple[str, Snapshot]) -> None:
    name, made = deployed
    groups = made.of("Microsoft.Insights/actionGroups")
    assert len(groups) == (0 if name == "no-alerts" else 1)
    for rule in made.of("Microsoft.Insights/scheduledQueryRules"):
        assert len(rule["properties"]["actions"]["actionGroups"]) == len(groups)
    for rule in made.of("Microsoft.Insights/metricAlerts"):
        assert len(rule["properties"]["actions"]) == len(groups)


def test_the_scheduler_is_made_where_it_is_chosen(deployed: tuple[str, Snapshot]) -> None:
    """Its hub has the name that host.json takes from the settings; nothing is left to settings that override host.json."""
    name, made = deployed
    assert len(made.of("Microsoft.DurableTask/schedulers")) == ("scheduler" in name)
    for hub in made.of("Microsoft.DurableTask/schedulers/taskHubs"):
        assert hub["name"].endswith(f"/{made.app_settings['TASK_HUB_NAME']}")
    connection = made.app_settings.get("DURABLE_TASK_SCHEDULER_CONNECTION_STRING")
    expected = "Endpoint={scheduler.endpoint};Authentication=ManagedIdentity;ClientID={identity.clientId}"
    assert connection == (expected if "scheduler" in name else None)
    assert SCHEDULER["connectionStringName"] == "DURABLE_TASK_SCHEDULER_CONNECTION_STRING"
    assert [setting for setting in made.app_settings if setting.startswith("AzureFunctionsJobHost__")] == []


@pytest.mark.parametrize("environment", [*SETS.values(), LONGEST], ids=[*SETS, "longest"])
def test_every_name_is_within_the_limits_of_azure(environment: dict[str, str]) -> None:
    named = 0
    for resource in snapshot("main.bicep", parameter_values(environment)).resources:
        if "Microsoft.Graph" in resource["type"] or isinstance(resource["name"], Unknown):
            continue  # named by Entra, or by guid()
        *_, last = resource["name"].split("/")
        allowed = ALLOWED[resource["type"]]
        if "{" not in last:
            assert re.fullmatch(allowed, last), f"{resource['type']}: {last}"
            named += 1
    assert named > 25


def _dependencies(template: dict[str, Any], symbol: str) -> set[str]:
    """All that the resource or module `symbol` waits for, directly or not."""
    direct = template["resources"][symbol].get("dependsOn", [])
    return {*direct, *(further for one in direct for further in _dependencies(template, one))}


def test_the_app_comes_after_all_that_it_needs_at_its_start(folder: Path) -> None:
    """Vault, rights and network are there before the app asks for its secrets: Azure keeps a failed answer for a day."""
    template = json.loads(run_bicep("build", "main.bicep", "--stdout", folder=folder).stdout)
    needed = {"identity", "monitoring", "network", "storage", "bus", "vault", "vaultAccess", "scheduler", "entra"}
    assert needed <= _dependencies(template, "functionApp")
    inner = template["resources"]["vaultAccess"]["properties"]["template"]["resources"]
    assert any(resource["type"] == "Microsoft.Authorization/roleAssignments" for resource in inner.values())


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("recover", [False, True])
def test_the_secrets_come_with_their_vault(private: bool, recover: bool) -> None:
    """What scripts/azure/prepare deploys: the same group and vault as the rest, and a secret for each name."""
    values = {"approval-keys": "k1:AAAA", "ZENDESK-SECRET": "x"}
    made = snapshot(
        "secrets.bicep",
        {
            "environmentName": "prod",
            "location": "westeurope",
            "vaultName": SETS["plain"]["KEY_VAULT_NAME"],
            "privateNetworking": private,
            "recover": recover,
            "names": list(values),
            "values": values,
            "placeholders": ["ZENDESK-SECRET"],
        },
    )
    assert made.diagnostics == []
    rest = snapshot("main.bicep", parameter_values(SETS["private" if private else "plain"]))
    vault, same = made.one("Microsoft.KeyVault/vaults"), rest.one("Microsoft.KeyVault/vaults")
    assert vault["properties"].pop("createMode") == ("recover" if recover else "default")
    assert same["properties"].pop("createMode") == "default"
    assert vault == same
    assert made.one("Microsoft.Resources/resourceGroups") == rest.one("Microsoft.Resources/resourceGroups")
    secrets = made.of("Microsoft.KeyVault/vaults/secrets")
    assert {str(one["name"]).rpartition("/")[2]: one["properties"]["contentType"] for one in secrets} == {
        "approval-keys": "text/plain",
        "ZENDESK-SECRET": "placeholder",
    }


def test_every_parameter_reaches_azd_as_its_template_takes_it() -> None:
    """What azd makes of `"${MAXIMUM_INSTANCES=40}"` is a number, and an empty text is left to the template."""
    values = parameter_values(SETS["no-alerts"] | {"MAXIMUM_INSTANCES": "7", "STOP_REMOVING": "true"})
    assert values["maximumInstances"] == 7
    assert values["stopRemoving"] is True
    assert "alertMail" not in values
    made = snapshot("main.bicep", values)
    scale = made.one("Microsoft.Web/sites")["properties"]["functionAppConfig"]["scaleAndConcurrency"]
    assert scale["maximumInstanceCount"] == 7
    assert made.app_settings["STOP_REMOVING"] == "True"
    with pytest.raises(KeyError, match="MAIL_FROM"):
        parameter_values({name: value for name, value in SETS["plain"].items() if name != "MAIL_FROM"})
