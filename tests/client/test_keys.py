"""Which calls are the same request."""

from typing import Any

import pytest

from mfa_reset_client.keys import key_for

BODY: dict[str, Any] = {"targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}], "dryRun": False}
GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "msp/offboarding", "GITHUB_RUN_ID": "7"}
AZURE = {"SYSTEM_COLLECTIONURI": "https://dev.azure.com/msp/", "SYSTEM_TEAMPROJECTID": "p", "BUILD_BUILDID": "7"}
GITLAB = {"CI_SERVER_URL": "https://gitlab.com", "CI_PROJECT_ID": "1", "CI_PIPELINE_ID": "7"}
JENKINS = {"JENKINS_URL": "https://jenkins.example", "BUILD_TAG": "jenkins-offboarding-7"}


@pytest.mark.parametrize("run", [GITHUB, AZURE, GITLAB, JENKINS])
def test_a_run_started_again_finds_its_request(run: dict[str, str]) -> None:
    assert key_for(BODY, run | {"GITHUB_RUN_ATTEMPT": "1"}) == key_for(BODY, run | {"GITHUB_RUN_ATTEMPT": "2"})


@pytest.mark.parametrize("run", [GITHUB, AZURE, GITLAB, JENKINS])
def test_another_run_or_body_is_another_request(run: dict[str, str]) -> None:
    others = [key_for(BODY, run | {name: "other"}) for name in run]
    keys = {key_for(BODY, run), key_for(BODY | {"reason": "x"}, run), *others}
    assert len(keys) == 2 + len(run)


def test_outside_a_pipeline_every_call_is_a_new_request() -> None:
    assert key_for(BODY, {}) != key_for(BODY, {})


def test_a_dry_run_is_always_as_of_now() -> None:
    assert key_for(BODY | {"dryRun": True}, GITHUB) != key_for(BODY | {"dryRun": True}, GITHUB)


def test_the_key_tells_nothing_of_the_people() -> None:
    assert "adele" not in key_for(BODY, GITHUB)
