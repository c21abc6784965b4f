"""Registrations by a customer's audit log: when, from where and by whom, and what is suspicious about them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from domain.model import Instant, Model

type Suspicion = Literal["withinAMinute", "otherCountry", "otherAddress", "somebodyElse"]
type Registrar = Literal["user", "otherUser", "application"]

# Only a person who was waiting for the reset registers so soon.
_AT_ONCE = timedelta(minutes=1)


class AuditedRegistration(Model):
    """One entry of the log. `by_name` is who did it, where it was not the user; `country` "" where it is not known."""

    at: Instant
    activity: str
    by: Registrar
    by_name: str = ""
    address: str = ""
    country: str = ""


class Before(NamedTuple):
    """From where a user signed in before the reset; empty where nothing is known."""

    addresses: Collection[str] = ()
    countries: Collection[str] = ()


def suspicions(registration: AuditedRegistration, reset_at: datetime | None, before: Before) -> list[Suspicion]:
    """Return what is suspicious. What is not known is not: another address only counts where the country is not known."""
    found: list[Suspicion] = []
    if reset_at is not None and registration.at <= reset_at + _AT_ONCE:
        found.append("withinAMinute")
    if registration.country and before.countries:
        if registration.country not in before.countries:
            found.append("otherCountry")
    elif registration.address and before.addresses and registration.address not in before.addresses:
        found.append("otherAddress")
    if registration.by != "user":
        found.append("somebodyElse")
    return found
