"""Activity: mails each approver a link of their own."""

from activities.app import Work, activity
from services import current_services
from use_cases import notify_approvers as use_case


@activity
async def notify_approvers(work: Work) -> Work:
    """`work`: {"id", "reminder": 0 for the first mails, else which one, "last"}. Answers {"again": seconds or None, "fault"}."""
    left = await use_case.notify_approvers(
        current_services(), work["id"], reminder=work.get("reminder", 0), last=work.get("last", False)
    )
    return {"again": left.retry_after, "fault": left.fault}
