"""Responses of the API about evidence."""

from typing import Literal

from pydantic import Field

from domain.model import Model


class EvidenceKey(Model):
    """A public key as a JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    kid: str
    x: str = Field(description="The public key, base64url")


class EvidenceKeys(Model):
    """A JSON Web Key Set; the first key signs now."""

    keys: list[EvidenceKey]
