"""Values that are stored and shown."""

import pytest
from pydantic import ValidationError

from domain.request.target import Target


def test_a_record_that_cannot_be_read_names_no_person_in_its_error() -> None:
    # An activity that raises it leaves the text in the durable history and in the log.
    with pytest.raises(ValidationError) as caught:
        Target.from_json({"number": "adele@contoso.com", "customer": "contoso", "asked": "adele@contoso.com"})
    assert "number" in str(caught.value)
    assert "adele" not in str(caught.value)
