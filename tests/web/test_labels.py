import inspect
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import get_args

import pytest

from domain.methods import ALTERNATE_MOBILE_PHONE_ID, MOBILE_PHONE_ID, OFFICE_PHONE_ID, MethodType, method_of
from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from domain.request.follow_up import FollowUpState
from domain.request.forecast import Forecast
from domain.request.reset_request import ResetRequest
from domain.request.target import Target, TargetMethod
from languages import in_language
from tests.web.samples import NOW
from web import labels
from web.presenters import user_view
from web.views import DecisionView

REASONS = [
    "protectedUser",
    "privilegedUser",
    "guestUser",
    "disabledUser",
    "userNotFound",
    "ownAccount",
    "duplicateUser",
    "alreadyRunning",
    "unknownCustomer",
    "customerNotAllowed",
    "methodNotAllowed",
    "consentMissing",
    "credentialInvalid",
    "conditionalAccess",
    "unknownTenant",
    "tokenRejected",
    "methodsUnreadable",
    "customerUnreachable",
    "cancelled",
    "excludedByApprover",
    "throttled",
    "forbidden",
    "notRemoved",
    "stopped",
]


@pytest.mark.parametrize(
    ("codes", "dictionary"),
    [
        (RequestStatus, labels.STATUS),
        (RequestStatus, labels.STATUS_TEXT),
        (RequestStatus, labels.STATUS_TEXT_REQUESTER),
        (TargetOutcome, labels.TARGET_OUTCOME),
        (MethodOutcome, labels.METHOD_OUTCOME),
    ],
)
def test_every_status_and_outcome_has_words(codes: type[StrEnum], dictionary: dict[str, str]) -> None:
    assert set(dictionary) == {code.value for code in codes}


@pytest.mark.parametrize(
    ("phone", "english", "german"),
    [
        (MOBILE_PHONE_ID, "mobile •••12", "Mobiltelefon •••12"),
        (ALTERNATE_MOBILE_PHONE_ID, "alternate mobile •••12", "alternatives Mobiltelefon •••12"),
        (OFFICE_PHONE_ID, "office •••12", "Büro •••12"),
    ],
)
def test_the_slot_of_a_phone_number_is_in_the_language_of_the_reader(phone: str, english: str, german: str) -> None:
    resource = {"id": phone, "phoneNumber": "+1 2065550112"}
    method = method_of(resource, MethodType.PHONE)
    assert method is not None
    request = ResetRequest(
        id="r_1", status=RequestStatus.PLANNING, created_at=NOW, source="tests", methods=[], target_count=1, ranges=[]
    )
    target = Target(
        number=0, customer="contoso", asked="adele@contoso.com", methods=[TargetMethod(**method.model_dump())]
    )
    for language, label in (("en", english), ("de", german)):
        with in_language(language):
            assert labels.method_label("phone", method.label) == label
            assert user_view(target, request).methods[0].label == label


def test_a_temporary_access_pass_is_not_named_twice() -> None:
    made = method_of({"id": "1"}, MethodType.TEMPORARY_ACCESS_PASS)
    assert made is not None
    assert labels.method_label("temporaryAccessPass", made.label) == ""


def test_every_method_type_has_words() -> None:
    # A password is never removed, but may be listed among what stays.
    assert set(labels.METHOD_TYPE) == {kind.value for kind in MethodType} | {"password"}


def test_every_reason_has_words() -> None:
    assert set(REASONS) <= set(labels.REASON)


def test_every_decision_has_words() -> None:
    assert set(labels.DECISION) == set(get_args(inspect.get_annotations(DecisionView)["decision"]))


def test_no_words_are_a_code_or_empty() -> None:
    for name, dictionary in vars(labels).items():
        if isinstance(dictionary, Mapping) and name.isupper() and name != "PROBLEM":
            for code, text in dictionary.items():
                assert text, f"{name}[{code}]"
                assert text != code, f"{name}[{code}]"


def test_a_code_without_a_label_is_shown_as_it_is() -> None:
    assert labels.say(labels.REASON, "somethingNew") == "somethingNew"


