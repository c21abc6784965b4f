"""docs/proof.md names proofs that exist, and says of the rest that it was not tried."""

import re
from pathlib import Path

import pytest

from tests.system import ROOT

PAGE = (ROOT / "docs/proof.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
CLAIMS = [row for row in ROWS if row[0] not in {"claim", "section", "---"}]
SECTIONS = [(claim, proof) for claim, proof in CLAIMS if claim.startswith("[")]
# What Azure is called, and its parts that these pages speak of.
AZURE = re.compile(
    r"Azure|Functions (?:host|app)|Flex|[Kk]ey [Vv]ault|App Service|Application Insights|\bazd\b|Bicep|Entra\b|storage account"
    r"|Table Storage|Service Bus\b|Exchange Online|scale controller"
)


NOT_TRIED = re.compile(r"(?:not|never) (?:been )?tried|(?:[Nn]one|[Nn]othing) [^.]*was tried")


def sections(page: Path) -> set[str]:
    """Return the headings of a page under which Azure is named."""
    return {heading for heading, text in _texts(page).items() if AZURE.search(text)}


def marked(page: Path) -> set[str]:
    """Return the headings under which the page itself says that something was not tried."""
    return {heading for heading, text in _texts(page).items() if NOT_TRIED.search(text)}


def _texts(page: Path) -> dict[str, str]:
    texts, heading, code = {"": ""}, "", False
    for line in page.read_text("utf-8").splitlines():
        code ^= line.startswith("```")
        if line.startswith("#") and not code:
            heading = line.lstrip("# ")
            texts.setdefault(heading, "")
        else:
            texts[heading] += f"{line} "
    return texts


@pytest.mark.parametrize(("claim", "proof"), CLAIMS)
def test_every_claim_has_a_proof_or_says_that_it_was_not_tried(claim: str, proof: str) -> None:
    named = re.findall(r"`((?:tests|scripts|bench|infra)[\w/.-]*)`", proof)
    assert named or re.search(r"`make [a-z-]+|not tried|^no claim|^as above|^this page", proof), claim
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


@pytest.mark.parametrize(("section", "proof"), SECTIONS)
def test_a_section_is_one_of_the_page_and_names_azure(section: str, proof: str) -> None:
    link, heading = re.fullmatch(r"\[[\w./-]+\]\(([\w./-]+)\)(?: \"(.+)\")?", section).groups()  # type: ignore[union-attr]
    page = ROOT / "docs" / link
    assert sections(page), f"{link} names nothing of Azure any more: take it out of docs/proof.md"
    assert heading is None or heading in sections(page), f"{heading} of {link}: take it out of docs/proof.md"


def test_every_section_that_names_azure_is_in_the_table() -> None:
    listed = {section for section, _ in SECTIONS}
    pages = [page for page in sorted((ROOT / "docs").rglob("*.md")) if page.name != "proof.md"]
    missing = [
        f'[{link}]({link}) "{heading}"'
        for page in [*pages, ROOT / "README.md"]
        for link in [str(page.relative_to(ROOT / "docs", walk_up=True))]
        for heading in sorted(sections(page) - marked(page))
        if not {f"[{link}]({link})", f'[{link}]({link}) "{heading}"'} & listed
        and not link.startswith("sources/")
        and link != "../README.md"
    ]
    assert missing == [], "add these to the table at the end of docs/proof.md, with what shows what they say"
