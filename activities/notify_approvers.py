"""Activity: mails each approver a link of their own."""

from activities.app import activity
from activities.faults import fault_word
from contracts.workflow import NOTIFY_APPROVERS, ApproverMails, Progress
from services import current_services
from use_cases import notify_approvers as use_case


@activity(NOTIFY_APPROVERS)
async def notify_approvers(work: ApproverMails) -> Progress:
    left = await use_case.notify_approvers(
        current_services(), work["id"], reminder=work["reminder"], last=work.get("last", False)
    )
    return {"retry_after": left.retry_after, "fault": fault_word(left.fault)}
