"""Every address of the app: the API below /api, the console below /console, and who may call what."""

from pathlib import Path

from localhost.host.app_index import load_app
from localhost.testing import environment
from tests.system import ROOT
from tests.system import environment as settings

# These verify who speaks by themselves: a signature, a token in the link, a sign-in. Health says nothing of anybody.
OPEN = (
    "api/health",
    "api/openapi",
    "api/asyncapi",
    "api/webhooks/",
    "api/approvals",
    "api/attestations",
    "api/verification/",
    "api/evidence/keys",
    "console",
    "{nothing:maxlength(0)?}",  # the root, which leads to the console
)


def test_routes_are_the_contracts_and_need_a_key_unless_they_verify_by_themselves(tmp_path: Path) -> None:
    # host.json's routePrefix is empty, so that the console need not live below /api: routes name it themselves.
    with environment({"PUBLIC_BASE_URL": "http://127.0.0.1"} | settings(tmp_path)):
        app = load_app(ROOT)
    assert app.route_prefix == ""
    for function in app.triggered_by("httpTrigger"):
        route = str(function.trigger["route"])
        assert route.startswith(("api/", "console", "{nothing:maxlength(0)?}")), f"{function.name} is at /{route}"
        level = str(function.trigger["authLevel"]).upper()
        assert level == ("ANONYMOUS" if route.startswith(OPEN) else "FUNCTION"), f"{function.name}: {level}"
