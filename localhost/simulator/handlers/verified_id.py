"""Microsoft Entra Verified ID's request service, and a wallet that presents to it.

[d]: Microsoft Learn, "Request Service REST API presentation specification" and "Request Service API error codes".
"""

from typing import Any
from uuid import uuid4

from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.world import World

PATH = "/v1.0/verifiableCredentials/createPresentationRequest"
APPLICATION = "3db474b9-6a0c-4840-96ac-1fceb342124f"
LIFETIME = 300  # seconds [inf]
_CALLBACK_HEADERS = {"api-key", "authorization"}  # "Any other header will throw an invalid callback header error" [d]


class _InvalidError(Exception):
    def __init__(self, target: str, message: str) -> None:
        super().__init__(message)
        self.target, self.message = target, message


def create_presentation(world: World, request: Request) -> Response:
    """Serve `POST /v1.0/verifiableCredentials/createPresentationRequest` [d]."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    tenant = world.tokens.tenant_id(token, world.clock()) if scheme.lower() == "bearer" else None
    if tenant is None or world.tokens.audience(token) != APPLICATION:
        return _failed(
            world, 401, "unauthorized", "The requested resource requires authentication", "tokenError", "token"
        )
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        return _failed(world, 415, "unsupportedMediaType", "The specified media type is unsupported.", "", "")
    body = request.json()
    try:
        _check(body)
    except _InvalidError as error:
        return _failed(world, 400, "badRequest", error.message, "badOrMissingField", error.target)
    made = str(uuid4())
    world.presentations[made] = body
    answer = {
        "requestId": made,
        "url": f"openid-vc://?request_uri={request.base}/v1.0/{tenant}/verifiableCredentials/presentationRequests/{made}",
        "expiry": int(world.clock().timestamp()) + LIFETIME,
    }
    if body.get("includeQRCode"):
        answer["qrCode"] = "data:image/png;base64,iVBORw0KGgo="
    return Response(201, answer)


def present(world: World, request: Request) -> Response:
    """Serve `POST /simulator/verified-id/{presentation}`: a wallet presents a credential.

    The body has `issuer`, `type`, `claims` and `revocationStatus`. The response holds the callbacks that the service makes then,
    for the caller to post: `url`, `headers` and `body` of each.
    """
    presentation = request.ids["presentation"]
    asked = world.presentations.get(presentation)
    if asked is None:
        return Response(404, {"error": "there is no such presentation"})
    shown = request.json()
    common = {"requestId": presentation, "state": asked["callback"]["state"]}
    events: list[dict[str, Any]] = [{**common, "requestStatus": "request_retrieved"}]
    if _satisfies(shown, asked["requestedCredentials"][0]):
        credential = {
            "issuer": shown["issuer"],
            "type": ["VerifiableCredential", shown["type"]],
            "claims": shown["claims"],
            "credentialState": {"revocationStatus": shown.get("revocationStatus", "VALID")},
            "domainValidation": {"url": "https://contoso.com/"},
            "issuanceDate": "2026-01-01T00:00:00Z",
            "expirationDate": "2030-01-01T00:00:00Z",
        }
        verified = {"subject": "did:ion:wallet", "verifiedCredentialsData": [credential]}
        events.append({**common, "requestStatus": "presentation_verified", **verified})
    else:
        error = {"code": "tokenError", "message": "The credential does not satisfy the request."}
        events.append({**common, "requestStatus": "presentation_error", "error": error})
    callback = asked["callback"]
    headers = callback.get("headers", {}) | {"content-type": "application/json"}
    return Response(200, {"value": [{"url": callback["url"], "headers": headers, "body": event} for event in events]})


def _satisfies(shown: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """All constraints have to be met, compared without case; a revoked credential counts only where it is allowed [d]."""
    if shown["type"] != wanted["type"] or (
        (issuers := wanted.get("acceptedIssuers")) and shown["issuer"] not in issuers
    ):
        return False
    validation = wanted.get("configuration", {}).get("validation", {})
    if shown.get("revocationStatus", "VALID") != "VALID" and not validation.get("allowRevoked", False):
        return False
    return all(_meets(str(shown["claims"].get(each["claimName"], "")), each) for each in wanted.get("constraints", []))


def _meets(value: str, constraint: dict[str, Any]) -> bool:
    value = value.lower()
    if "values" in constraint:
        return value in [str(each).lower() for each in constraint["values"]]
    if "contains" in constraint:
        return str(constraint["contains"]).lower() in value
    return value.startswith(str(constraint["startsWith"]).lower())


def _check(body: Any) -> None:
    _must(isinstance(body, dict), "", "The request is no object.")
    for name in ("includeQRCode", "includeReceipt"):
        _must(isinstance(body.get(name, False), bool), name, f"The request contains `{name}`, but it is not boolean.")
    _must(str(body.get("authority", "")).startswith("did:"), "authority", "The authority is no DID.")
    registration = body.get("registration")
    _must(isinstance(registration, dict) and registration.get("clientName"), "registration", "clientName is missing.")
    callback = body.get("callback")
    _must(isinstance(callback, dict), "callback", "The callback is missing.")
    url = str(callback.get("url", ""))
    local = url.startswith(("http://127.0.0.1", "http://localhost"))
    _must(url.startswith("https://") or local, "callback.url", "The callback URL is unreadable.")
    _must(isinstance(callback.get("state"), str) and callback["state"], "callback.state", "The state is missing.")
    headers = {str(name).lower() for name in callback.get("headers", {})}
    _must(headers <= _CALLBACK_HEADERS, "callback.headers", "Invalid callback header.")
    credentials = body.get("requestedCredentials")
    _must(isinstance(credentials, list) and credentials, "requestedCredentials", "No credential is requested.")
    for each in credentials:
        _check_credential(each)


def _check_credential(wanted: Any) -> None:
    _must(isinstance(wanted, dict) and isinstance(wanted.get("type"), str), "type", "The credential has no type.")
    issuers = wanted.get("acceptedIssuers", [])
    _must(isinstance(issuers, list) and all(str(i).startswith("did:") for i in issuers), "acceptedIssuers", "No DID.")
    for constraint in wanted.get("constraints", []):
        operands = {"values", "contains", "startsWith"} & constraint.keys()
        _must(constraint.get("claimName") and len(operands) == 1, "constraints", "One operand is needed.")
    validation = wanted.get("configuration", {}).get("validation", {})
    for name in ("allowRevoked", "validateLinkedDomain"):
        _must(isinstance(validation.get(name, False), bool), name, f"`{name}` is not boolean.")
    if (face := validation.get("faceCheck")) is not None:
        threshold = face.get("matchConfidenceThreshold", 70)
        _must(face.get("sourcePhotoClaimName"), "faceCheck", "sourcePhotoClaimName is missing.")
        _must(isinstance(threshold, int) and 50 <= threshold <= 100, "faceCheck", "The threshold is not 50 to 100.")


def _must(condition: object, target: str, message: str) -> None:
    if not condition:
        raise _InvalidError(target, message)


def _failed(world: World, status: int, code: str, message: str, inner: str, target: str) -> Response:
    error: dict[str, Any] = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner, "message": message, "target": target}
    date = world.clock().strftime("%a, %d %b %Y %H:%M:%S GMT")
    return Response(status, {"requestId": str(uuid4()), "date": date, "mscv": "simulated", "error": error})
