"""HEAD works wherever GET does: the real host has no HEAD of its own, and probes and link previews send it."""

from pathlib import Path

import pytest

from localhost.host.app_index import load_app
from localhost.testing import environment
from tests.browsing import browser_client
from tests.console.pages import sign_in
from tests.system import ROOT, system
from tests.system import environment as settings


def test_every_route_for_get_is_one_for_head(tmp_path: Path) -> None:
    with environment({"PUBLIC_BASE_URL": "http://127.0.0.1"} | settings(tmp_path)):
        functions = load_app(ROOT).triggered_by("httpTrigger")
    methods = {function.name: {str(method).upper() for method in function.trigger["methods"]} for function in functions}
    assert [name for name, own in methods.items() if "GET" in own and "HEAD" not in own] == []
    assert [name for name, own in methods.items() if "POST" in own and "HEAD" in own] == []


@pytest.mark.parametrize(
    "path", ["/api/health", "/api/openapi.json", "/api/reset-requests", "/api/customers", "/api/users", "/api/options"]
)
async def test_a_list_answers_head_as_get_without_the_body(tmp_path: Path, path: str) -> None:
    async with system(tmp_path) as it:
        got, head = await it.http.get(path), await it.http.head(path)
    assert (head.status_code, head.headers["content-type"]) == (200, got.headers["content-type"])
    assert (head.content, got.content == b"") == (b"", False)


async def test_pages_answer_head_and_lead_back_after_the_sign_in(tmp_path: Path) -> None:
    async with system(tmp_path) as it, browser_client(it.host.base_url) as http:
        away = await http.head("/console/users?search=a")
        assert away.headers["location"] == "/console/sign-in?return=%2Fconsole%2Fusers%3Fsearch%3Da"
        await sign_in(http, "tech@msp.example")
        for page in ("users", "methods", "requests"):
            head = await http.head(f"/console/{page}")
            assert (head.status_code, head.content) == (200, b"")
