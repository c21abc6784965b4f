"""Which queues and topics there are, and how each behaves. The values are those of Azure unless something is said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

# Azure's Standard tier takes messages of up to 256 KiB; one that a test sends here should also pass there.
MAX_MESSAGE = 256 * 1024


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """Of a queue or a subscription. `duplicate_window`: how long a message id is remembered; None: never looked at."""

    lock: timedelta = timedelta(seconds=60)
    max_deliveries: int = 10
    sessions: bool = False
    duplicate_window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class TopicOptions:
    subscriptions: Mapping[str, QueueOptions] = field(default_factory=dict)
    duplicate_window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Names are compared without regard to case, as Azure does."""

    queues: Mapping[str, QueueOptions] = field(default_factory=dict)
    topics: Mapping[str, TopicOptions] = field(default_factory=dict)


# As infra/app/service_bus.bicep creates them in Azure.
DEFAULT = Layout(
    queues={"reset-requests": QueueOptions(duplicate_window=timedelta(days=1))},
    topics={
        "reset-outcomes": TopicOptions(
            subscriptions={"everything": QueueOptions(sessions=True)}, duplicate_window=timedelta(days=1)
        )
    },
)
