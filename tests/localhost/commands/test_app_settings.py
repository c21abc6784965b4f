from pathlib import Path

import pytest

from localhost.commands.app_settings import DEMO_POLICY, app_settings
from localhost.data_dir import DataDir
from localhost.errors import BadFlagError
from settings import SettingsError, read_settings


def settings(
    tmp_path: Path, environ: dict[str, str], graph: str = "http://127.0.0.1:9/", policy: Path | None = None
) -> dict[str, str]:
    with DataDir(tmp_path) as data:
        return app_settings(environ, data, graph_url=graph, policy=policy, base_url="http://127.0.0.1:1")


def test_flags_win_over_the_environment_and_that_over_the_defaults(tmp_path: Path) -> None:
    environ = {"GRAPH_ENDPOINT": "https://elsewhere", "POLICY_FILE": "theirs.toml", "MAIL_FROM": "me@msp.example"}
    policy = tmp_path / "flag.toml"
    found = settings(tmp_path, environ, policy=policy)
    assert found["GRAPH_ENDPOINT"] == found["GRAPH_AUTHORITY"] == "http://127.0.0.1:9"
    assert found["POLICY_FILE"] == str(policy)
    assert found["MAIL_FROM"] == "me@msp.example"
    assert found["PUBLIC_BASE_URL"] == "http://127.0.0.1:1"
    assert found["RECORDS"] == f"sqlite:{tmp_path / 'records.sqlite'}"
    assert settings(tmp_path, environ)["POLICY_FILE"] == "theirs.toml"


def test_the_demo_policy_comes_with_its_secret(tmp_path: Path) -> None:
    found = settings(tmp_path, {})
    assert found["POLICY_FILE"] == str(DEMO_POLICY)
    assert found["HELPDESK_SECRET"].startswith("whsec_")
    assert "HELPDESK_SECRET" not in settings(tmp_path, {"POLICY_FILE": "theirs.toml"})


def test_real_graph_has_its_tokens_from_where_they_are(tmp_path: Path) -> None:
    found = settings(tmp_path, {}, graph="https://graph.microsoft.com")
    assert found["GRAPH_AUTHORITY"] == "https://login.microsoftonline.com"


def test_a_certificate_needs_no_secret(tmp_path: Path) -> None:
    assert "GRAPH_CLIENT_SECRET" not in settings(tmp_path, {"GRAPH_CREDENTIAL": "certificate"})


def test_only_the_simulator_lets_anybody_be_anybody_by_itself(tmp_path: Path) -> None:
    assert not settings(tmp_path, {})["CONSOLE_TEST_SIGN_IN"]
    named = {"CONSOLE_TEST_SIGN_IN": "me@msp.example"}
    assert not settings(tmp_path, named)["CONSOLE_TEST_SIGN_IN"]
    with DataDir(tmp_path) as data:
        demo = app_settings({}, data, graph_url="http://a", policy=None, base_url="http://b", simulated=True)
    assert demo["CONSOLE_TEST_SIGN_IN"]


def test_for_real_graph_nothing_of_the_demos_identity_is_assumed(tmp_path: Path) -> None:
    found = settings(tmp_path, {}, graph="https://graph.microsoft.com")
    assert not found.keys() & {
        "GRAPH_CLIENT_ID",
        "GRAPH_CREDENTIAL",
        "GRAPH_CLIENT_SECRET",
        "GRAPH_HOME_TENANT",
        "PUBLIC_BASE_URL",
        "MAIL_FROM",
        "POLICY_FILE",
    }
    with pytest.raises(SettingsError) as raised:
        read_settings(found)
    for name in (
        "GRAPH_CLIENT_ID",
        "GRAPH_CREDENTIAL",
        "GRAPH_HOME_TENANT",
        "PUBLIC_BASE_URL",
        "MAIL_FROM",
        "POLICY_FILE",
    ):
        assert name in str(raised.value)


ACCOUNT = {"RECORDS": "tables", "AzureWebJobsStorage": "AccountName=one;AccountKey=c2VjcmV0;TableEndpoint=http://a"}


def shared(tmp_path: Path, environ: dict[str, str]) -> dict[str, str]:
    with DataDir(tmp_path) as data:
        return app_settings(environ, data, graph_url="http://a", policy=None, base_url="http://b", shared=True)


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "set RECORDS=tables"),
        ({"RECORDS": "sqlite:/srv/records.sqlite"}, "set RECORDS=tables"),
        ({"RECORDS": "tables"}, "set AzureWebJobsStorage to the connection string"),
        ({"RECORDS": "tables", "AzureWebJobsStorage__tableServiceUri": "https://a"}, "set APPROVAL_KEYS"),
    ],
)
def test_hosts_of_one_task_hub_have_to_share_records_and_keys(
    tmp_path: Path, environ: dict[str, str], says: str
) -> None:
    with pytest.raises(BadFlagError, match=f"^--task-hub: .*{says}"):
        shared(tmp_path, environ)


def test_hosts_of_one_account_have_the_same_approval_keys(tmp_path: Path) -> None:
    found = shared(tmp_path / "one", ACCOUNT)["APPROVAL_KEYS"]
    assert found == shared(tmp_path / "two", ACCOUNT)["APPROVAL_KEYS"] != settings(tmp_path, ACCOUNT)["APPROVAL_KEYS"]
    assert found != shared(tmp_path, ACCOUNT | {"AzureWebJobsStorage": "AccountKey=b3RoZXI="})["APPROVAL_KEYS"]
    assert found.startswith("account:")
    assert "c2VjcmV0" not in found
    assert shared(tmp_path, ACCOUNT | {"APPROVAL_KEYS": "k1:mine"})["APPROVAL_KEYS"] == "k1:mine"
