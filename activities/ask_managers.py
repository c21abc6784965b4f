"""Activity: mails the managers of the users of one window who are to be verified, each a link of their own."""

from activities.app import activity
from activities.faults import fault_word
from contracts.workflow import ASK_MANAGERS, ManagerWindow, Progress
from services import current_services
from use_cases import ask_managers as use_case


@activity(ASK_MANAGERS)
async def ask_managers(work: ManagerWindow) -> Progress:
    asked = await use_case.ask_managers(
        current_services(),
        work["id"],
        work["start"],
        work["count"],
        last=work.get("last", False),
        again=work.get("again", False),
    )
    return {"retry_after": asked.retry_after, "fault": fault_word(asked.fault), "progressed": asked.progressed}
