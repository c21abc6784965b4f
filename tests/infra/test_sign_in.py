"""Who signs in, and how a token for the API is had: the command in docs/deploy.md gets one that App Service authentication takes."""

import re
from typing import Any

import pytest

from tests.infra.arm import Unknown
from tests.infra.bicep import ROOT
from tests.infra.compiler import Snapshot, snapshot
from tests.infra.parameters import SETS, TENANT, parameter_values

# Microsoft's own application, the same in every tenant.
# Source: https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_COMMAND = 'az account get-access-token --scope "$(azd env get-value API_SCOPE)" --query accessToken --output tsv'


@pytest.fixture(params=SETS)
def made(request: pytest.FixtureRequest) -> Snapshot:
    return snapshot("main.bicep", parameter_values(SETS[request.param]))


def _registration(made: Snapshot) -> dict[str, Any]:
    (found,) = (
        one["properties"]
        for one in made.of("Microsoft.Graph/applications")
        if one["properties"]["uniqueName"].endswith("-sign-in")
    )
    assert isinstance(found, dict)
    return found


def _authentication(made: Snapshot) -> dict[str, Any]:
    provider = made.one("Microsoft.Web/sites/config")["properties"]["identityProviders"]["azureActiveDirectory"]
    assert isinstance(provider, dict)
    return provider


def test_the_docs_have_the_one_command() -> None:
    assert _COMMAND in (ROOT / "docs/deploy.md").read_text("utf-8")
    for page in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "scripts/check-customers"]:
        for scope in re.findall(r"get-access-token --scope (.*)", page.read_text("utf-8")):
            # A pipeline has no azd: docs/pipelines.md says that its variable is API_SCOPE without the ending.
            assert scope.startswith(('"$(azd env get-value API_SCOPE)"', '"$MFA_RESET_AUDIENCE/.default"')), page


def test_the_token_of_that_command_is_accepted(made: Snapshot) -> None:
    """Its scope is that of the registration, its audience and issuer are those that the app takes.

    Source: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference: `aud` "in v2.0 tokens ... is always
    the client ID of the API", and `iss` ends in /v2.0; which version it is, the API's registration says.
    """
    registration, provider = _registration(made), _authentication(made)
    resource = made.outputs["API_SCOPE"].removesuffix("/.default")
    assert registration["identifierUris"] == [resource]
    assert re.fullmatch(rf"api://{TENANT}/[\w-]+", resource)  # a form that needs no verified domain
    assert registration["api"]["requestedAccessTokenVersion"] == 2
    audience = provider["registration"]["clientId"]
    assert audience == Unknown("entra.signInClientId")
    assert provider["validation"]["allowedAudiences"] == [audience, resource]
    assert provider["registration"]["openIdIssuer"].endswith(f"{TENANT}/v2.0")
    # Nothing else limits whose tokens are taken: the Azure CLI is one client, each pipeline another.
    assert "defaultAuthorizationPolicy" not in provider["validation"]


def test_the_azure_cli_needs_no_consent(made: Snapshot) -> None:
    api = _registration(made)["api"]
    scopes = {scope["id"] for scope in api["oauth2PermissionScopes"] if scope["isEnabled"]}
    (client,) = api["preAuthorizedApplications"]
    assert client["appId"] == AZURE_CLI
    assert set(client["delegatedPermissionIds"]) == scopes
    assert len(scopes) == 1


def test_the_sign_in_is_consented_to_for_the_whole_tenant(made: Snapshot) -> None:
    grant = made.one("Microsoft.Graph/oauth2PermissionGrants")["properties"]
    assert grant["consentType"] == "AllPrincipals"
    assert set(grant["scope"].split()) == {"openid", "profile", "email", "User.Read"}
    assert grant["clientId"] == Unknown("reference('signInPrincipal').id")
    (access,) = _registration(made)["requiredResourceAccess"]
    (permission,) = access["resourceAccess"]
    assert permission["type"] == "Scope"
    assert "'User.Read'" in permission["id"].text


def test_signing_in_needs_no_secret(made: Snapshot) -> None:
    assert _authentication(made)["registration"]["clientSecretSettingName"] in made.app_settings
    credentials = made.of("Microsoft.Graph/applications/federatedIdentityCredentials")
    subjects = [one["properties"]["subject"] for one in credentials]
    others = [subject for subject in subjects if subject != Unknown("identity.principalId")]
    assert len(subjects) - len(others) == 2
    assert others in ([], [Unknown("bootstrapIdentity.principalId")])  # the one that makes passes, where there is one


def test_only_with_keys_a_request_may_come_without_a_sign_in() -> None:
    for name, environment in SETS.items():
        site = snapshot("main.bicep", parameter_values(environment)).one("Microsoft.Web/sites/config")
        required = site["properties"]["globalValidation"]["requireAuthentication"]
        assert required is (name != "keys"), name


def test_accounts_of_customers_sign_in_where_that_is_chosen() -> None:
    environment = SETS["plain"] | {"SIGN_IN_AUDIENCE": "AzureADMultipleOrgs"}
    made = snapshot("main.bicep", parameter_values(environment))
    assert _registration(made)["signInAudience"] == "AzureADMultipleOrgs"
    assert _authentication(made)["registration"]["openIdIssuer"].endswith("organizations/v2.0")


@pytest.mark.parametrize("name", SETS)
def test_verified_id_is_asked_for_only_where_it_is_chosen(name: str) -> None:
    """Its request service is another resource than Graph; the app calls it with the registration that customers consent to."""
    made = snapshot("main.bicep", parameter_values(SETS[name]))
    given = [one["properties"] for one in made.of("Microsoft.Graph/appRoleAssignedTo")]
    service = [one for one in given if one["resourceId"] != Unknown("reference('graph').id")]
    assert len(service) == (name == "keys")
    for one in service:
        assert one["resourceId"] == Unknown("reference('requestService').id")
        assert "'VerifiableCredential.Create.PresentRequest'" in one["appRoleId"].text
        assert one["principalId"] == Unknown("reference('resetPrincipal').id")
