"""What stories with caller verification share: a service's signed proof, the manager's page, and waiting for targets."""

import asyncio
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from localhost.commands.serve import Served
from localhost.commands.stories.steps import HIDDEN, LIMIT, all_targets


async def post_proof(
    http: httpx.AsyncClient,
    request_id: str,
    user: str,
    at: datetime,
    *,
    tamper: bool = False,
    delivery: str = "msg_first",
) -> httpx.Response:
    """Post the proof that a user was verified at `at`, signed as the service `idproof` does; `tamper` changes it afterwards."""
    proof = {
        "id": f"proof-of-{user}",
        "request": request_id,
        "user": user,
        "method": "passport and selfie",
        "result": "verified",
        "verifiedAt": at.isoformat(),
    }
    body, now = json.dumps(proof), datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": delivery,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(os.environ["IDPROOF_SECRET"]).sign(delivery, now, body),
    }
    return await http.post("/api/verification/proofs/idproof", content=body + " " * tamper, headers=headers)


async def answer_on_page(it: Served, browser: httpx.AsyncClient, link: str, answer: str) -> httpx.Response:
    """Open a manager's page and press one of its buttons, as a browser does."""
    page = await browser.get(link)
    form = dict(HIDDEN.findall(page.text)) | {"answer": answer}
    return await browser.post(link, data=form, headers={"Origin": it.host.base_url})


async def wait_for_targets(
    http: httpx.AsyncClient, request_id: str, ready: Callable[[list[dict[str, Any]]], bool], limit: float = LIMIT
) -> list[dict[str, Any]]:
    """Return all targets once `ready` says so of them. Raises: TimeoutError after `limit` seconds."""
    async with asyncio.timeout(limit):
        while True:
            targets = [target async for target in all_targets(http, request_id)]
            if ready(targets):
                return targets
            await asyncio.sleep(0.1)
