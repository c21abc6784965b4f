"""The application that makes passes shares nothing with the one that resets, and is there where the policy needs it."""

from pathlib import Path

import pytest

from settings import Settings, SettingsError, read_settings
from tests.receiver import policy_with
from tests.scenarios.test_access_passes import OFFER
from tests.system import environment

BASE = {"PUBLIC_BASE_URL": "http://127.0.0.1"}


def read(tmp_path: Path, policy: str = OFFER, **more: str) -> Settings:
    secrets = {"HELPDESK_SECRET": environment(tmp_path)["HELPDESK_SECRET"]}
    return read_settings(environment(tmp_path, policy_with(tmp_path, policy)) | BASE | secrets | more)


def test_it_starts_with_an_application_of_its_own(tmp_path: Path) -> None:
    made = read(tmp_path)
    assert made.bootstrap is not None
    assert made.bootstrap.client_id == "the-bootstrap"
    assert "another-secret" not in f"{made.bootstrap!r} {made!r}"


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"GRAPH_BOOTSTRAP_CLIENT_ID": ""}, "GRAPH_BOOTSTRAP_CLIENT_ID is missing"),
        ({"GRAPH_BOOTSTRAP_CLIENT_ID": "The-Service"}, "GRAPH_BOOTSTRAP_CLIENT_ID must not be"),
        ({"GRAPH_BOOTSTRAP_CLIENT_SECRET": "a-secret-of-the-tests"}, "GRAPH_BOOTSTRAP_CLIENT_SECRET must not be"),
        ({"GRAPH_BOOTSTRAP_CLIENT_SECRET": ""}, "GRAPH_BOOTSTRAP_CLIENT_SECRET is missing"),
        ({"GRAPH_BOOTSTRAP_CREDENTIAL": "password"}, "GRAPH_BOOTSTRAP_CREDENTIAL is 'password'"),
        ({"GRAPH_BOOTSTRAP_CREDENTIAL": "managed-identity"}, "GRAPH_BOOTSTRAP_IDENTITY_CLIENT_ID is missing"),
        (
            {"GRAPH_BOOTSTRAP_IDENTITY_CLIENT_ID": "one", "AZURE_CLIENT_ID": "one"},
            "GRAPH_BOOTSTRAP_IDENTITY_CLIENT_ID must not be",
        ),
        (
            {"GRAPH_BOOTSTRAP_CERTIFICATE_PATH": "/a.pem", "GRAPH_CERTIFICATE_PATH": "/a.pem"},
            "GRAPH_BOOTSTRAP_CERTIFICATE_PATH must not be",
        ),
    ],
)
def test_the_start_fails_where_it_is_missing_or_shared(tmp_path: Path, more: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read(tmp_path, **more)


def test_without_passes_no_application_is_needed(tmp_path: Path) -> None:
    assert read(tmp_path, "", GRAPH_BOOTSTRAP_CLIENT_ID="").bootstrap is None
