"""Activity: writes a part of the targets of a long request, which was accepted before they were."""

from activities.app import activity
from contracts.workflow import WRITE_TARGETS, DraftRef, Nothing
from services import current_services


@activity(WRITE_TARGETS)
async def write_targets(work: DraftRef) -> Nothing:
    await current_services().target_drafts.write(work["id"], work["start"])
    return {}
