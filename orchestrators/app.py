"""The blueprint that every orchestrator registers with, and how activities are called."""

from datetime import timedelta

import azure.durable_functions as df
from durabletask.task import RetryPolicy

app = df.Blueprint()

# An activity raises only when the records do not answer: tried again for about four minutes, then the orchestration fails
# and the reconciling timer starts it anew.
RETRY = RetryPolicy(
    first_retry_interval=timedelta(seconds=2),
    max_number_of_attempts=9,
    backoff_coefficient=2,
    max_retry_interval=timedelta(seconds=60),
)
