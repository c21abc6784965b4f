"""What the tables of the policy file are made of: their base, and the kinds of single values."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from domain.durations import DURATION_PATTERN
from domain.policy.values import (
    account,
    approver_name,
    authority_url,
    callback_url,
    domain_name,
    duration,
    expression,
    guid,
    language,
    mail_address,
    reader,
    resolve_secrets,
    secret_address,
    time_zone,
    user_name,
)

Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]  # part of URLs and record keys
Mail = Annotated[str, AfterValidator(mail_address)]
ApproverName = Annotated[str, AfterValidator(approver_name)]
Language = Annotated[str, AfterValidator(language)]
Reader = Annotated[str, AfterValidator(reader)]
TimeZone = Annotated[str, AfterValidator(time_zone)]
Domain = Annotated[str, AfterValidator(domain_name)]
TenantId = Annotated[str, AfterValidator(guid)]
ObjectId = Annotated[str, AfterValidator(guid)]
Account = Annotated[str, AfterValidator(account)]
UserName = Annotated[str, AfterValidator(user_name)]
Expression = Annotated[str, AfterValidator(expression)]
Url = Annotated[str, AfterValidator(callback_url)]
AuthorityUrl = Annotated[str, AfterValidator(authority_url)]
Duration = Annotated[
    timedelta,
    BeforeValidator(
        duration,
        json_schema_input_type=Annotated[str, Field(pattern=DURATION_PATTERN)],
    ),
]
_Reference = Annotated[str, Field(pattern=r"^env:[A-Za-z_][A-Za-z0-9_]*$")]
Secrets = Annotated[
    tuple[str, ...], BeforeValidator(resolve_secrets, json_schema_input_type=_Reference | list[_Reference])
]
SecretUrl = Annotated[str, BeforeValidator(secret_address, json_schema_input_type=_Reference)]
# Strict: TOML has numbers and booleans, so "1" and "yes" are mistakes.
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=1)]


class Part(BaseModel):
    """One table of the file. Names outside are camelCase; `parse_policy` accepts only those."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )
