"""A request over the local broker in a process of its own: message, request, approval, outcome events."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.servicebus import ServiceBusMessage, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient

from tests.system import ROOT

pytest.importorskip("proton", reason="python-qpid-proton is not installed")

BODY = {
    "targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}],
    "reason": "Lost phone",
    "requester": "tech@msp.example",
}
SOON = 30.0
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@contextmanager
def served(data: Path) -> Iterator[dict[str, str]]:
    """`serve --service-bus`, and what it printed by its first words."""
    command = [sys.executable, "-W", "error", "-m", "localhost", "serve", "--port", "0", "--data", str(data)]
    with (
        (data.parent / "serve.log").open("w") as log,
        subprocess.Popen(
            [*command, "--service-bus", "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            said: dict[str, str] = {}
            assert process.stdout is not None
            for line in process.stdout:
                name, _, value = line.strip().rpartition(" ")
                # Without a terminal a secret is named by the file that holds it.
                words, in_file = name.strip(), name.endswith(" in")
                said[words.removesuffix(" in").strip()] = Path(value).read_text().strip() if in_file else value
                if name == "ready":
                    break
            else:
                pytest.fail((data.parent / "serve.log").read_text())
            yield said
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()


async def approve(said: dict[str, str]) -> None:
    """Waits for the mails, opens each link and approves."""
    async with httpx.AsyncClient(timeout=30) as browser:
        for link in await until(lambda: links(browser, said["mailbox"])):
            form = dict(_HIDDEN.findall((await browser.get(link)).text))
            answer = await browser.post(
                link, data=form | {"decision": "approve", "comment": ""}, headers={"Origin": said["ready"]}
            )
            assert answer.status_code == 200, answer.text


async def links(browser: httpx.AsyncClient, mailbox: str) -> list[str]:
    mails = (await browser.get(f"{mailbox}.json")).json()["value"]
    return [link for mail in mails for link in mail["links"] if "/api/approvals?token=" in link]


async def until(look: Any) -> Any:
    async with asyncio.timeout(SOON):
        while not (found := await look()):  # noqa: ASYNC110 - another process is looked at
            await asyncio.sleep(0.05)
        return found


async def test_message_to_outcomes_in_their_order_over_a_restart(tmp_path: Path) -> None:
    with served(tmp_path / "data") as said:
        async with (
            ServiceBusClient.from_connection_string(said["service bus"]) as bus,
            httpx.AsyncClient(base_url=said["ready"], headers={"x-functions-key": said["function key"]}) as http,
        ):
            async with bus.get_queue_sender("reset-requests") as sender:
                for body, name in ((json.dumps(BODY), "m1"), ("{not json", "m2")):
                    await sender.send_messages(
                        ServiceBusMessage(body, message_id=name, correlation_id="c1", reply_to="answers")
                    )
            async with bus.get_queue_receiver("reset-requests", sub_queue=ServiceBusSubQueue.DEAD_LETTER) as receiver:
                (dead,) = await receiver.receive_messages(1, max_wait_time=SOON)
                assert (dead.message_id, dead.dead_letter_reason) == ("m2", "invalidInput")
                assert "The body is not JSON." in str(dead.dead_letter_error_description)
            (request,) = (await http.get("/api/reset-requests")).json()["value"]
            assert request["source"] == "servicebus"
            await approve(said)

            async def ended() -> bool:
                return bool((await http.get(f"/api/reset-requests/{request['id']}")).json()["status"] == "completed")

            await until(ended)
    # Nobody has received yet: the events waited on disk.
    with served(tmp_path / "data") as said:
        async with ServiceBusClient.from_connection_string(said["service bus"]) as bus:
            seen: list[str] = []
            async with bus.get_subscription_receiver(
                "reset-outcomes", "everything", session_id=request["id"], max_wait_time=SOON
            ) as receiver:
                async for message in receiver:
                    event = json.loads(str(message))
                    assert (message.message_id, message.correlation_id, message.to) == (event["id"], "c1", "answers")
                    assert message.content_type == "application/cloudevents+json"
                    assert event["data"]["id"] == event["subject"] == request["id"]
                    seen.append(f"{event['type'].rpartition('.')[2]}: {event['data']['status']}")
                    await receiver.complete_message(message)
                    if event["type"].endswith(".completed"):
                        break
    assert seen == [
        "accepted: planning",
        "awaitingApproval: awaitingApproval",
        "decided: resetting",
        "completed: completed",
    ]
