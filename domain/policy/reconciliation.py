"""The table of the policy file about reconciliation with customers' audit logs."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from domain.policy.part import Count, Duration, Flag, Mail, Part

# The names of Microsoft's list of audit activities, "Authentication Methods". Which of them an application's removal is, is not
# documented; a deactivated hardware token is perhaps the last one. [entra-docs, reference-audit-activities] Not tried on Azure.
REMOVAL_ACTIVITIES = ("Admin deleted security info", "User deleted security info", "Update Hardware Oath Token")
# 99 of 100 entries can be read after five minutes. [reports-monitoring/reference-reports-latencies, of 2022; the page of today,
# monitoring-health/reference-log-latency, has no figures] Less would be false alarms.
_SHORTEST_WAIT = timedelta(minutes=30)

Activity = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


def _long_enough(wait: timedelta) -> timedelta:
    if not _SHORTEST_WAIT <= wait <= timedelta(days=2):
        raise ValueError("must be from 30m to 48h: Entra writes its log with a delay, and does not keep it for long")
    return wait


class Reconciliation(Part):
    enabled: Flag = Field(
        default=False,
        description="Whether each customer's audit log is held against our records; customers consent to Directory.Read.All for it",
    )
    activities: tuple[Activity, ...] = Field(
        REMOVAL_ACTIVITIES, min_length=1, max_length=5, description="The names that removals have in the audit log"
    )
    entries_per_removal: Count = Field(1, le=10, description="How many entries of the log one removal makes at most")
    missing_after: Annotated[Duration, AfterValidator(_long_enough)] = Field(
        timedelta(hours=2),
        json_schema_extra={"default": "2h"},
        description="An outcome whose removal is not in the log so long after it is an alert, from 30m to 48h",
    )
    notify: tuple[Mail, ...] = Field((), description="Who is mailed about alerts")
