"""Mail approvers whose mail is still to be sent, beside the request that waits for them."""

from contracts.workflow import MAIL_APPROVERS, NOTIFY_APPROVERS, ApproverMailing, ApproverMails, Nothing
from durable import Context, Step
from orchestrators.app import orchestrator
from orchestrators.fan_out import FanOut


@orchestrator(MAIL_APPROVERS)
def mail_approvers(ctx: Context, work: ApproverMailing) -> Step[Nothing]:
    mails = ApproverMails(id=work["id"], reminder=work.get("reminder", 0))
    yield from FanOut(ctx, NOTIFY_APPROVERS, [mails], 1).run()
    return {}
