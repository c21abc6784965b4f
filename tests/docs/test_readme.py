"""README.md: its request, sent as a reader would to a host that was started as it says."""

import json
import re
import sys
from pathlib import Path

import pytest

from tests.docs.served import run_shell, serve
from tests.system import ROOT
from tests.tools import require_tool

(REQUEST,) = re.findall(r"^```bash\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.skipif(sys.platform == "win32", reason="the request is for a POSIX shell")
async def test_the_request_of_the_readme_is_accepted(tmp_path: Path) -> None:
    require_tool("curl", "The README")
    async with serve(tmp_path / ".data") as places:
        said = await run_shell(REQUEST.replace("http://127.0.0.1:7071", places["ready"]), tmp_path)
    head, _, body = said.replace("\r", "").partition("\n\n")
    request = json.loads(body)
    assert head.startswith("HTTP/1.1 202")
    assert f"/api/reset-requests/{request['id']}" in head
    assert (request["status"], request["totals"]["targets"], request["ticket"]) == ("planning", 1, "INC0012345")
