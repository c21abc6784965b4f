"""Who may do what: every role that is given is one of Azure's, is given where it is used, and is used."""

import re
from collections import defaultdict

import pytest

from tests.infra.bicep import FILES, INFRA
from tests.infra.compiler import Snapshot, snapshot
from tests.infra.parameters import DEPLOYER, SETS, parameter_values

# Source: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles (storage, integration, security, monitor).
BUILT_IN = {
    "Azure Service Bus Data Owner": "090c5cfd-751d-490a-894a-3ce6f1109419",
    "Azure Service Bus Data Receiver": "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
    "Azure Service Bus Data Sender": "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
    "Durable Task Data Contributor": "0ad04412-c4d5-4796-b79c-f76d14c8d402",
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}
NAMES = {role_id: name for name, role_id in BUILT_IN.items()}
APP, PERSON = "{identity.principalId}", DEPLOYER


def _camel(name: str) -> str:
    first, *others = name.removeprefix("Azure ").split()
    return first.lower() + "".join(others)


def _scope(resource_id: str) -> str:
    """Return the type of what a role is given on, from the id of the assignment."""
    found = re.search(r"/resourceGroups/[^/]+/providers/([\w.]+)/([\w/.-]+?)(?:/providers/|')", resource_id)
    assert found, resource_id
    return "/".join([found[1], *found[2].split("/")[::2]])


def _given(made: Snapshot) -> dict[str, set[tuple[str, str, str]]]:
    """Role, principal and kind of principal of every assignment, by the type of what it is on."""
    given = defaultdict(set)
    for one in made.of("Microsoft.Authorization/roleAssignments"):
        properties = one["properties"]
        role = NAMES[properties["roleDefinitionId"].rpartition("/")[2]]
        given[_scope(str(one["id"]))].add((role, str(properties["principalId"]), properties["principalType"]))
    return dict(given)


def test_the_table_of_roles_is_microsofts() -> None:
    """The one place where ids of roles are written."""
    table = dict(
        re.findall(r"^  (\w+): '([0-9a-f-]{36})'$", (INFRA / "app/roles.bicep").read_text("utf-8"), re.MULTILINE)
    )
    expected = {_camel(name): role_id for name, role_id in BUILT_IN.items()}
    assert table
    assert table.items() <= expected.items()
    for file in FILES:
        if file.name != "roles.bicep":
            written = set(re.findall(r"'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'", file.read_text("utf-8")))
            assert not written & {*NAMES, *table.values()}, file.name


def test_every_role_of_the_table_is_given_somewhere() -> None:
    table = re.findall(r"^  (\w+): '", (INFRA / "app/roles.bicep").read_text("utf-8"), re.MULTILINE)
    others = "\n".join(file.read_text("utf-8") for file in FILES)
    assert [name for name in table if f"roles.{name}" not in others] == []


@pytest.mark.parametrize("name", SETS)
def test_everybody_may_do_what_they_must_and_no_more(name: str) -> None:
    """The app: its storage, the queue, the topic, the secrets, telemetry, the scheduler. Who deploys: the secrets."""
    app = "ServicePrincipal"
    expected = {
        "Microsoft.Insights/components": {("Monitoring Metrics Publisher", APP, app)},
        "Microsoft.Storage/storageAccounts": {
            ("Storage Blob Data Owner", APP, app),
            ("Storage Queue Data Contributor", APP, app),
            ("Storage Table Data Contributor", APP, app),
        },
        "Microsoft.ServiceBus/namespaces/queues": {("Azure Service Bus Data Owner", APP, app)},
        "Microsoft.ServiceBus/namespaces/topics": {("Azure Service Bus Data Sender", APP, app)},
        "Microsoft.KeyVault/vaults": {
            ("Key Vault Secrets User", APP, app),
            ("Key Vault Secrets Officer", PERSON, "User"),
        },
    }
    if "scheduler" in name:
        expected["Microsoft.DurableTask/schedulers"] = {("Durable Task Data Contributor", APP, app)}
    assert _given(snapshot("main.bicep", parameter_values(SETS[name]))) == expected
