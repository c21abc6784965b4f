import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access.approval_links import (
    ApprovalLink,
    KeyRing,
    LinkError,
    LinkKeyError,
    check_nonce,
    issue_nonce,
    read,
    sign,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC)
OLD_KEY, NEW_KEY = base64.b64encode(b"o" * 32).decode(), base64.b64encode(b"n" * 32).decode()
RING = KeyRing.parse(f"2026a:{OLD_KEY}")
ROTATED = KeyRing.parse(f"2026b:{NEW_KEY},2026a:{OLD_KEY}")
LINK = ApprovalLink("0f7b7e2c-8e0b-4f0e-9d55-0a4f3f9a1c11", "owner@contoso.com", "ab" * 32, NOW + timedelta(hours=24))
TOKEN = sign(RING, LINK)
URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


def refused(ring: KeyRing, token: str) -> str:
    with pytest.raises(LinkError) as caught:
        read(ring, token)
    return caught.value.reason


def test_what_was_signed_is_read_back() -> None:
    assert read(RING, TOKEN) == LINK
    assert set(TOKEN) <= set(URL_SAFE)


def test_the_longest_link_is_short_enough() -> None:
    longest = ApprovalLink(LINK.request_id, "a" * 64 + "@" + "b" * 189, LINK.plan_digest, LINK.expires_at)
    ring = KeyRing.parse("k" * 16 + ":" + OLD_KEY)
    assert len(sign(ring, longest)) < 600
    assert read(ring, sign(ring, longest)) == longest
    with pytest.raises(ValueError, match="too long"):
        sign(ring, ApprovalLink("r" * 200, longest.approver, LINK.plan_digest, LINK.expires_at))


def test_expiry_is_reported_not_enforced() -> None:
    late = NOW + timedelta(days=400)
    assert read(RING, TOKEN).expired(late)
    assert LINK.expired(LINK.expires_at)
    assert not LINK.expired(LINK.expires_at - timedelta(milliseconds=1))


def test_the_first_key_signs_and_old_links_are_read_until_their_key_goes() -> None:
    assert read(ROTATED, TOKEN) == LINK
    fresh = sign(ROTATED, LINK)
    assert fresh.startswith("1.2026b.")
    assert read(ROTATED, fresh) == LINK
    assert refused(RING, fresh) == "unknownKey"


def test_a_key_of_the_same_name_is_another_key() -> None:
    assert refused(KeyRing.parse(f"2026a:{NEW_KEY}"), TOKEN) == "badSignature"
    assert refused(ROTATED, TOKEN.replace("2026a", "2026b")) == "badSignature"


@pytest.mark.parametrize(
    "token", ["", ".", "...", "1.2026a..", TOKEN + "=", TOKEN + ".x", "2" + TOKEN[1:], "x" * 10_000]
)
def test_no_token_at_all(token: str) -> None:
    assert refused(RING, token) == "malformed"


def test_every_change_of_one_character_is_refused() -> None:
    # The last characters matter: base64 of 32 bytes leaves two bits that mean nothing.
    for place, character in enumerate(TOKEN):
        for other in URL_SAFE:
            if other != character:
                assert refused(RING, TOKEN[:place] + other + TOKEN[place + 1 :])


@given(st.integers(0, len(TOKEN) - 1), st.text(max_size=3))
def test_every_other_change_is_refused(place: int, junk: str) -> None:
    changed = TOKEN[:place] + junk + TOKEN[place + 1 :]
    if changed == TOKEN:
        assert read(RING, changed) == LINK
    else:
        assert refused(RING, changed) in {"malformed", "badSignature", "unknownKey"}


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    assert refused(RING, text)


@given(st.text(max_size=40), st.text(max_size=40), st.datetimes(timezones=st.just(UTC)))
def test_any_link_comes_back_whole(request_id: str, approver: str, expires_at: datetime) -> None:
    link = ApprovalLink(
        request_id, approver, "d", expires_at.replace(microsecond=expires_at.microsecond // 1000 * 1000)
    )
    assert read(RING, sign(RING, link)) == link


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "key 1 is not of the form kid:base64"),
        ("a", "key 1 is not of the form"),
        (f"a:{OLD_KEY},", "key 2 is not of the form"),
        (f"a b:{OLD_KEY}", "key 1 is not of the form"),
        (f"a:{OLD_KEY},a:{NEW_KEY}", "two keys called 'a'"),
        ("a:!!!!", "the key 'a' is not base64"),
        ("a:c2hvcnQ=", "the key 'a' has 5 bytes, 32 are needed"),
    ],
)
def test_bad_key_rings_say_why_and_show_no_key(text: str, words: str) -> None:
    with pytest.raises(LinkKeyError) as caught:
        KeyRing.parse(text)
    assert words in str(caught.value)
    assert OLD_KEY not in str(caught.value)


@given(st.text())
def test_any_text_is_a_key_ring_or_a_clear_error(text: str) -> None:
    with pytest.raises(LinkKeyError):
        KeyRing.parse(text)


def test_url_safe_and_unpadded_keys_are_the_same_keys() -> None:
    key = bytes(range(224, 256))
    plain, safe = base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode().rstrip("=")
    assert plain != safe
    assert KeyRing.parse(f"a:{plain}").keys == KeyRing.parse(f" a:{safe} ").keys


def test_a_ring_shows_no_key() -> None:
    assert "oooo" not in repr(RING)


def test_a_nonce_is_good_for_its_token_for_an_hour() -> None:
    nonce = issue_nonce(RING, TOKEN, NOW)
    assert check_nonce(RING, TOKEN, nonce, NOW)
    assert check_nonce(ROTATED, TOKEN, nonce, NOW + timedelta(minutes=59))
    assert not check_nonce(RING, TOKEN, nonce, NOW + timedelta(hours=1))
    assert not check_nonce(RING, TOKEN, nonce, NOW - timedelta(minutes=2))
    assert not check_nonce(RING, sign(ROTATED, LINK), nonce, NOW)
    assert not check_nonce(KeyRing.parse(f"2026a:{NEW_KEY}"), TOKEN, nonce, NOW)
    assert not check_nonce(KeyRing.parse(f"other:{OLD_KEY}"), TOKEN, nonce, NOW)


def test_a_nonces_time_cannot_be_moved() -> None:
    kid, seconds, mac = issue_nonce(RING, TOKEN, NOW).split(".")
    later = NOW + timedelta(hours=2)
    assert not check_nonce(RING, TOKEN, f"{kid}.{int(seconds) + 7200}.{mac}", later)


@given(st.text(), st.integers(0, 60))
def test_any_other_text_is_no_nonce(junk: str, place: int) -> None:
    nonce = issue_nonce(RING, TOKEN, NOW)
    changed = nonce[:place] + junk + nonce[place + 1 :]
    assert check_nonce(RING, TOKEN, changed, NOW) == (changed == nonce)
    assert not check_nonce(RING, TOKEN, junk, NOW)
    assert not check_nonce(RING, junk, nonce, NOW)


@pytest.mark.parametrize(
    "nonce", ["", "2026a.999999999999." + "A" * 43, "2026a.99999999999." + "A" * 43, "2026a..", TOKEN]
)
def test_no_nonce_at_all(nonce: str) -> None:
    assert not check_nonce(RING, TOKEN, nonce, NOW)
