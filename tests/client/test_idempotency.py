"""Which calls get the same idempotency key."""

from typing import Any

import pytest

from mfa_reset_client.idempotency import idempotency_key_for

BODY: dict[str, Any] = {"targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}], "dryRun": False}
GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "msp/offboarding", "GITHUB_RUN_ID": "7"}
AZURE = {"SYSTEM_COLLECTIONURI": "https://dev.azure.com/msp/", "SYSTEM_TEAMPROJECTID": "p", "BUILD_BUILDID": "7"}
GITLAB = {"CI_SERVER_URL": "https://gitlab.com", "CI_PROJECT_ID": "1", "CI_PIPELINE_ID": "7"}
JENKINS = {"JENKINS_URL": "https://jenkins.example", "BUILD_TAG": "jenkins-offboarding-7"}


@pytest.mark.parametrize("run", [GITHUB, AZURE, GITLAB, JENKINS])
def test_a_repeated_run_has_the_same_key(run: dict[str, str]) -> None:
    assert idempotency_key_for(BODY, run | {"GITHUB_RUN_ATTEMPT": "1"}) == idempotency_key_for(
        BODY, run | {"GITHUB_RUN_ATTEMPT": "2"}
    )


@pytest.mark.parametrize("run", [GITHUB, AZURE, GITLAB, JENKINS])
def test_another_run_or_body_has_another_key(run: dict[str, str]) -> None:
    others = [idempotency_key_for(BODY, run | {name: "other"}) for name in run]
    keys = {idempotency_key_for(BODY, run), idempotency_key_for(BODY | {"reason": "x"}, run), *others}
    assert len(keys) == 2 + len(run)


def test_outside_a_pipeline_every_call_is_a_new_request() -> None:
    assert idempotency_key_for(BODY, {}) != idempotency_key_for(BODY, {})


def test_a_dry_run_is_always_a_new_request() -> None:
    assert idempotency_key_for(BODY | {"dryRun": True}, GITHUB) != idempotency_key_for(BODY | {"dryRun": True}, GITHUB)


def test_the_key_reveals_no_names() -> None:
    assert "adele" not in idempotency_key_for(BODY, GITHUB)