def test_an_unknown_problem_still_has_a_page() -> None:
    assert labels.problem("somethingNew") == labels.PROBLEM["unavailable"]


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(days=3, hours=5), "3 days left"),
        (timedelta(hours=47, minutes=59), "47 hours left"),
        (timedelta(hours=1), "1 hour left"),
        (timedelta(minutes=59, seconds=59), "59 minutes left"),
        (timedelta(seconds=59), "less than a minute left"),
        (timedelta(), "no time left"),
        (timedelta(hours=-3), "no time left"),
    ],
)
def test_time_left_is_rounded_down(left: timedelta, text: str) -> None:
    assert labels.time_left(NOW, NOW + left) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=7), "7 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=90), "90 minutes"),
    ],
)
def test_durations_read_well(length: timedelta, text: str) -> None:
    assert labels.duration(length) == text


@pytest.mark.parametrize(
    ("users", "again", "text"),
    [
        (1, 1, "This person has to"),
        (3, 3, "They have to"),
        (3, 2, "2 of them have to"),
        (3, 1, "1 of them has to"),
        (3, 0, ""),
    ],
)
def test_only_who_is_made_to_registers_again(users: int, again: int, text: str) -> None:
    assert labels.registering(users, again).partition(" register")[0] == text


def test_every_forecast_has_words_and_only_one_says_that_the_user_has_to_register_again() -> None:
    assert set(labels.FORECAST) == set(labels.NOTICE_TO_MANAGER) == set(Forecast)
    assert [code for code, text in labels.FORECAST.items() if "to register again" in text] == ["mustRegister"]


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({}, ""),
        ({"mustRegister": 3, "keepsStrongMethod": 1}, ""),
        ({"passwordOnly": 2}, "The password alone may be enough for 2 users afterwards."),
        (
            {"cannotRegister": 1, "unknown": 1},
            "1 user cannot register without help. What 1 user meets next could not be found out.",
        ),
    ],
)
def test_trouble_is_counted(counts: dict[str, int], text: str) -> None:
    assert labels.alarming_forecasts(counts) == text


@pytest.mark.parametrize(
    ("removed", "deactivated", "text"),
    [
        (2, 0, "Removed methods cannot be brought back."),
        (2, 1, "Removed methods cannot be brought back; deactivated tokens can, for 7 days."),
        (0, 1, "Deactivated tokens can be activated again for 7 days."),
        (0, 0, ""),
    ],
)
def test_what_can_be_undone_is_not_called_final(removed: int, deactivated: int, text: str) -> None:
    assert labels.lasting(removed, deactivated, timedelta(days=7)) == text


def test_numbers_and_instants_read_well() -> None:
    assert labels.count(1, "user") == "1 user"
    assert labels.count(10_000, "user") == "10,000 users"
    assert labels.when(NOW) == "Tue 24 Nov 2026, 10:43 UTC"


def test_every_state_of_the_follow_up_has_words() -> None:
    assert set(labels.FOLLOW_UP) == set(get_args(FollowUpState.__value__))


@pytest.mark.parametrize(
    ("source", "english", "german"),
    [
        ("api", "by API", "per API"),
        ("console", "in the console", "in der Konsole"),
        ("servicebus", "through Service Bus", "über Service Bus"),
        ("helpdesk", "through helpdesk", "über helpdesk"),
    ],
)
def test_how_a_request_came_is_said_in_words(source: str, english: str, german: str) -> None:
    for language, words in (("en", english), ("de", german)):
        with in_language(language):
            assert labels.source_words(source) == words


def test_a_method_is_said_to_be_still_there_only_where_the_last_read_lists_it() -> None:
    """`failed`, `forbidden` and `throttled` are said of methods of which nothing was read, too."""
    said = {outcome for outcome, text in labels.METHOD_OUTCOME.items() if text.startswith("still there")}
    assert said == {"refusedDefault"}
    assert "still" not in labels.REASON["notRemoved"]
