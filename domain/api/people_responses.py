"""Whose data is deleted, and what came of it."""

from pydantic import Field

from domain.model import Guid, Model
from domain.request.reset_request import CustomerText, UserText


class Person(Model):
    customer: CustomerText
    user: UserText


class PersonDeleted(Model):
    requests: list[Guid] = Field(description="The requests that held something of this person")
    targets: int
