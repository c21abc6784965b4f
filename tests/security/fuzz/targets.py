"""What is fuzzed: a parser, with the only errors that it may raise, and what must hold of what it accepts.

Each target takes any bytes. It fails by any other exception, or by an assertion.
"""

import base64
import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args

from domain.access.approval_links import KeyRing, LinkError, LinkKeyError, check_nonce, read
from domain.access.callers import PrincipalError, read_principal
from domain.access.console_session import is_form_nonce, session_of
from domain.access.secret_strength import weakness
from domain.addresses import AddressError, names_in
from domain.cursors import unpack, unseal
from domain.errors import InvalidInputError, Problem
from domain.ingress.mapping import map_delivery
from domain.ingress.signatures import SignatureError, verify
from domain.policy.load import Fields, PolicyError, parse_policy
from domain.policy.model import Scheme
from domain.request.parsing import read_json, read_request
from domain.text import clean, clean_lines

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
RING = KeyRing({"k1": bytes(range(32))})
POLICY = """
[approval]
approvers = ["lead@msp.example"]
[customers.contoso]
tenantId = "11111111-1111-1111-1111-111111111111"
domains = ["contoso.com"]
"""
FIELDS = Fields.model_validate(
    {
        "ticket": "ticket.id || ticket.number",
        "requester": "ticket.agent.email",
        "reason": "ticket.subject",
        "customer": "ticket.organization",
        "users": "ticket.users",
    }
)
_POLICY = parse_policy(POLICY, {})

# Headers of every scheme, which a fuzzer fills.
_HEADERS = (
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-hub-signature-256",
    "x-github-delivery",
    "x-hub-signature",
    "x-atlassian-webhook-identifier",
    "x-zendesk-webhook-signature",
    "x-zendesk-webhook-signature-timestamp",
    "x-zendesk-webhook-invocation-id",
    "authorization",
    "idempotency-key",
)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def approval_token(data: bytes) -> None:
    """A token that we did not sign is an error, whatever it is."""
    with contextlib.suppress(LinkError):
        read(RING, _text(data))
        raise AssertionError("a token was accepted that nobody signed")


def signed_token(data: bytes) -> None:
    """A payload that is signed with a key of ours and is no payload is an error, too."""
    from domain.access import approval_links as links  # noqa: PLC0415 - its private parts sign for the fuzzer

    unsigned = f"1.k1.{links._encoded(data)}"
    token = f"{unsigned}.{links._mac(RING.keys['k1'], links._FOR_LINKS, unsigned)}"
    with contextlib.suppress(LinkError):
        assert read(RING, token).request_id is not None


def nonces(data: bytes) -> None:
    text = _text(data)
    assert not check_nonce(RING, "token", text, NOW)
    assert not is_form_nonce(RING, "tenant/object", text, NOW)
    assert session_of(RING, text, NOW) is None


def cursor(data: bytes) -> None:
    with contextlib.suppress(InvalidInputError):
        unpack(RING, "users", _text(data))
        raise AssertionError("a cursor was accepted that nobody signed")


def signed_cursor(data: bytes) -> None:
    """What a signed cursor holds is bounded, whatever was signed."""
    from domain import cursors  # noqa: PLC0415 - its private parts sign for the fuzzer

    payload = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    sealed = f"k1.{payload}.{cursors._mac(RING.keys['k1'], 'users', payload)}"
    with contextlib.suppress(InvalidInputError):
        unseal(RING, "users", sealed)
    with contextlib.suppress(InvalidInputError):
        for spot in unpack(RING, "users", sealed).values():
            assert 0 <= spot.shown <= cursors.MOST_SHOWN
            assert len(spot.page) <= cursors.LONGEST_PAGE


def signature(data: bytes) -> None:
    """Headers are the lines before an empty one, the body what comes after it."""
    head, _, body = data.partition(b"\n\n")
    lines = head.decode("latin-1").split("\n")
    headers = dict(zip(_HEADERS, lines * len(_HEADERS), strict=False))
    for scheme in get_args(Scheme):
        secret = (
            "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" if scheme == "standard-webhooks" else "a-secret-of-the-fuzzer"
        )
        with contextlib.suppress(SignatureError):
            verify(scheme, [secret], headers, body, NOW)
            raise AssertionError(f"{scheme}: a delivery was accepted that nobody signed")


