"""docs/tutorial.md: its commands, in its order, against a host that was started as it says."""

import asyncio
import re
import shutil
import sys
from pathlib import Path

import httpx
import pytest

from tests.docs.served import run_shell, serve
from tests.system import ROOT
from tests.tools import require_tool

PAGE = (ROOT / "docs/tutorial.md").read_text("utf-8")
SET_UP, SEND, SEE, AUDIT = re.findall(r"^```bash\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


async def _decide(mailbox: str, base_url: str) -> None:
    """What the reader does in a browser: the latest mail, its link, the button."""
    async with httpx.AsyncClient(timeout=30) as browser:
        mails: list[dict[str, list[str]]] = []
        async with asyncio.timeout(60):
            while not mails:
                mails = (await browser.get(f"{mailbox}.json")).json()["value"]
        (mail,) = mails
        assert mail["to"] == ["owner@contoso.com"]
        (link,) = {link for link in mail["links"] if "/api/approvals?token=" in link}
        page = await browser.get(link)
        assert "Adele" in page.text
        form = dict(_HIDDEN.findall(page.text)) | {"decision": "approve", "comment": ""}
        assert (await browser.post(link, data=form, headers={"Origin": base_url})).status_code == 200


@pytest.mark.skipif(sys.platform == "win32", reason="the page is for a POSIX shell")
async def test_the_tutorial_leads_from_a_ticket_to_its_outcome(tmp_path: Path) -> None:
    for command in ("curl", "openssl", "jq"):
        require_tool(command, "The tutorial")
    assert SET_UP == 'make setup\nmake serve ARGS="--data tutorial"\n'
    async with serve(tmp_path / "tutorial") as places:
        start = SEND.replace("http://127.0.0.1:7071", places["ready"])
        said = await run_shell(start, tmp_path)
        assert '"ticket": "INC0012345"' in said
        await _decide(places["mailbox"], places["ready"])
        outcome = await run_shell(f"url={places['ready']}\n{SEE}", tmp_path)
        assert outcome.startswith("adele@contoso.com\nreset\n")
        assert outcome.count(": deleted") == 3
        audit = await run_shell(f"url={places['ready']}\n{SEE}\n{AUDIT}", tmp_path)
        assert audit.rstrip().endswith("true")
    shutil.rmtree(tmp_path / "tutorial", ignore_errors=True)
