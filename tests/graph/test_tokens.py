"""Tokens by azure-identity as they are in production: only the connections are played, and no call sleeps."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import AsyncHttpResponse, AsyncHttpTransport
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from graph.credentials import NewCredential, by_certificate, by_managed_identity, by_secret
from graph.errors import Fault, GraphError
from graph.tokens import CredentialTokens, SecretTokens, Tokens

TENANT = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"
type Answer = tuple[int, dict[str, Any] | str, dict[str, str]]


class _Answered(AsyncHttpResponse):
    def __init__(self, request: Any, answer: Answer) -> None:
        super().__init__(request, None)
        self.status_code, body, headers = answer
        self.content_type = "text/html" if isinstance(body, str) else "application/json"
        self.headers = {"Content-Type": self.content_type, **headers}
        self.reason = ""
        self._body = (body if isinstance(body, str) else json.dumps(body)).encode()

    def body(self) -> bytes:
        return self._body

    def text(self, encoding: str | None = None) -> str:
        return self._body.decode(encoding or "utf-8")

    async def load_body(self) -> None: ...


class Entra(AsyncHttpTransport):  # type: ignore[type-arg]
    """Entra's token endpoint, and the endpoint of the app's identity. `answers` are given first, one by one."""

    def __init__(self) -> None:
        self.answers: list[Answer | Exception] = []
        self.urls: list[str] = []
        self.slept: list[float] = []
        self.assertions = 0

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def __aenter__(self) -> "Entra":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def sleep(self, duration: float) -> None:
        self.slept.append(duration)

    async def send(self, request: Any, **_: Any) -> Any:
        self.urls.append(request.url)
        for _turn in range(3):  # as a network does: others run meanwhile
            await asyncio.sleep(0)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return _Answered(request, answer)
        if "/oauth2/v2.0/token" in request.url:
            token = {"access_token": f"token{len(self.urls)}", "expires_in": 3600, "token_type": "Bearer"}
        else:
            self.assertions += 1
            expires = str(int(time.time()) + 3600)
            resource = "api://AzureADTokenExchange"
            token = {"access_token": "assertion", "expires_on": expires, "resource": resource, "token_type": "Bearer"}
        return _Answered(request, (200, token, {}))


@pytest.fixture
def entra() -> Entra:
    return Entra()


@pytest.fixture
def where(entra: Entra) -> dict[str, Any]:
    return {
        "tenant_id": "99999999-9999-9999-9999-999999999999",
        "client_id": "the-service",
        "authority": "https://login.microsoftonline.com",
        "additionally_allowed_tenants": ["*"],
        "transport": entra,
    }


@pytest.fixture
def tokens(where: dict[str, Any]) -> Tokens:
    return made(by_secret("a-secret", where))


def made(new: NewCredential) -> Tokens:
    return Tokens(CredentialTokens(new, "https://graph.microsoft.com"))


def certificate(folder: Path) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the-service")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "service.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


async def test_token_is_kept_per_tenant_until_it_is_forgotten(tokens: Tokens, entra: Entra) -> None:
    first = await tokens.of(TENANT)
    assert await tokens.of(TENANT) == first
    assert [url.split("/")[3] for url in entra.urls] == [TENANT]
    tokens.forget(TENANT)
    assert await tokens.of(TENANT) != first  # azure-identity would have had the old one still
    await tokens.of(OTHER)
    assert [url.split("/")[3] for url in entra.urls] == [TENANT, TENANT, OTHER]


async def test_a_hundred_callers_make_one_request(tokens: Tokens, entra: Entra) -> None:
    got = await asyncio.gather(*(tokens.of(TENANT) for _ in range(100)))
    assert len(set(got)) == len(entra.urls) == 1


async def test_one_failure_reaches_a_hundred_waiting_callers(tokens: Tokens, entra: Entra) -> None:
    entra.answers = [refusal("server_error", 500)]
    results = await asyncio.gather(*(tokens.of(TENANT) for _ in range(100)), return_exceptions=True)
    assert {type(each) for each in results} == {GraphError}
    assert len(entra.urls) == 1
    assert await tokens.of(TENANT)


async def test_managed_identity_is_exchanged_and_asked_once_for_all_customers(
    where: dict[str, Any], entra: Entra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    tokens = made(by_managed_identity("", where))
    assert await tokens.of(TENANT) != await tokens.of(OTHER)
    tokens.forget(TENANT)
    await tokens.of(TENANT)
    assert (entra.assertions, len(entra.urls)) == (1, 4)


async def test_certificate_is_read_again_and_an_unreadable_one_is_reported(
    where: dict[str, Any], entra: Entra, tmp_path: Path
) -> None:
    path = certificate(tmp_path)
    tokens = made(by_certificate(str(path), where))
    await tokens.of(TENANT)
    assert len(entra.urls) == 1
    path.write_text("nothing of the kind")
    with pytest.raises(GraphError, match="the service's certificate cannot be used") as error:
        await tokens.of(OTHER)
    assert error.value.fault is Fault.CREDENTIAL


async def test_calls_that_fail_together_ask_for_one_new_token(tokens: Tokens, entra: Entra) -> None:
    await tokens.of(TENANT)
    sent = tokens.now()
    tokens.forget(TENANT, before=sent)
    fresh = await tokens.of(TENANT)
    tokens.forget(TENANT, before=sent)  # another call that was made with the first token
    assert await tokens.of(TENANT) == fresh
    assert len(entra.urls) == 2
    tokens.forget(TENANT, before=tokens.now())
    assert await tokens.of(TENANT) != fresh


def refusal(error: str, status: int = 400, **headers: str) -> Answer:
    body = {"error": error, "error_description": f"AADSTS0: {error}"}
    return status, body, {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("answer", "fault", "retry_after"),
    [
        (refusal("unauthorized_client"), Fault.CONSENT, None),
        (refusal("invalid_client", 401), Fault.CREDENTIAL, None),
        (refusal("temporarily_unavailable"), Fault.UNAVAILABLE, None),
        (refusal("temporarily_unavailable", 503, Retry_After="7"), Fault.UNAVAILABLE, 7.0),
        (refusal("server_error", 500), Fault.UNAVAILABLE, None),
        ((400, {"error": {"code": "server_error"}}, {}), Fault.CONSENT, None),
        ((400, {"error": "invalid_grant", "error_codes": ["53003"]}, {}), Fault.CONDITIONAL_ACCESS, None),
        ((400, {"error": "invalid_grant", "error_codes": ["9" * 5000, 53003]}, {}), Fault.CONDITIONAL_ACCESS, None),
        ((400, {"error": ["server_error"]}, {}), Fault.CONSENT, None),
        (refusal("too_many_requests", 429, Retry_After="20"), Fault.THROTTLED, 20.0),
        ((502, "<html>a proxy</html>", {}), Fault.UNAVAILABLE, None),
        ((200, "<html>a proxy</html>", {}), Fault.UNAVAILABLE, None),
        ((200, {"token_type": "Bearer"}, {}), Fault.UNAVAILABLE, None),
        ((200, {"access_token": "t", "expires_in": "soon", "token_type": "Bearer"}, {}), Fault.UNAVAILABLE, None),
        ((200, [], {}), Fault.UNAVAILABLE, None),
        (ServiceRequestError("connection refused"), Fault.UNAVAILABLE, None),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_response_without_a_token_is_one_fault_raised_at_once(
    tokens: Tokens, entra: Entra, answer: Answer | Exception, fault: Fault, retry_after: float | None
) -> None:
    entra.answers = [answer]
    with pytest.raises(GraphError) as error:
        await tokens.of(TENANT)
    assert (error.value.fault, error.value.retry_after) == (fault, retry_after)
    assert (len(entra.urls), entra.slept) == (1, [])
    assert await tokens.of(TENANT)  # nothing of it is kept


@pytest.mark.parametrize(
    "answer",
    [
        refusal("server_error", 500),
        refusal("invalid_request"),
        (410, "", {}),
        ServiceRequestError("connection refused"),
    ],
    ids=["5xx", "400", "410", "away"],
)
@pytest.mark.parametrize("endpoint", ["app service", "virtual machine"])
async def test_fault_of_the_identity_is_no_customers_and_passes(
    where: dict[str, Any],
    entra: Entra,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer | Exception,
    endpoint: str,
) -> None:
    if endpoint == "app service":
        monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
    tokens = made(by_managed_identity("an-identity", where))
    entra.answers = [answer]
    with pytest.raises(GraphError, match="the managed identity gives no token") as error:
        await tokens.of(TENANT)
    assert error.value.fault is Fault.UNAVAILABLE
    assert (len(entra.urls), entra.slept) == (1, [])
    assert await tokens.of(TENANT)


@pytest.mark.parametrize(
    ("status", "content", "fault"),
    [
        (400, '{"error": "unauthorized_client"}', Fault.CONSENT),
        (400, '{"error": "temporarily_unavailable"}', Fault.UNAVAILABLE),
        (400, '{"error": {"code": "temporarily_unavailable"}}', Fault.CONSENT),
        (400, '{"error": ["temporarily_unavailable"]}', Fault.CONSENT),
        (400, "[]", Fault.CONSENT),
        (200, "[]", Fault.UNAVAILABLE),
        (200, '{"token_type": "Bearer"}', Fault.UNAVAILABLE),
        (200, '{"access_token": {"value": "t"}}', Fault.UNAVAILABLE),
        (200, '{"access_token": "t", "expires_in": "soon"}', Fault.UNAVAILABLE),
        (200, '{"access_token": "t", "expires_in": null}', Fault.UNAVAILABLE),
        (503, "<html>", Fault.UNAVAILABLE),
    ],
)
async def test_response_of_an_authority_on_this_machine_that_is_no_token_is_a_fault(
    status: int, content: str, fault: Fault
) -> None:
    respond = httpx.MockTransport(lambda _: httpx.Response(status, text=content))
    async with httpx.AsyncClient(transport=respond) as http:
        source = SecretTokens(http, "http://127.0.0.1:9", "http://127.0.0.1:9", "client", "secret")
        with pytest.raises(GraphError) as error:
            await source.fetch(TENANT)
    assert error.value.fault is fault
