import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInputError
from domain.ingress.mapping import MappingError, map_delivery
from domain.policy.load import Fields
from domain.request.reset_request import ResetRequestBody

FIELDS = Fields(
    ticket="ticket.id",
    requester="ticket.agent.email",
    reason="ticket.subject",
    customer="ticket.organization",
    users="ticket.users",
    methods="ticket.methods",
    dry_run="ticket.dryRun",
)
LISTED = Fields(targets="ticket.users[].{customer: organization, users: email}")


def ticket(**changes: Any) -> dict[str, Any]:
    inside = {
        "id": "INC0012345",
        "agent": {"email": "tech@msp.example"},
        "subject": "Lost phone",
        "organization": "contoso",
        "users": ["adele@contoso.com", "alex@contoso.com"],
    }
    return {"ticket": {name: value for name, value in (inside | changes).items() if value is not ...}}


def errors_of(fields: Fields, body: Any) -> dict[str, str]:
    with pytest.raises(MappingError) as caught:
        map_delivery(fields, body)
    assert caught.value.reason == "badMapping"
    assert isinstance(caught.value, InvalidInputError)
    return {error["pointer"]: error["detail"] for error in caught.value.errors}


def test_a_ticket_becomes_a_request_body() -> None:
    body = map_delivery(FIELDS, ticket())
    assert body == {
        "ticket": "INC0012345",
        "requester": "tech@msp.example",
        "reason": "Lost phone",
        "targets": [{"customer": "contoso", "users": ["adele@contoso.com", "alex@contoso.com"]}],
    }
    assert ResetRequestBody.model_validate(body).target_count == 2


@pytest.mark.parametrize(
    "users",
    [
        "adele@contoso.com,alex@contoso.com",
        " adele@contoso.com ;\n alex@contoso.com\t",
        "adele@contoso.com alex@contoso.com",
        ["adele@contoso.com", " alex@contoso.com "],
    ],
)
def test_users_may_be_a_list_or_a_text(users: Any) -> None:
    (group,) = map_delivery(FIELDS, ticket(users=users))["targets"]
    assert group["users"] == ["adele@contoso.com", "alex@contoso.com"]


@pytest.mark.parametrize(
    "users",
    [
        "Vance, Adele <adele@contoso.com>; Weber, Alex <alex@contoso.com>",
        "[~adele@contoso.com]\n[alex@contoso.com|mailto:alex@contoso.com|smart-link]",
        '<p><a href="mailto:adele@contoso.com">Adele</a></p><p>alex@contoso.com</p>',
        ["Adele Vance <adele@contoso.com>", "mailto:alex@contoso.com"],
    ],
)
def test_users_may_be_written_as_mails_and_tickets_write_them(users: Any) -> None:
    (group,) = map_delivery(FIELDS, ticket(users=users))["targets"]
    assert group["users"] == ["adele@contoso.com", "alex@contoso.com"]
    (group,) = map_delivery(Fields(targets="ticket"), {"ticket": {"customer": "contoso", "users": users}})["targets"]
    assert group["users"] == ["adele@contoso.com", "alex@contoso.com"]


@pytest.mark.parametrize("users", ["Adele Vance", ["Adele Vance"], ["[~accountid:5b10]"], "Adele, Alex"])
def test_a_text_that_names_no_user_is_refused_whole(users: Any) -> None:
    (detail,) = errors_of(FIELDS, ticket(users=users)).values()
    assert str(users if isinstance(users, str) else users[0]) in detail


def test_one_user_and_a_number_for_a_ticket() -> None:
    body = map_delivery(FIELDS, ticket(users="adele@contoso.com", id=35436, methods="phone, fido2", dryRun="True"))
    assert body["targets"] == [{"customer": "contoso", "users": ["adele@contoso.com"]}]
    assert (body["ticket"], body["methods"], body["dryRun"]) == ("35436", ["phone", "fido2"], True)


LATER = FIELDS.model_copy(
    update={"not_before": "ticket.notBefore", "waves": "ticket.waves", "stop_above": "ticket.stopAbove"}
)


