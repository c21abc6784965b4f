"""The stories of `demo`, by the name that `--story` takes."""

from collections.abc import Mapping

from localhost.commands.stories.compromised import COMPROMISED_STORY
from localhost.commands.stories.lost_phone import LOST_PHONE_STORY
from localhost.commands.stories.steps import Story
from localhost.commands.stories.ticket import TICKET_STORY
from localhost.commands.stories.vishing import VISHING_STORY

DEFAULT = "ticket"
STORIES: Mapping[str, Story] = {
    DEFAULT: TICKET_STORY,
    "vishing": VISHING_STORY,
    "compromised": COMPROMISED_STORY,
    "lost-phone": LOST_PHONE_STORY,
}
