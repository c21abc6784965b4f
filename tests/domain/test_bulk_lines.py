"""Users read out of pasted lists and CSV files."""

import pytest

from domain.bulk_lines import MAX_LINES, BulkEntry, TooManyLinesError, read_lines

_KNOWN = {"contoso": "contoso", "contoso.com": "contoso", "Fabrikam": "fabrikam", "fabrikam": "fabrikam"}


def names(text: str) -> list[tuple[int, str, str, str]]:
    return [(each.line, each.name, each.customer, each.problem) for each in read_lines(text, _KNOWN.get)]


def test_one_user_a_line_in_any_form_of_an_address() -> None:
    text = "adele@contoso.com\r\n\r\nAlex Wilber <alex@contoso.com>\rmailto:lee@contoso.com\n"
    assert names(text) == [
        (1, "adele@contoso.com", "", ""),
        (3, "alex@contoso.com", "", ""),
        (4, "lee@contoso.com", "", ""),
    ]


@pytest.mark.parametrize("line", ["contoso,adele", "contoso; adele", "contoso.com\tadele"])
def test_a_first_cell_that_is_a_customer_says_where(line: str) -> None:
    assert names(line) == [(1, "adele", "contoso", "")]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_with_a_header(mark: str) -> None:
    rows = [["Display Name", "User Principal Name", "Customer"], ["Vance, Adele", "adele@contoso.com", "Fabrikam"]]
    text = "\ufeff" + "\n".join(mark.join(f'"{cell}"' for cell in row) for row in rows)
    assert names(text) == [(2, "adele@contoso.com", "fabrikam", "")]


def test_every_mistake_is_a_row_of_its_own_and_the_others_are_read() -> None:
    text = "customer,upn\nnowhere,adele@contoso.com\ncontoso,\ncontoso,two words here\ncontoso,lee@contoso.com"
    assert names(text) == [
        (2, "", "", "unknownCustomer"),
        (3, "", "", "noUser"),
        (4, "", "", "notAUser"),
        (5, "lee@contoso.com", "contoso", ""),
    ]


def test_several_names_in_a_line_are_several_users() -> None:
    assert [name for _, name, _, _ in names("adele@contoso.com, lee@contoso.com")] == [
        "adele@contoso.com",
        "lee@contoso.com",
    ]


def test_ten_thousand_lines_are_read_and_not_one_more() -> None:
    assert len(read_lines("a@contoso.com\n" * MAX_LINES, _KNOWN.get)) == 10_000
    with pytest.raises(TooManyLinesError, match="10,001 lines"):
        read_lines("a@contoso.com\n" * (MAX_LINES + 1), _KNOWN.get)


def test_the_line_is_repeated_as_far_as_it_helps() -> None:
    (entry,) = read_lines("x y " + "z" * 1000, _KNOWN.get)
    assert entry == BulkEntry(1, entry.text, problem="notAUser")
    assert len(entry.text) <= 200
