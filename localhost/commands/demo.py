"""`python -m localhost demo`: a story on this machine, printed step by step, each step checked."""

import asyncio
import base64
import os
import secrets
import tempfile
from dataclasses import replace
from pathlib import Path

import httpx

from localhost.commands.app_settings import DEMO_POLICY
from localhost.commands.serve import ServeOptions, served
from localhost.commands.stories.steps import LIMIT, Story

# The secret of the demo policy's source, which serve makes for that file alone.
_OF_THE_DEMO = "HELPDESK_SECRET"


async def demo(options: ServeOptions, story: Story) -> int:
    """Run a story in a data directory of its own; exit code 0. Raises: DemoError when a step failed."""
    with tempfile.TemporaryDirectory(prefix="mfa-reset-demo-") as data:
        own = replace(options, data=Path(data) / "data", port=0)
        if story.policy:
            own = replace(own, policy=_policy_of(story, Path(data)))
        async with (
            asyncio.timeout(4 * LIMIT),
            served(own) as it,
            httpx.AsyncClient(base_url=it.host.base_url, timeout=30) as http,
        ):
            http.headers["x-functions-key"] = it.host.key
            await story.run(it, http)
    return 0


def _policy_of(story: Story, folder: Path) -> Path:
    """Write the demo's policy with what the story adds to it, and make the secrets that it names."""
    for name in (_OF_THE_DEMO, *story.secrets):
        os.environ.setdefault(name, f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}")
    path = folder / "policy.toml"
    path.write_text(f"{DEMO_POLICY.read_text(encoding='utf-8')}\n{story.policy}", encoding="utf-8")
    return path
