"""What docs/callbacks.md, exports.md and follow-up.md say is so."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from domain.audit import evidence_pack as evidence
from domain.ingress.signatures import sign_standard
from domain.mails import MailState
from domain.policy.load import Template, parse_policy
from domain.request.follow_up import FollowUpState
from domain.request.notifications import KINDS, NotificationState
from messaging.comment_text import COMMENT_USERS, FORMATS
from orchestrators.event_delivery import PATIENCE, WAITS
from triggers.api.exports import MAX_USERS

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECRET = "whsec_" + "Y2FsbGJhY2tzLW9mLXRoZS10ZXN0cy0wMDAw"
CALLBACKS, EXPORTS, FOLLOW_UP = ((DOCS / f"{name}.md").read_text() for name in ("callbacks", "exports", "follow-up"))
SOURCE = """
[approval]
approvers = ["lead@msp.example", "deputy@msp.example"]
[sources.helpdesk]
scheme = "standard-webhooks"
secret = "env:HELPDESK_CALLBACK_SECRET"
"""
CUSTOMER = '[customers.contoso]\ntenantId = "11111111-1111-1111-1111-111111111111"\n'


def fenced(text: str, language: str) -> str:
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return str(block)


def test_the_policies_are_good() -> None:
    environ = {"HELPDESK_CALLBACK_SECRET": SECRET}
    callback = parse_policy(SOURCE + CUSTOMER + fenced(CALLBACKS, "toml"), environ).sources["helpdesk"].callback
    assert callback is not None
    assert callback.template == "zendesk"
    policy = parse_policy(SOURCE + fenced(FOLLOW_UP, "toml"), environ)
    assert policy.follow_up.after == timedelta(hours=24)
    assert policy.contact_of("contoso") == "Contoso IT, +1 555 0199"


def test_the_receiver_of_the_page_takes_what_is_sent_and_nothing_else() -> None:
    names: dict[str, Any] = {}
    exec(fenced(CALLBACKS, "python"), names)  # noqa: S102 - our own page
    body = json.dumps({"id": "r-1:accepted:1"}).encode()
    headers = sign_standard([SECRET], "r-1:accepted:1", datetime.now(UTC), body)
    assert names["receive"](SECRET, headers, body) == {"id": "r-1:accepted:1"}
    with pytest.raises(Exception, match="signature"):
        names["receive"](SECRET, headers, body + b" ")


def test_every_event_state_and_template_is_documented() -> None:
    assert re.findall(r"^\| `mfareset\.request\.(\w+)`", CALLBACKS, re.MULTILINE) == list(KINDS)
    for state in get_args(NotificationState.__value__):
        assert f"`{state}`" in CALLBACKS
    documented = dict(re.findall(r"^\| `(\w+)` \| ([\w ]+) \|", CALLBACKS, re.MULTILINE))
    forms = {"html": "HTML", "txt": "plain text", "wiki": "wiki markup"}
    assert documented == {name: forms[FORMATS[name]] for name in get_args(Template)}
    for name in get_args(Template):
        assert f'template = "{name}"' in (DOCS / "sources" / f"{name}.md").read_text()
    for state in (*get_args(FollowUpState.__value__), *get_args(MailState.__value__)):
        assert f"`{state}`" in FOLLOW_UP


def test_the_numbers_are_those_of_the_code() -> None:
    units = {"s": 1, "min": 60, "h": 3600}
    (sentence,) = re.findall(r"after about (.*?), and at last 24 hours", CALLBACKS, re.DOTALL)
    waits = [int(n) * units[unit] for n, unit in re.findall(r"(\d+)\s(s|min|h)\b", sentence)]
    assert tuple(waits) == WAITS
    assert timedelta(hours=24) == PATIENCE
    assert f"{COMMENT_USERS} users at\nmost" in CALLBACKS
    assert f"{MAX_USERS:,} users at most" in EXPORTS
    for name in (*evidence.FILES, evidence.MANIFEST):
        if name != evidence.READ_ME:
            assert f"`{name}`" in EXPORTS
