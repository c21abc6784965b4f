"""Values that are stored and shown."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from domain.request.target import Target


def test_a_record_that_cannot_be_read_names_no_person_in_its_error() -> None:
    # An activity that raises it leaves the text in the durable history and in the log.
    with pytest.raises(ValidationError) as caught:
        Target.from_json({"number": "adele@contoso.com", "customer": "contoso", "asked": "adele@contoso.com"})
    assert "number" in str(caught.value)
    assert "adele" not in str(caught.value)


@pytest.mark.parametrize("text", ["2026-01-05T09:00:00Z", "2026-01-05T09:00:00", "2026-01-05T11:00:00+02:00"])
def test_stored_instant_can_be_compared_whatever_wrote_it(text: str) -> None:
    record = {"number": 0, "customer": "contoso", "asked": "u1", "begunAt": text}
    begun = Target.from_json(record).begun_at
    assert begun == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
