"""The client uses the words of the service's pages."""

import runpy
from pathlib import Path

from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from mfa_reset_client import labels
from tests.system import ROOT


def test_the_words_are_those_of_the_pages() -> None:
    script = runpy.run_path(str(ROOT / "scripts/client_labels.py"))
    written = Path(labels.__file__).read_text(encoding="utf-8")
    assert written == script["render"](), "run .venv/bin/python scripts/client_labels.py"


def test_every_code_has_words() -> None:
    assert set(labels.STATUS) >= {status.value for status in RequestStatus}
    assert set(labels.TARGET_OUTCOME) >= {outcome.value for outcome in TargetOutcome}
    assert set(labels.METHOD_OUTCOME) >= {outcome.value for outcome in MethodOutcome}
