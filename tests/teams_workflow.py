"""A workflow of Microsoft Teams on this machine: takes what the trigger "When a Teams webhook request is received" takes, or answers 400.

The schema below says the same as Microsoft's of Adaptive Cards 1.5 (schemas/1.5.0/adaptive-card.json in microsoft/AdaptiveCards)
for the elements that our card has, and less: what is not listed is refused, the actions that submit or execute among it.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema  # type: ignore[import-untyped]

from tests.answering_server import serving

# "The message size limit is 28 KB": learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
LARGEST = 28 * 1024
SIGNATURE = "c2lnbmF0dXJlLW9mLXRoZS13b3JrZmxvdw"

_COLORS = ["default", "dark", "light", "accent", "good", "warning", "attention"]
_WEIGHTS, _SIZES = ["default", "lighter", "bolder"], ["default", "small", "medium", "large", "extraLarge"]


def _names(values: list[str]) -> dict[str, Any]:
    # The schema takes each in any case, written as a pattern there.
    return {"enum": [*values, *(value[0].upper() + value[1:] for value in values)]}


_LOOKS = {"color": _names(_COLORS), "weight": _names(_WEIGHTS), "size": _names(_SIZES), "isSubtle": {"type": "boolean"}}


def _element(name: str, required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"type": {"const": name}} | properties,
        "required": ["type", *required],
        "additionalProperties": False,
    }


_TEXT_RUN = _element("TextRun", ["text"], text={"type": "string"}, **_LOOKS)
_TEXT_BLOCK = _element("TextBlock", ["text"], text={"type": "string"}, wrap={"type": "boolean"}, **_LOOKS)
_RICH = _element("RichTextBlock", ["inlines"], inlines={"type": "array", "items": _TEXT_RUN, "minItems": 1})
_OPEN_URL = _element(
    "Action.OpenUrl", ["title", "url"], title={"type": "string"}, url={"type": "string", "pattern": "^https?://"}
)
_CARD = _element(
    "AdaptiveCard",
    ["version", "body"],
    **{"$schema": {"const": "http://adaptivecards.io/schemas/adaptive-card.json"}},
    version={"enum": ["1.2"]},  # the elements below are no newer
    lang={"type": "string", "pattern": "^[a-z]{2}$"},
    fallbackText={"type": "string"},
    body={"type": "array", "items": {"oneOf": [_TEXT_BLOCK, _RICH]}, "minItems": 1},
    actions={"type": "array", "items": _OPEN_URL, "maxItems": 1},
)
MESSAGE = {
    "type": "object",
    "properties": {
        "type": {"const": "message"},
        "attachments": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                    "contentUrl": {"type": "null"},
                    "content": _CARD,
                },
                "required": ["contentType", "content"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "attachments"],
    "additionalProperties": False,
}


def texts_of(card: dict[str, Any]) -> list[str]:
    """Return the lines of a card as a reader sees them."""
    return [
        element["text"] if "text" in element else "".join(run["text"] for run in element["inlines"])
        for element in card["body"]
    ]


@dataclass
class Workflow:
    """`answers` are statuses before it begins to take messages; 0 closes the connection without one."""

    port: int = 0
    tries: int = 0
    cards: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return (
            f"http://127.0.0.1:{self.port}/powerautomate/automations/direct/workflows/0f/triggers/manual/paths/invoke"
            f"?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={SIGNATURE}"
        )

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> int:
        """Return the status of a call. Without a Response action a workflow answers 202 before it runs:
        learn.microsoft.com/azure/connectors/connectors-native-reqres.
        """
        self.tries += 1
        if self.answers:
            return self.answers.pop(0)
        if method != "POST":
            return 404
        if parse_qs(urlsplit(target).query).get("sig") != [SIGNATURE]:
            return 401
        if headers.get("content-type") != "application/json":
            return 415
        if len(body) > LARGEST:
            return 413
        try:
            message = json.loads(body)
            jsonschema.validate(message, MESSAGE)
        except (ValueError, jsonschema.ValidationError) as error:
            self.refused.append(str(error)[:500])
            return 400
        self.cards.append(message["attachments"][0]["content"])
        return 202


@asynccontextmanager
async def workflow() -> AsyncIterator[Workflow]:
    """Serve a workflow on this machine."""
    made = Workflow()
    async with serving(made) as made.port:
        yield made
