"""The policy and the body of each page in docs/sources go through the real doors."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.ingress.mapping import is_accepted, map_delivery
from domain.ingress.signatures import SignatureError, verify
from domain.policy.load import Scheme, parse_policy
from domain.request.reset_request import ResetRequestBody

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs" / "sources").glob("*.md"))
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SECRET = "a-long-random-token-for-this-source"
CUSTOMERS = """
[approval]
approvers = ["lead@msp.example", "deputy@msp.example"]
[customers.contoso]
tenantId = "11111111-1111-1111-1111-111111111111"
domains = ["contoso.com"]
[customers.fabrikam]
tenantId = "22222222-2222-2222-2222-222222222222"
"""


def fenced(text: str, language: str) -> str:
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return str(block)


def sent_headers(scheme: Scheme, body: bytes) -> Mapping[str, str]:
    """The headers that the system of each scheme would send."""
    match scheme:
        case "zendesk":
            stamp = "2026-01-05T09:29:58Z"
            digest = hmac.digest(SECRET.encode(), stamp.encode() + body, hashlib.sha256)
            return {
                "X-Zendesk-Webhook-Invocation-Id": "8350205582",
                "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
                "X-Zendesk-Webhook-Signature-Timestamp": stamp,
            }
        case "github":
            digest = hmac.digest(SECRET.encode(), body, hashlib.sha256)
            return {
                "X-Hub-Signature-256": f"sha256={digest.hex()}",
                "X-GitHub-Delivery": "72d3162e",
                "X-GitHub-Event": "issues",
            }
        case "jira":
            digest = hmac.digest(SECRET.encode(), body, hashlib.sha256)
            return {"X-Hub-Signature": f"sha256={digest.hex()}", "X-Atlassian-Webhook-Identifier": "3f1c"}
        case _:
            return {"Authorization": f"Bearer {SECRET}"}


def test_every_system_has_its_page() -> None:
    names = ["connectwise", "freshservice", "github", "halopsa", "jira", "servicenow", "zendesk"]
    assert [page.stem for page in PAGES] == names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_the_page_says_works(page: Path) -> None:
    text = page.read_text()
    variable = f"{page.stem.upper()}_{'SECRET' if page.stem in {'zendesk', 'jira', 'github'} else 'TOKEN'}"
    policy = parse_policy(CUSTOMERS + fenced(text, "toml"), {variable: SECRET}, page.name)
    source = policy.sources[page.stem]
    assert f"/api/webhooks/{page.stem}" in text
    assert variable in text.replace(fenced(text, "toml"), "")
    body = fenced(text, "json").encode()

    assert verify(source.scheme, source.secrets, sent_headers(source.scheme, body), body, NOW)
    with pytest.raises(SignatureError):
        verify(source.scheme, ["another"], sent_headers(source.scheme, body), body, NOW)

    assert is_accepted(source.accept, json.loads(body))
    assert source.fields is not None
    request = ResetRequestBody.model_validate(map_delivery(source.fields, json.loads(body)))
    assert request.ticket
    assert request.reason
    assert request.requester == "tech@msp.example"
    (group,) = request.targets
    customer = policy.find_customer(group.customer)
    assert customer is not None
    assert len(group.users) == 2
    assert all(user.endswith(f"@{customer}.com") for user in group.users)
