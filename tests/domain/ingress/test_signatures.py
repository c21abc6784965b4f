import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from domain.ingress.signatures import SignatureError, sign_standard, verify
from domain.policy.load import Scheme

NOW = datetime(2021, 2, 25, 14, 42, 30, tzinfo=UTC)  # 1614264150

# Published with the Standard Webhooks libraries.
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
STANDARD_TIME = datetime.fromtimestamp(1614265330, UTC)
OTHER_SECRET = "whsec_" + base64.b64encode(b"another key of 32 bytes length..").decode()

# Published in GitHub's documentation of webhook validation.
GITHUB_SECRET = "It's a Secret to Everybody"
GITHUB_SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

ZENDESK_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # the one Zendesk uses for test requests
BODY = b'{"ticket": {"id": 35436}}'


def hex_signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def zendesk_headers(secret: str, body: bytes, stamp: str) -> dict[str, str]:
    signature = base64.b64encode(hmac.digest(secret.encode(), stamp.encode() + body, hashlib.sha256)).decode()
    return {
        "X-Zendesk-Account-Id": "123456",
        "X-Zendesk-Webhook-Id": "01F1KRFQ6BG29CNWFR60NK5FNY",
        "X-Zendesk-Webhook-Invocation-Id": "8350205582",
        "X-Zendesk-Webhook-Signature": signature,
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }


def refused(scheme: Scheme, secrets: list[str], headers: dict[str, str], body: bytes, now: datetime = NOW) -> str:
    with pytest.raises(SignatureError) as caught:
        verify(scheme, secrets, headers, body, now)
    return caught.value.reason


def good(scheme: Scheme) -> tuple[str, dict[str, str], str]:
    """The secret, the headers for BODY at NOW, and the delivery id, per scheme."""
    match scheme:
        case "standard-webhooks":
            return STANDARD_SECRET, sign_standard(STANDARD_SECRET, "msg_1", NOW, BODY), "msg_1"
        case "github":
            headers = {"X-Hub-Signature-256": hex_signature("secret", BODY), "X-GitHub-Delivery": "72d3162e"}
            return "secret", headers, "72d3162e"
        case "jira":
            headers = {"X-Hub-Signature": hex_signature("secret", BODY), "X-Atlassian-Webhook-Identifier": "ab-1"}
            return "secret", headers, "ab-1"
        case "zendesk":
            return ZENDESK_SECRET, zendesk_headers(ZENDESK_SECRET, BODY, "2021-02-25T14:42:30Z"), "8350205582"
        case "bearer":
            return "a-token", {"Authorization": "Bearer a-token", "X-Request-Id": "r-1"}, "r-1"


SCHEMES: list[Scheme] = ["standard-webhooks", "github", "jira", "zendesk", "bearer"]


def test_standard_webhooks_published_vector() -> None:
    found = verify("standard-webhooks", [STANDARD_SECRET], STANDARD_HEADERS, STANDARD_BODY, STANDARD_TIME)
    assert found.delivery_id == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert sign_standard(STANDARD_SECRET, found.delivery_id, STANDARD_TIME, STANDARD_BODY) == STANDARD_HEADERS


def test_github_published_vector() -> None:
    headers = {"X-Hub-Signature-256": GITHUB_SIGNATURE, "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
    found = verify("github", [GITHUB_SECRET], headers, b"Hello, World!", NOW)
    assert found.delivery_id == "72d3162e-cc78-11e3-81ab-4c9367dc0958"


def test_what_we_sign_the_package_accepts_and_the_other_way_round() -> None:
    now = datetime.now(UTC)
    headers = sign_standard(STANDARD_SECRET, "msg_2", now, BODY)
    assert Webhook(STANDARD_SECRET).verify(BODY, headers) == json.loads(BODY)
    headers["webhook-signature"] = Webhook(STANDARD_SECRET).sign("msg_2", now, BODY.decode())
    assert verify("standard-webhooks", [STANDARD_SECRET], headers, BODY, now).delivery_id == "msg_2"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_good_delivery_is_known_by_its_id_whatever_the_case_of_headers(scheme: Scheme) -> None:
    secret, headers, delivery_id = good(scheme)
    assert verify(scheme, [secret], headers, BODY, NOW).delivery_id == delivery_id
    assert verify(scheme, [secret], {k.upper(): v for k, v in headers.items()}, BODY, NOW).delivery_id == delivery_id


@pytest.mark.parametrize("scheme", SCHEMES)
def test_any_secret_of_the_source_will_do_and_no_other(scheme: Scheme) -> None:
    secret, headers, _ = good(scheme)
    other = OTHER_SECRET if scheme == "standard-webhooks" else "other"
    assert verify(scheme, [other, secret], headers, BODY, NOW)
    assert verify(scheme, [secret, other], headers, BODY, NOW)
    assert refused(scheme, [other], headers, BODY) == "mismatch"
    assert refused(scheme, [], headers, BODY) == "mismatch"


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme != "bearer"])
def test_another_body_is_refused(scheme: Scheme) -> None:
    secret, headers, _ = good(scheme)
    assert refused(scheme, [secret], headers, BODY + b" ") == "mismatch"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_missing_header_is_refused(scheme: Scheme) -> None:
    secret, headers, _ = good(scheme)
    for name in headers.keys() - {"X-Zendesk-Account-Id", "X-Zendesk-Webhook-Id", "X-Request-Id"}:
        assert refused(scheme, [secret], {k: v for k, v in headers.items() if k != name}, BODY) == "missing"
    assert refused(scheme, [secret], {}, BODY) == "missing"


