"""The card for the approvers' channel: what the schema takes, no action that decides, nothing that the channel must not see."""

import json
from datetime import UTC, datetime

import jsonschema  # type: ignore[import-untyped]
import pytest

from messaging.errors import AddressNotAllowedError, NoAnswerError
from messaging.teams import ChannelView, approval_message, post_approval_message
from tests.teams_workflow import LARGEST, MESSAGE, texts_of, workflow

VIEW = ChannelView(
    request_id="0f0f0f0f-0000-4000-8000-000000000001",
    link="https://reset.msp.example/console/approvals/0f0f0f0f-0000-4000-8000-000000000001",
    users=3,
    customers=2,
    quorum=1,
    expires_at=datetime(2026, 1, 6, 9, 30, tzinfo=UTC),
    ticket="INC0012345",
)


def card(view: ChannelView) -> dict[str, object]:
    message = approval_message(view)
    jsonschema.validate(message, MESSAGE)
    content: dict[str, object] = message["attachments"][0]["content"]
    return content


def test_the_card_says_what_waits() -> None:
    assert texts_of(card(VIEW)) == [
        "Approval needed: MFA reset",
        "Users: 3",
        "Customers: 2",
        "Ticket: INC0012345",
        "Decide by: Tue 6 Jan 2026, 09:30 UTC",
        "Approvals needed: 1",
        "Request: 0f0f0f0f-0000-4000-8000-000000000001",
        "Approvers decide on the page, after they sign in. Nothing changes before enough of them approve.",
    ]


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"undo": True}, "Approval needed: activating hardware tokens again"),
        ({"retry": True}, "Approval needed: retry of MFA reset"),
        ({"takeover": True}, "Approval needed: takeover of MFA reset"),
    ],
)
def test_the_title_tells_what_kind_of_request_it_is(changes: dict[str, bool], title: str) -> None:
    made = card(VIEW._replace(**changes))  # type: ignore[arg-type]
    assert (texts_of(made)[0], made["fallbackText"]) == (title, title)


def test_more_care_is_asked_for_where_the_request_needs_it() -> None:
    assert "Take a closer look. This request needs more approvals than usual." in texts_of(
        card(VIEW._replace(step_up=True))
    )


def test_the_only_action_opens_the_page_without_a_token() -> None:
    assert card(VIEW)["actions"] == [{"type": "Action.OpenUrl", "title": "Review request", "url": VIEW.link}]


def test_a_ticket_brings_no_link_and_no_lines_of_its_own() -> None:
    made = card(VIEW._replace(ticket="[Approve](https://evil.example)\n\u202eINC" + "x" * 40_000))
    (row,) = [element for element in made["body"] if "Ticket: " in json.dumps(element)]  # type: ignore[attr-defined]
    # Markdown has no meaning in a text run, says the schema of Adaptive Cards.
    assert [run["type"] for run in row["inlines"]] == ["TextRun", "TextRun"]
    assert "\n" not in row["inlines"][1]["text"]
    assert "\u202e" not in row["inlines"][1]["text"]
    assert len(json.dumps(approval_message(VIEW._replace(ticket="x" * 40_000)))) < LARGEST


async def test_it_is_posted_with_the_signature_of_the_address() -> None:
    async with workflow() as teams:
        assert (await post_approval_message(teams.url, VIEW)).status == 202
        assert [texts_of(made)[0] for made in teams.cards] == ["Approval needed: MFA reset"]
        assert (await post_approval_message(teams.url.partition("&sig=")[0], VIEW)).status == 401


async def test_no_error_repeats_the_address() -> None:
    async with workflow() as teams:
        url = teams.url
        teams.answers = [0]
        with pytest.raises(NoAnswerError) as cut:
            await post_approval_message(url, VIEW)

    async def inside(_host: str, _port: int) -> list[str]:
        return ["10.0.0.4"]

    with pytest.raises(NoAnswerError) as away:
        await post_approval_message(url, VIEW)
    with pytest.raises(AddressNotAllowedError) as private:
        await post_approval_message(url.replace("http://127.0.0.1", "https://flows.example"), VIEW, resolve=inside)
    for error in (cut, away, private):
        assert "sig=" not in str(error.value)
        assert "invoke" not in str(error.value)
