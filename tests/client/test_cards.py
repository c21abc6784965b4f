"""What people read: complete at 80 columns, in the words of the pages."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console, RenderableType

from mfa_reset_client.cards import (
    counts,
    customer_card,
    event_card,
    explanations,
    request_card,
    target_card,
    user_card,
    words_for,
)
from mfa_reset_client.formatting import printable
from mfa_reset_client.models import AuditEvent, Customer, ResetRequest, Target, User

LONG = "a-remarkably-long-name-of-a-person-in-a-large-organisation@contoso-holdings.onmicrosoft.example"


def shown(card: RenderableType, width: int = 80) -> str:
    out = StringIO()
    Console(file=out, width=width).print(card)
    return out.getvalue()


def request(status: str, **more: Any) -> ResetRequest:
    totals = {"targets": 3, "pending": 0, "reset": 1, "alreadyClear": 2, "asleep": 0}
    value = {"id": "r1", "status": status, "createdAt": "2026-01-05T09:30:00Z", "totals": totals}
    return ResetRequest.from_json(value | more)


def target(**more: Any) -> Target:
    method = {"type": "hardwareOath", "id": "m1", "label": "•••0886", "outcome": "deactivated"}
    value = {"customer": "contoso", "userPrincipalName": LONG, "outcome": "reset", "sessionsRevoked": True}
    return Target.from_json(value | {"methods": [method]} | more)


CARDS: dict[str, RenderableType] = {
    "request": request_card(request("completed", reason="x " * 90, requester=LONG, ticket="INC1")),
    "target": target_card(target(reason="refusedDefault", displayName="Adele Vance", detail="y" * 120)),
    "user": user_card(User(customer="contoso", id="1", user_principal_name=LONG, display_name=LONG)),
    "customer": customer_card(Customer(customer="contoso", name=LONG, domains=[LONG], methods=["phone", "fido2"])),
    "event": event_card(
        AuditEvent.from_json(
            {"number": 1, "at": "2026-01-05T09:30:00Z", "actor": LONG, "event": "planned", "data": {"digest": "f" * 64}}
        )
    ),
}


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("width", [40, 80])
def test_nothing_is_cut(name: str, width: int) -> None:
    text = shown(CARDS[name], width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    complete = "".join(shown(CARDS[name], 1000).split())
    assert "".join(text.split()) == complete


def test_a_request() -> None:
    text = shown(request_card(request("completed", ticket="INC1", reason="Lost phone", requester="tech@msp.example")))
    assert text.splitlines() == [
        "Completed  r1",
        "  INC1 · Lost phone · requested by tech@msp.example · 2026-01-05 09:30 UTC",
        "  3 users: Reset 1 · Nothing to reset 2",
    ]


def test_a_target() -> None:
    text = shown(target_card(target(userPrincipalName="adele@contoso.com", displayName="Adele Vance")))
    assert text.splitlines() == [
        "Reset  adele@contoso.com  Adele Vance, contoso",
        "  Hardware token •••0886: deactivated, still assigned",
        "  Sign-in sessions: ended",
    ]


def test_an_undo_has_its_own_words() -> None:
    undo = request("resetting", undoOf="r0")
    assert "Waiting for the tokens' codes" in shown(request_card(undo))
    assert "Active again" in shown(target_card(target(outcome="alreadyClear"), words_for(undo)))
    assert "Active again 2" in counts(undo)


def test_a_dry_run_says_what_would_be_done() -> None:
    planned = request("planned")
    pending = target(outcome="pending", methods=[{"type": "phone", "id": "1", "outcome": "pending"}])
    assert shown(target_card(pending, words_for(planned))).startswith("Would be reset  ")
    assert "Phone number: would be removed" in shown(target_card(pending, words_for(planned)))


def test_after_the_end_nothing_is_about_to_start() -> None:
    untouched = target(outcome="cancelled", methods=[{"type": "phone", "id": "1", "outcome": "pending"}])
    assert "Phone number: not touched" in shown(target_card(untouched, words_for(request("denied"))))
    assert "Phone number: not started yet" in shown(target_card(untouched, words_for(request("awaitingApproval"))))


def test_an_event() -> None:
    value = {"number": 4, "at": "2026-01-05T09:30:00Z", "actor": "a@b.c", "event": "decided"}
    data = {
        "decision": "deny",
        "planDigest": "ff",
        "signedIn": False,
        "comment": "",
        "nested": {"a": 1},
        "people": ["x"],
    }
    assert shown(event_card(AuditEvent.from_json(value | {"data": data}))).splitlines() == [
        "4  2026-01-05 09:30 UTC  Decision made  a@b.c",
        "  decision: deny",
        "  plan digest: ff",
        "  signed in: no",
        "  people: x",
    ]


def test_a_user_has_only_known_facts() -> None:
    user = User(customer="contoso", id="1", user_principal_name="a@b.c", enabled=False, guest=True, registered=False)
    assert "contoso · disabled · guest · not registered for MFA" in shown(user_card(user))


def test_codes_of_a_newer_service_are_shown_as_they_are() -> None:
    assert "sleeping  r1" in shown(request_card(request("sleeping")))


def test_explanations() -> None:
    decision = {"approver": "a@b.c", "decision": "deny", "comment": "No\nticket", "at": "2026-01-05T09:40:00Z"}
    denied = request("denied", approval={"decisions": [decision]}, failure="denied", detail="")
    assert explanations(denied) == ["Denied by a@b.c: No ticket"]
    failed = request("failed", failure="planChanged", detail="digest ff")
    assert explanations(failed)[0].startswith("The recorded plan is not the one that was approved")
    assert explanations(failed)[1] == "digest ff"


def test_control_characters_are_made_visible() -> None:
    assert printable("Not hers.\r\nCall her.\n\tTwice.") == "Not hers. Call her. Twice."
    assert printable("a\rb\x0bc") == "a�b�c"
    assert printable("a\x1b[31m\u202eb\x07") == "a�[31m�b�"
    card = shown(target_card(target(displayName="[red]\x1b[2J", detail="a\x07")))
    assert "\x1b" not in card + "\x07"[1:]
    assert "[red]�[2J" in card


def test_a_card_tells_a_retry_from_a_takeover() -> None:
    assert "retry of r0" in shown(request_card(request("completed", retryOf="r0")))
    assert "takeover of r0" in shown(request_card(request("completed", takeoverOf="r0")))


def test_the_end_of_a_request_is_said_once() -> None:
    detail = "An approver denied the request; nothing was touched."
    text = shown(target_card(target(outcome="cancelled", reason="denied", detail=detail, methods=[])))
    assert text.count("denied") == 1
    assert "The number is in use." in shown(target_card(target(reason="forbidden", detail="The number is in use.")))
