"""A receiver of callbacks on this machine, as a source would run it: verifies each, and answers as the test says."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.ingress.signatures import sign_standard
from domain.request.notifications import KINDS
from tests.answering_server import serving
from tests.system import HELPDESK_SECRET, ROOT, System

SECRET = "whsec_" + "Y2FsbGJhY2tzLW9mLXRoZS10ZXN0cy0wMDAw"


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def kind(self) -> str:
        return str(self.event["type"]).removeprefix("mfareset.request.")


@dataclass
class Receiver:
    """`answers` are statuses, one for each call; when they are used up, `otherwise`. 0 closes the connection without one."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    otherwise: int = 204
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def kinds(self) -> list[str]:
        """In the order of a request's life: deliveries run side by side, so they may arrive in another."""
        kinds = [call.kind for call in self.calls]
        return [kind for kind in KINDS for _ in range(kinds.count(kind))]

    def last(self, kind: str) -> Call:
        return [call for call in self.calls if call.kind == kind][-1]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> int:
        self.calls.append(Call(target, headers, body))
        return self.answers.pop(0) if self.answers else self.otherwise


@asynccontextmanager
async def receiving(host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with serving(receiver, host) as receiver.port:
        yield receiver


def policy_with(tmp_path: Path, more: str) -> Path:
    """The demo's policy with `more` at its end."""
    path = tmp_path / "policy.toml"
    path.write_text((ROOT / "localhost/policy.demo.toml").read_text() + more)
    return path


def callback_to(url: str, more: str = "") -> str:
    """The helpdesk's callback in a policy; the environment has its secret."""
    return f'[sources.helpdesk.callback]\nurl = "{url}"\nsecret = "env:HELPDESK_CALLBACK_SECRET"\n{more}\n'


async def send_ticket(
    it: System, *, delivery: str = "msg_1", requester: str = "tech@msp.example", **users: list[str]
) -> str:
    """A signed ticket of the helpdesk about these users per customer; the request's id, when it waits for approval."""
    ticket = {
        "id": "INC0012345",
        "subject": "Lost phone",
        "agent": {"email": requester},
        "users": [{"organization": customer, "email": name} for customer, names in users.items() for name in names],
    }
    body = json.dumps({"ticket": ticket}).encode()
    headers = sign_standard(HELPDESK_SECRET, delivery, it.services.now(), body)
    request = await it.call("POST", "/api/webhooks/helpdesk", 202, content=body, headers=headers)
    await it.host.idle()
    return str(request["id"])
