import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.addresses import AddressError, address_of, name_of, names_in

ADELE = "adele@contoso.com"
# As mail programs, Jira, GitHub, Slack and HTML forms write one address.
FORMS = [
    "{0}",
    "  {0}\n",
    "Adele Vance <{0}>",
    '"Vance, Adele" <{0}>',
    "Vance, Adele <{0}>",
    "{0} <{0}>",
    "<{0}>",
    "mailto:{0}",
    "<mailto:{0}>",
    "mailto:{0}?subject=Lost%20phone",
    "smtp:{0}",
    "{0} (Adele Vance)",
    "'{0}'",
    "[~{0}]",
    "[{0}|mailto:{0}]",
    "[{0}|mailto:{0}|smart-link]",
    "[Adele|mailto:{0}]",
    "[mailto:{0}]",
    "[{0}](mailto:{0})",
    "<mailto:{0}|{0}>",
    '<a href="mailto:{0}">{0}</a>',
    "<p><a class='x' href=\"mailto:{0}?subject=Lost%20phone\"><b>Adele</b> Vance</a></p>",
    "<A HREF=mailto:{0}>Adele</A>",
    "<div>{0}<br></div>",
    "Adele &lt;{0}&gt;",
    "&nbsp;{0}",
]
LOCAL = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-_!#$^~'+", min_size=1, max_size=30).filter(
    lambda text: not text.startswith("'")  # a pair of quotes around an address is taken off
)
ADDRESSES = st.builds(lambda local: f"{local}@contoso.com", LOCAL)


@pytest.mark.parametrize("form", FORMS)
def test_an_address_is_read_out_of_what_stands_around_it(form: str) -> None:
    assert address_of(form.format(ADELE)) == ADELE


@given(st.sampled_from(FORMS), ADDRESSES)
def test_every_form_gives_every_address_back(form: str, address: str) -> None:
    assert address_of(form.format(address)) == address


@given(st.lists(ADDRESSES, min_size=1, max_size=5), st.sampled_from([", ", ";", "\n", "\r\n"]), st.sampled_from(FORMS))
def test_lists_keep_their_names_in_order(addresses: list[str], between: str, form: str) -> None:
    assert names_in(between.join(form.format(address) for address in addresses)) == addresses


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        names = names_in(text)
    except AddressError:
        return
    assert all(name == name_of(name) for name in names)


@given(st.text('<>"&;,[]()|~:@ a=/\n'))
def test_no_markup_is_left_in_a_name(text: str) -> None:
    try:
        names = names_in(text)
    except AddressError:
        return
    assert not [name for name in names if set(name) & set('<>[]",; \n|')]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Adele Vance", "'Adele Vance' is not a user name"),
        ("adele@contoso.com\u200b", "is not a user name"),
        ("\u202aadele@contoso.com\u202c", "is not a user name"),
        ("Adele, Alex", "has words in it that are not user names"),
        ("<div>Adele Vance</div>", "'Adele Vance' is not a user name"),
        ("Adele <adele>", "is not a user name"),
        ("[~accountid:5b10a2844c20165700ede21g]", "is not a user name"),
        ("[~adele]", "is not a user name"),
        ("contoso\\adele", "is not a user name"),
        ("<script>alert(1)</script>", "is not a user name"),
        ("Adele <adele@contoso.com", "is not a user name"),
        ("boss@contoso.com <adele@contoso.com>", "names two addresses"),
        ('"boss@contoso.com" <adele@contoso.com>', "names two addresses"),
        ('<a href="mailto:adele@contoso.com">boss@contoso.com</a>', "names two addresses"),
        ("adele@contoso.com, alex@contoso.com", "names 2 users where one is expected"),
        ("adele@@contoso.com", "is not a user name"),
        ("@contoso.com", "is not a user name"),
        ("adele@contoso.com (boss@contoso.com)", "is not a user name"),
        ("ghost", "is not a mail address"),
        ("", "is not a user name"),
    ],
)
def test_what_is_not_one_address_is_refused_with_the_text_named(text: str, problem: str) -> None:
    with pytest.raises(AddressError, match=r"^'") as caught:
        address_of(text)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "$adele@contoso.com",
        "o'brien@contoso.com",
        "someone_gmail.com#EXT#@contoso.onmicrosoft.com",
        "adele+test@contoso.com",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "ghost",
    ],
)
def test_bare_names_stay_as_they_are(name: str) -> None:
    assert name_of(name) == name


def test_a_link_without_an_address_is_refused() -> None:
    with pytest.raises(AddressError):
        names_in('<a href="mailto:">Adele</a>')


def test_an_error_repeats_no_more_than_a_line_of_the_text() -> None:
    with pytest.raises(AddressError) as caught:
        name_of("Adele Vance\u202e " * 10_000)
    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()
