"""The base of everything that is stored or shown as JSON: camelCase outside, snake_case inside, unknown fields refused."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel


def iso(at: datetime) -> str:
    """Return an instant as ISO 8601 in UTC with milliseconds and Z, so that texts sort as instants do."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _aware(at: datetime) -> datetime:
    """Return an instant that can be compared with others: one without an offset is in UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


_DATE_TIME = WithJsonSchema({"type": "string", "format": "date-time"})

Instant = Annotated[
    datetime, AfterValidator(_aware), PlainSerializer(iso, return_type=str, when_used="json"), _DATE_TIME
]


def exact(at: datetime) -> str:
    """Return an instant as ISO 8601 in UTC with microseconds and Z."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# For dates that are compared with what another system says later: Graph writes up to seven digits after the second.
# (Graph documentation, "List temporaryAccessPassMethods")
ExactInstant = Annotated[
    datetime, AfterValidator(_aware), PlainSerializer(exact, return_type=str, when_used="json"), _DATE_TIME
]

# A text that this service or Entra made as a GUID; it is described as one and not checked.
Guid = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]


class Model(BaseModel):
    # Hidden: what an activity raises stays in the durable history and in logs, which must not contain names.
    # Built when first used: a start that answers one queue message needs few of them.
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    def to_json(self) -> dict[str, Any]:
        """Return the plain JSON object of this value, camelCase."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return the value of a JSON object that `to_json` made; fields that a newer version added are skipped."""
        return cls.model_validate(value, extra="ignore")
