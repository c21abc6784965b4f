"""Activity: keeps which targets of one window have which outcome, for mails, comments and pages after the end."""

from activities.app import activity
from contracts.workflow import SUMMARISE_TARGETS, Nothing, SummaryWindow
from services import current_services
from use_cases.target_summaries import summarise


@activity(SUMMARISE_TARGETS)
async def summarise_targets(work: SummaryWindow) -> Nothing:
    await summarise(current_services(), work["id"], work["of"], work["start"])
    return {}
