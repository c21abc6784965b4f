"""Each request of docs/automation.md is sent to the served app, with the values of an example ticket filled in."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system import ROOT, system
from tests.triggers.deliveries import requests_of
from triggers.api.openapi_2 import connector_description
from triggers.api.openapi_document import description

PAGE = (ROOT / "docs/automation.md").read_text("utf-8")
VALUES = {
    "customer": "contoso",
    "user": "adele@contoso.com",
    "subject": "Lost phone",
    "number": "INC0012345",
    "agent": "tech@msp.example",
}
# What the tools know by names of their own.
OTHERS = {
    "issue.Customer.value": "contoso",
    "issue.User to reset": "adele@contoso.com",
    "issue.summary.jsonEncode": "Lost phone",
    "issue.key": "INC0012345",
    "initiator.emailAddress": "tech@msp.example",
    "$execution.id": "231",
    "$vars.MFA_RESET_URL": "",
    "CTX.execution_id": "018f-11",
    "sys_id": "9d385017c611228701d22104cc95c371",
    "workflow()?['run']?['name']": "08585287",
}
_PLACEHOLDERS = re.compile(
    r"=?\{\{ ?(?:\$json\.|CTX\.(?!execution))?(?P<double>[^{}]+?) ?\}\}|@?[$@]\{(?P<single>[^{}]+)\}"
)


def _block(title: str, language: str = "json") -> str:
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    return str(found)


def _filled(text: str) -> Any:
    def value(match: re.Match[str]) -> str:
        name = match["double"] or match["single"]
        if inner := re.fullmatch(r"triggerBody\(\)\?\['(\w+)'\]", name):
            name = inner[1]
        return (VALUES | OTHERS)[name]

    return json.loads(_PLACEHOLDERS.sub(value, text))


def _call(title: str) -> tuple[dict[str, str], Any]:
    """Return the headers and the body of the section's request."""
    found = _filled(_block(title))
    if title == "n8n":
        assert (found["method"], found["url"]) == ("POST", "/api/reset-requests")
        return {p["name"]: p["value"] for p in found["headerParameters"]["parameters"]}, found["jsonBody"]
    if title == "Power Automate":
        twin = connector_description("https://mfa-reset.msp.example", signs_in=True)
        action = twin["paths"]["/api/reset-requests"]["post"]
        assert set(found) == {parameter["name"] for parameter in action["parameters"]}
        return {"Idempotency-Key": found["Idempotency-Key"]}, found["body"]
    assert (found["method"], found["path"]) == ("POST", "/api/reset-requests")
    return found["headers"], found.get("json") or found["body"]


@pytest.mark.parametrize("title", ["n8n", "Power Automate", "Rewst", "ServiceNow flow"])
async def test_the_request_of_a_tool_is_accepted_once(tmp_path: Path, title: str) -> None:
    headers, body = _call(title)
    async with system(tmp_path) as it:
        first = await it.call("POST", "/api/reset-requests", 202, headers=headers, json=body)
        again = await it.call("POST", "/api/reset-requests", 200, headers=headers, json=body)
        assert again["id"] == first["id"]
        assert (first["ticket"], first["requester"], first["reason"]) == (
            "INC0012345",
            "tech@msp.example",
            "Lost phone",
        )
        assert first["customers"] == ["contoso"]


async def test_jira_automation_is_a_source_with_a_token(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text((ROOT / "localhost/policy.demo.toml").read_text() + _block("Jira automation", "toml"))
    token = "a-token-of-jira-automation-of-the-tests"
    async with system(tmp_path, policy=policy, settings={"JIRA_AUTOMATION_TOKEN": token}) as it:
        assert "/api/webhooks/jiraAutomation" in PAGE
        async with httpx.AsyncClient(base_url=it.host.base_url) as http:
            body = _filled(_block("Jira automation"))
            headers = {"Authorization": f"Bearer {token}"}
            answer = await http.post("/api/webhooks/jiraAutomation", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        assert requests_of(it) == {answer.json()["id"]}


def test_the_card_for_teams_is_made_of_an_event() -> None:
    events = description("https://mfa-reset.msp.example")["webhooks"]["resetRequestEvent"]["post"]
    (event,) = (content["example"] for content in events["requestBody"]["content"].values())

    def value(match: re.Match[str]) -> str:
        found: Any = event
        for name in match[1].split("."):
            found = found[name]
        return str(found)

    card = json.loads(re.sub(r"\$\{([\w.]+)\}", value, _block("Teams")))["attachments"][0]["content"]
    assert card["body"][0]["text"] == "MFA reset INC0012345: awaitingApproval"
    assert card["actions"][0]["url"].endswith(f"/api/reset-requests/{event['subject']}")


def test_every_tool_of_the_page_is_tried() -> None:
    titles = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert titles == ["n8n", "Power Automate", "Rewst", "ServiceNow flow", "Jira automation", "Teams"]
