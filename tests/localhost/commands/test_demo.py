"""The demo does the whole job, and says so with its exit code."""

import subprocess
import sys

from tests.system import ROOT


def _demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "localhost", "demo", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_the_demo_prints_every_step_and_ends_well() -> None:
    run = _demo()
    assert run.returncode == 0, run.stderr
    for expected in (
        "Changed on the way: 401",
        "/api/approvals?token=",
        "adele@contoso.com            reset, sessions revoked",
        "breakglass@contoso.com       refused (protectedUser)",
        "deactivated",
        "Every outcome agrees with what the tenants really hold.",
    ):
        assert expected in run.stdout
    assert "Unclosed" not in run.stderr


def test_an_unknown_story_is_refused_with_the_names_of_the_known_ones() -> None:
    run = _demo("--story", "fable")
    assert run.returncode == 2
    assert "ticket" in run.stderr


def test_compromised_accounts_are_blocked_first_and_unblocked_by_evidence() -> None:
    run = _demo("--story", "compromised")
    assert run.returncode == 0, run.stderr
    for expected in (
        "blocked                  already (disabledBefore)",
        "blocked                  refused (protectedUser)",
        "no user was unblocked",
        "unblocked                done (verified)",
        "Every outcome agrees with what the tenants really hold.",
    ):
        assert expected in run.stdout


def test_a_caller_who_is_not_the_user_gets_nothing() -> None:
    run = _demo("--story", "vishing")
    assert run.returncode == 0, run.stderr
    for expected in (
        "of another user: 422 otherUser",
        "of last winter: 422 stale",
        "409 replayed",
        "megan@contoso.com            refused (unverified)",
        "verificationDenied   adele@contoso.com",
        "diego@contoso.com            reset, sessions revoked",
    ):
        assert expected in run.stdout


def test_a_lost_phone_ends_with_a_way_back_in() -> None:
    run = _demo("--story", "lost-phone")
    assert run.returncode == 0, run.stderr
    for expected in (
        "forecast cannotRegister, so the plan offers a pass of 60 minutes",
        "asks Graph for a pass: 403",
        "pressed again: 409",
        "registers a passkey: temporaryAccessPass, fido2",
        "accessPassShown",
    ):
        assert expected in run.stdout