@pytest.mark.parametrize(
    ("waves", "stop", "mapped"),
    [([5, 50], 5, ([5, 50], 5)), ("5, 50", "5", ([5, 50], 5)), (5, 0, ([5], 0)), (["5"], "10", ([5], 10))],
)
def test_a_ticket_says_when_and_in_which_waves(waves: Any, stop: Any, mapped: tuple[list[int], int]) -> None:
    body = map_delivery(LATER, ticket(notBefore="2026-12-01T22:00:00Z", waves=waves, stopAbove=stop))
    assert (body["notBefore"], body["waves"], body["stopAbove"]) == ("2026-12-01T22:00:00Z", *mapped)
    assert ResetRequestBody.model_validate(body).waves == mapped[0]


def test_a_ticket_that_says_nothing_of_it_is_reset_at_once() -> None:
    for empty in ("", None, ...):
        body = map_delivery(LATER, ticket(notBefore=empty, waves=empty, stopAbove=empty))
        assert not body.keys() & {"notBefore", "waves", "stopAbove"}


def test_what_is_no_number_is_named() -> None:
    assert errors_of(LATER, ticket(waves="5, many", stopAbove=2.5)).keys() == {"/waves", "/stopAbove"}


def test_as_many_customers_as_users_are_paired() -> None:
    users = ["a@contoso.com", "b@fabrikam.com", "c@contoso.com"]
    body = map_delivery(FIELDS, ticket(organization="contoso fabrikam contoso", users=users))
    assert body["targets"] == [
        {"customer": "contoso", "users": ["a@contoso.com", "c@contoso.com"]},
        {"customer": "fabrikam", "users": ["b@fabrikam.com"]},
    ]


def test_without_a_customer_the_domain_of_a_user_says_it() -> None:
    fields = Fields(users="users")
    assert map_delivery(fields, {"users": "a@Contoso.com b@fabrikam.com c@contoso.com"})["targets"] == [
        {"customer": "contoso.com", "users": ["a@Contoso.com", "c@contoso.com"]},
        {"customer": "fabrikam.com", "users": ["b@fabrikam.com"]},
    ]
    assert "map `customer` too" in errors_of(fields, {"users": "11111111-1111-1111-1111-111111111111"})["/users"]


def test_targets_name_the_customer_with_each_user() -> None:
    rows = [{"organization": org, "email": mail} for org, mail in [("contoso", "a@x.y"), ("fabrikam", "b@x.y")]]
    rows.append({"organization": "contoso", "email": "c@x.y"})
    assert map_delivery(LISTED, {"ticket": {"users": rows}})["targets"] == [
        {"customer": "contoso", "users": ["a@x.y", "c@x.y"]},
        {"customer": "fabrikam", "users": ["b@x.y"]},
    ]


def test_a_fixed_customer() -> None:
    body = map_delivery(Fields(customer="'contoso'", users="u"), {"u": "a@b.c"})
    assert body["targets"] == [{"customer": "contoso", "users": ["a@b.c"]}]


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"users": ...}, "/users", "users: the expression 'ticket.users' found nothing"),
        ({"users": []}, "/users", "found nothing in it"),
        ({"users": " , "}, "/users", "found nothing in it"),
        ({"users": {"a": 1}}, "/users", "found an object, not text"),
        ({"users": ["a@b.c", None]}, "/users", "found nothing, not text"),
        ({"users": ["a@b.c", ["x"]]}, "/users", "found a list, not text"),
        ({"users": True}, "/users", "found true or false, not text"),
        ({"users": ["x" * 1001]}, "/users", "more text than fits"),
        ({"organization": ...}, "/customer", "customer: the expression 'ticket.organization' found nothing"),
        ({"organization": ["a", "b", "c"]}, "/users", "found 2 users for 3 customers"),
        ({"agent": ...}, "/requester", "requester: the expression 'ticket.agent.email' found nothing"),
        ({"agent": {"email": " "}}, "/requester", "found an empty text"),
        ({"id": {"n": 1}}, "/ticket", "ticket: the expression 'ticket.id' found an object"),
        ({"id": 10**5000}, "/ticket", "more text than fits"),
        ({"id": 1.5}, "/ticket", "found a number, not text"),
        ({"dryRun": "maybe"}, "/dryRun", "dryRun: the expression 'ticket.dryRun' found text, not true or false"),
        ({"dryRun": 1}, "/dryRun", "found a number"),
        ({"methods": {}}, "/methods", "found an object"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], pointer: str, words: str) -> None:
    errors = errors_of(FIELDS, ticket(**changes))
    assert list(errors) == [pointer]
    assert words in errors[pointer]