def principal(data: bytes) -> None:
    with contextlib.suppress(PrincipalError):
        read_principal(_text(data))
    with contextlib.suppress(PrincipalError):
        found = read_principal(base64.b64encode(data).decode())
        assert len(found.identity) == 73


def policy(data: bytes) -> None:
    with contextlib.suppress(PolicyError):
        parse_policy(_text(data), {})
    with contextlib.suppress(PolicyError):
        parse_policy(POLICY + _text(data), {})


def delivery(data: bytes) -> None:
    """A delivery's body, mapped and read as a request."""
    with contextlib.suppress(Problem):
        read_request(map_delivery(FIELDS, read_json(data)), _POLICY)


def delivery_fields(data: bytes) -> None:
    """The same with values of any shape where the expressions look."""
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError):
        return
    ticket = dict.fromkeys(("id", "subject", "organization", "users", "text"), value) | {"agent": {"email": value}}
    with contextlib.suppress(Problem):
        read_request(map_delivery(FIELDS, {"ticket": ticket}), _POLICY)


def request_body(data: bytes) -> None:
    with contextlib.suppress(Problem):
        read_request(read_json(data), _POLICY)


def names(data: bytes) -> None:
    with contextlib.suppress(AddressError):
        for name in names_in(_text(data)):
            assert name
            assert not any(character.isspace() for character in name)


def texts(data: bytes) -> None:
    text = _text(data)
    assert "\n" not in clean(text)
    assert len(clean(text)) <= 300
    clean_lines(text).encode()
    weakness(text)


def keys(data: bytes) -> None:
    with contextlib.suppress(LinkKeyError):
        KeyRing.parse(_text(data))


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        approval_token,
        signed_token,
        nonces,
        cursor,
        signed_cursor,
        signature,
        principal,
        policy,
        delivery,
        delivery_fields,
        request_body,
        names,
        texts,
        keys,
    )
}

# What a fuzzer begins with: near enough to what is good that its changes get past the first check.
SEEDS: dict[str, tuple[bytes, ...]] = {
    "approval_token": (b"1.k1.WyJyIiwiYSIsImQiLDFd." + b"A" * 43,),
    "signed_token": (
        b'["r","a@b.example","digest",1767603600000]',
        b'["r","a","d",Infinity]',
        b'["r","a","d",1e400]',
        b"[[],{},0,0]",
    ),
    "nonces": (b"k1.1767603600." + b"A" * 43, b"k1.1767603600.eA." + b"A" * 43, b"k1.99999999999.." + b"A" * 43),
    "cursor": (b"k1.eJw." + b"A" * 43,),
    "signed_cursor": (b"x\x9c\xabV2T\xb2R\x8aVR\xd2Q\x88\x8e\xd5Q0\x8c\xad\x05\x00\x1d\xf4\x03\x9f", b"{}"),
    "signature": (
        b"msg_1\n1767603600\nv1,AAAA\nsha256=" + b"a" * 64 + b"\n\n{}",
        b"2026-01-05T09:00:00Z\nBearer x\nBasic eDp5\nInfinity\n\n",
    ),
    "principal": (
        (
            b'{"auth_typ":"aad","claims":[{"typ":"tid","val":"11111111-1111-1111-1111-111111111111"},'
            b'{"typ":"oid","val":"11111111-1111-1111-1111-111111111111"},{"typ":"iat","val":"1767603600"}]}'
        ),
    ),
    "policy": (
        b'[limits]\ntargetsPerRequest = 1\n[sources.a]\nscheme = "github"\nsecret = "env:A"\n',
        b'[customers."\xff"]\n',
        b"a = inf",
    ),
    "delivery": (
        b'{"ticket":{"id":1,"subject":"x","organization":"contoso","users":["a@contoso.com"],"agent":{"email":"t@msp.example"}}}',
    ),
    "delivery_fields": (b'["a@contoso.com"]', b'{"a":[1,null,true,1e999]}', b"1" * 400),
    "request_body": (
        b'{"targets":[{"customer":"contoso","users":["a@contoso.com"]}],"requester":"t@msp.example","methods":["phone"]}',
        b'{"targets": NaN}',
    ),
    "names": (b"Adele <adele@contoso.com>; mailto:b@contoso.com, [~c@contoso.com]", b'<a href="mailto:a@b.c">x</a>'),
    "texts": ("a\u202eb\u0301\u0301\u0301\u0301\u0301 \ud7ff".encode(),),
    "keys": (b"k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=,k2:YQ",),
}
