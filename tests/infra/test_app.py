"""The app as Azure indexes it, and what infra/ makes for it: nothing it needs is missing, nothing is there that it does not use."""

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest

import services
import triggers.messages.service_bus
from graph.permissions import (
    AUDIT_LOGS,
    BOOTSTRAP,
    CONTAINMENT,
    HOME,
    HOME_MAILBOX,
    NARROW,
    PARTNER,
    PERMISSIONS,
    PHONES,
    WIDE,
)
from localhost.host.app_index import App, load_app
from messaging.bus import OUTCOMES
from tests.infra.bicep import INFRA, ROOT, list_of, resources, settings_of
from tests.system import environment


@pytest.fixture
def app(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    for name, value in environment(tmp_path_factory.mktemp("app")).items():
        monkeypatch.setenv(name, value)
    # As on Azure, with the platform's sign-in: the import of the app stops without it.
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://mfa.msp.example")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    monkeypatch.setenv("CONSOLE_TEST_SIGN_IN", "")
    services.set_services(None)
    yield load_app(ROOT)
    services.set_services(None)


def _queue_triggers() -> list[dict[str, Any]]:
    """As the decorators make them: the app registers them only where there is a namespace."""
    builders = cast("Any", triggers.messages.service_bus.app)._function_builders
    found = [builder._function.get_trigger().get_dict_repr() for builder in builders]
    return [trigger for trigger in found if trigger["type"] == "serviceBusTrigger"]


def test_every_queue_and_topic_is_made() -> None:
    made = {resource.name for resource in resources() if resource.type.endswith(("/queues", "/topics"))}
    settings = settings_of("settings")
    triggers_found = _queue_triggers()
    assert triggers_found
    for trigger in triggers_found:
        assert trigger["queueName"] in made
        assert f"{trigger['connection']}__fullyQualifiedNamespace" in settings
    assert OUTCOMES in made


def test_what_needs_no_sign_in_is_what_proves_itself_otherwise(app: App) -> None:
    """Probes, descriptions of the API, which hold nothing of a customer, and deliveries and proofs, which are signed."""
    open_paths = list_of("app/function.bicep", "open")
    assert "excludedPaths: open\n" in (ROOT / "infra/app/function.bicep").read_text("utf-8")
    routes = {str(f.trigger["route"]) for f in app.triggered_by("httpTrigger")}
    for path in open_paths:
        assert any(f"/{route}".startswith(path.removesuffix("*")) for route in routes), f"nothing is at {path}"
    covered = {route for route in routes if any(f"/{route}".startswith(path.removesuffix("*")) for path in open_paths)}
    described = ("api/openapi", "api/asyncapi")
    assert covered == {
        route for route in routes if route.startswith(("api/health", *described, "api/webhooks/", "api/verification/"))
    }


def test_every_role_that_is_given_is_used() -> None:
    """Each role of the table, with the sign that the app does what it is for."""
    settings = settings_of("settings")
    sends = any("azure.servicebus" in path.read_text("utf-8") for path in (ROOT / "messaging").rglob("*.py"))
    used = {
        "durableTaskDataContributor": "DURABLE_TASK_SCHEDULER_CONNECTION_STRING" in settings_of("schedulerSettings"),
        "keyVaultSecretsOfficer": "az keyvault secret" in (ROOT / "docs/deploy.md").read_text("utf-8"),
        "keyVaultSecretsUser": any("KeyVault" in value for value in settings.values()),
        "monitoringMetricsPublisher": "APPLICATIONINSIGHTS_CONNECTION_STRING" in settings,
        "serviceBusDataOwner": bool(_queue_triggers()),
        "serviceBusDataSender": sends,
        "storageBlobDataOwner": "AzureWebJobsStorage__blobServiceUri" in settings,
        "storageQueueDataContributor": "AzureWebJobsStorage__queueServiceUri" in settings,
        "storageTableDataContributor": settings["RECORDS"] == "'tables'",
    }
    table = re.findall(r"^  (\w+): '", (INFRA / "app/roles.bicep").read_text("utf-8"), re.MULTILINE)
    assert set(table) == used.keys()
    assert [name for name, is_used in used.items() if not is_used] == []


def test_customers_are_asked_for_exactly_what_the_code_needs() -> None:
    assert set(list_of("app/entra.bicep", "customerPermissions")) == {p.name for p in PERMISSIONS}
    assert list_of("app/entra.bicep", "customerPermissions")[0] == WIDE  # what the narrow set is instead of
    assert set(list_of("app/entra.bicep", "narrowPermissions")) == {p.name for p in NARROW}
    assert f"filter(narrowPermissions, name => name != '{PHONES}')" in (INFRA / "app/entra.bicep").read_text("utf-8")
    assert list_of("app/entra.bicep", "auditPermissions") == [AUDIT_LOGS.name]
    assert list_of("app/entra.bicep", "containmentPermissions") == [p.name for p in CONTAINMENT]
    assert list_of("app/entra.bicep", "bootstrapPermissions") == [p.name for p in BOOTSTRAP]
    assert set(list_of("app/entra.bicep", "homePermissions")) == set(HOME)
    assert list_of("app/entra.bicep", "partnerPermissions") == [PARTNER.name]
    # Given in Exchange, for one mailbox: a consent would reach every mailbox of the provider.
    assert not set(HOME_MAILBOX) & set(list_of("app/entra.bicep", "homePermissions"))


def test_no_customer_is_asked_for_what_reads_partner_relationships() -> None:
    """A consent link asks for what the registration requires; the permission is granted beside it, where it is deployed."""
    text = (INFRA / "app/entra.bicep").read_text("utf-8")
    asked = re.findall(r"resourceAccess: map\((\w+),", text)
    assert asked == ["askedPermissions", "bootstrapPermissions"]
    seen, waiting = set[str](), list(asked)
    while waiting:  # the lists that those are made of
        name = waiting.pop()
        seen.add(name)
        [made] = re.findall(rf"^var {name} = (.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
        assert PARTNER.name not in made
        waiting += [found for found in re.findall(r"\w+(?:Permissions|AtHome)", made) if found not in seen]
    assert "customerPermissions" in seen
    assert not seen & {"partnerPermissions", "grantedAtHome"}
    assert re.search(r"appRoleAssignedTo@v1\.0' = \[for permission in grantedAtHome", text)


def test_the_runtime_is_the_one_we_test_with() -> None:
    version = (ROOT / ".python-version").read_text("utf-8").strip()
    assert f"runtime: {{ name: 'python', version: '{version}' }}" in (ROOT / "infra/app/function.bicep").read_text(
        "utf-8"
    )
