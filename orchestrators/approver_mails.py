"""Mails approvers whose mail is still to be sent, beside the request that waits for them."""

from typing import Any

from durabletask.task import OrchestrationContext

from orchestrators.app import app
from orchestrators.fan_out import FanOut, Step


@app.orchestration_trigger(context_name="context")
def mail_approvers(ctx: OrchestrationContext, work: dict[str, Any]) -> Step:
    """`work`: {"id", "reminder": 0 for the first mails, else which one}."""
    notify = {"id": work["id"], "reminder": work.get("reminder", 0)}
    yield from FanOut(ctx, "notify_approvers", [notify], 1).run()
    return {}