@pytest.mark.parametrize("scheme", ["standard-webhooks", "zendesk"])
@pytest.mark.parametrize("sign", [1, -1])
def test_five_minutes_either_way_and_no_more(scheme: Scheme, sign: int) -> None:
    secret, headers, _ = good(scheme)
    assert verify(scheme, [secret], headers, BODY, NOW + sign * timedelta(minutes=5))
    assert refused(scheme, [secret], headers, BODY, NOW + sign * timedelta(minutes=5, seconds=1)) == "stale"


@pytest.mark.parametrize("stamp", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_the_ends_of_time_are_stale(stamp: str) -> None:
    assert refused("zendesk", [ZENDESK_SECRET], zendesk_headers(ZENDESK_SECRET, BODY, stamp), BODY) == "stale"


def test_a_signed_id_or_time_cannot_be_exchanged() -> None:
    _, headers, _ = good("standard-webhooks")
    assert refused("standard-webhooks", [STANDARD_SECRET], headers | {"webhook-id": "msg_9"}, BODY) == "mismatch"
    later = headers | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}
    assert refused("standard-webhooks", [STANDARD_SECRET], later, BODY) == "mismatch"


def test_several_signatures_in_one_header() -> None:
    headers = sign_standard([OTHER_SECRET, STANDARD_SECRET], "msg_1", NOW, BODY)
    assert len(headers["webhook-signature"].split(" ")) == 2
    headers["webhook-signature"] = "v1a,bm90IG91cnM= v1,%%% " + headers["webhook-signature"]
    assert verify("standard-webhooks", [STANDARD_SECRET], headers, BODY, NOW)
    assert verify("standard-webhooks", [OTHER_SECRET], headers, BODY, NOW)


@pytest.mark.parametrize(
    ("scheme", "changes"),
    [
        ("standard-webhooks", {"webhook-timestamp": "now"}),
        ("standard-webhooks", {"webhook-timestamp": "1614264150.5"}),
        ("standard-webhooks", {"webhook-timestamp": "9" * 400}),
        ("standard-webhooks", {"webhook-signature": "v2,AAAA"}),
        ("standard-webhooks", {"webhook-id": "x" * 129}),
        ("standard-webhooks", {"webhook-id": "a\nb"}),
        ("github", {"X-Hub-Signature-256": "sha1=757107ea0eb2509fc211221cce984b8a37570b6d"}),
        ("jira", {"X-Hub-Signature": "md5=00"}),
        ("jira", {"X-Atlassian-Webhook-Identifier": "ä"}),
        ("zendesk", {"X-Zendesk-Webhook-Signature-Timestamp": "2021-02-25T14:42:30"}),
        ("zendesk", {"X-Zendesk-Webhook-Signature-Timestamp": "yesterday"}),
        ("zendesk", {"X-Zendesk-Webhook-Signature": "%%%"}),
        ("bearer", {"Authorization": "Basic YS10b2tlbg=="}),  # no colon, so no password
        ("bearer", {"Authorization": "Basic %%%"}),
        ("bearer", {"Authorization": "Digest a-token"}),
        ("bearer", {"Authorization": "Bearer"}),
    ],
)
def test_what_has_no_sense_is_malformed(scheme: Scheme, changes: dict[str, str]) -> None:
    secret, headers, _ = good(scheme)
    assert refused(scheme, [secret], headers | changes, BODY) == "malformed"


def test_a_bearers_delivery_without_an_id_is_known_by_its_body() -> None:
    headers = {"Authorization": "bearer a-token"}
    assert verify("bearer", ["a-token"], headers, BODY, NOW).delivery_id == hashlib.sha256(BODY).hexdigest()
    assert verify("bearer", ["a-token"], headers | {"Idempotency-Key": "k"}, BODY, NOW).delivery_id == "k"


def test_a_bearers_token_may_come_as_a_password() -> None:
    headers = {"Authorization": "Basic " + base64.b64encode(b"anybody:a-token").decode()}
    assert verify("bearer", ["a-token"], headers, BODY, NOW)
    assert refused("bearer", ["anybody"], headers, BODY) == "mismatch"


def test_the_error_shows_no_secret() -> None:
    _, headers, _ = good("bearer")
    with pytest.raises(SignatureError) as caught:
        verify("bearer", ["the-real-one"], headers, BODY, NOW)
    assert "the-real-one" not in str(caught.value)
    assert "a-token" not in str(caught.value)


def header_values(scheme: Scheme) -> st.SearchStrategy[dict[str, str]]:
    """The good headers, any of them replaced by any text, cut or left out."""
    _, headers, _ = good(scheme)
    value = {name: st.one_of(st.text(), st.just(text), st.just(text[:-1])) for name, text in headers.items()}
    return st.fixed_dictionaries({}, optional=value)


@given(st.data(), st.sampled_from(SCHEMES), st.one_of(st.just(BODY), st.binary()))
def test_nothing_but_a_signature_error_comes_out(data: st.DataObject, scheme: Scheme, body: bytes) -> None:
    secret, _, _ = good(scheme)
    headers = data.draw(header_values(scheme))
    try:
        found = verify(scheme, [secret], headers, body, NOW)
    except SignatureError as error:
        reason: str = error.reason
    else:
        reason = ""
        assert 0 < len(found.delivery_id) <= 128
        assert found.delivery_id.isprintable()
    assert reason in {"", "missing", "stale", "mismatch", "malformed"}