@pytest.mark.parametrize(
    "row", [{"organization": "contoso"}, {"email": "a@b.c"}, "x", {"organization": [], "email": 1}]
)
def test_a_target_that_lacks_something_is_not_skipped(row: Any) -> None:
    rows = [{"organization": "contoso", "email": "a@b.c"}, row]
    assert list(errors_of(LISTED, {"ticket": {"users": rows}})) == ["/targets"]


def test_all_mistakes_come_at_once() -> None:
    assert errors_of(FIELDS, {}).keys() == {"/requester", "/customer", "/users"}


def test_optional_parts_may_be_missing_or_empty() -> None:
    body = map_delivery(FIELDS, ticket(id=..., subject=None, methods=None, dryRun=None))
    assert body.keys() == {"requester", "targets"}
    assert "ticket" not in map_delivery(FIELDS, ticket(id="  "))


def test_a_long_reason_is_cut_and_the_rest_is_not_too_much() -> None:
    body = map_delivery(FIELDS, ticket(subject="x" * 70_000))
    assert len(ResetRequestBody.model_validate(body).reason) == 2000


def test_values_cannot_be_multiplied_without_end() -> None:
    fields = Fields(users="[*].[*].[*].[*].a[]", customer="'contoso'")
    assert "names" in errors_of(Fields(users="u", customer="'c'"), {"u": ["a"] * 100_001})["/users"]
    assert errors_of(fields, [1])


@pytest.mark.parametrize(
    ("expression", "body"),
    [("ceil(n)", {"n": float("inf")}), ("contains(n, `1`)", {"n": "text"}), ("length(n)", {"n": 1}), ("abs(n, n)", {})],
)
def test_an_expression_that_fails_is_an_error_of_its_field(expression: str, body: Any) -> None:
    errors = errors_of(Fields(users="'a@b.c'", reason=expression), body)
    assert list(errors) == ["/reason"]
    assert expression in errors["/reason"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["ticket", "id", "agent", "email", "subject", "organization", "users", "dryRun", "__class__"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
EXPRESSIONS = st.sampled_from(
    [
        *("ticket.users", "ticket", "@", "*", "[]", "ticket.*[]", "users[?id > `1`]", "sort(users)", "ceil(id)"),
        *("keys(@)", "join(',', users)", "contains(@, id)", "to_string(@)", "max_by(@, &id)"),
        "ticket.users[].{customer: id, users: email}",
    ]
)


@given(EXPRESSIONS, EXPRESSIONS, EXPRESSIONS, JSON)
def test_any_body_gives_a_request_body_or_a_mapping_error(first: str, second: str, third: str, body: Any) -> None:
    for fields in (
        Fields(users=first, customer=second, reason=third, dry_run=third),
        Fields(targets=first, requester=second, methods=third),
        FIELDS,
    ):
        try:
            found = map_delivery(fields, body)
        except MappingError as error:
            errors = error.errors
            found = None
        else:
            errors = []
        assert bool(errors) != (found is not None)
        json.dumps(found)


def test_a_very_deep_body_is_an_error_at_most() -> None:
    body: Any = "x"
    for _ in range(5000):
        body = [body]
    assert errors_of(Fields(users="@", customer="'c'"), body)
    assert errors_of(Fields(users="to_string(@)", customer="'c'"), body)


def test_a_ticket_may_say_that_numbers_go_only_where_a_passkey_stays() -> None:
    fields = Fields(requester="who", users="users", phone_only="mode")
    asked = {"who": "tech@msp.example", "users": ["adele@contoso.com"]}
    assert map_delivery(fields, asked | {"mode": "ifPasskey"})["phoneOnly"] == "ifPasskey"
    assert "phoneOnly" not in map_delivery(fields, asked | {"mode": ""})
    assert "phoneOnly" not in map_delivery(fields, asked)
