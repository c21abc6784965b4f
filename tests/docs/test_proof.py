"""docs/proof.md names proofs that exist, and says of the rest that it was not tried."""

import re
from pathlib import Path

import pytest

from tests.system import ROOT

PAGE = (ROOT / "docs/proof.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
CLAIMS = [row for row in ROWS if row[0] not in {"claim", "---"}]


@pytest.mark.parametrize(("claim", "proof"), CLAIMS)
def test_every_claim_has_a_proof_or_says_that_it_was_not_tried(claim: str, proof: str) -> None:
    named = re.findall(r"`((?:tests|scripts|bench|infra)[\w/.-]*)`", proof)
    assert named or re.search(r"`make [a-z-]+|not tried", proof), claim
    for path in named:
        assert Path(ROOT / path).exists(), path


def test_every_command_that_is_named_is_one() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`make ([a-z-]+)", PAGE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_no_claim_is_there_twice() -> None:
    claims = [claim for claim, _ in CLAIMS]
    assert len(claims) > 15
    assert len(claims) == len(set(claims))
