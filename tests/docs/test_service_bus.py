"""docs/service-bus.md, Bicep and the broker on this machine name the same queue, topic and subscription."""

import re

from localhost.servicebus.options import DEFAULT
from messaging.bus import OUTCOMES
from tests.system import ROOT
from triggers.messages.service_bus import QUEUE

PAGE = (ROOT / "docs/service-bus.md").read_text("utf-8")


def test_queue_topic_and_subscription_have_one_name_everywhere() -> None:
    topic = DEFAULT.topics[OUTCOMES]
    bicep = (ROOT / "infra/app/service_bus.bicep").read_text("utf-8")
    assert set(DEFAULT.queues) == {QUEUE}
    assert set(DEFAULT.topics) == {OUTCOMES}
    for name in (QUEUE, OUTCOMES, *topic.subscriptions):
        assert f"`{name}`" in PAGE
        assert re.search(rf"^  name: '{name}'$", bicep, re.MULTILINE)
    assert all(options.sessions for options in topic.subscriptions.values())
    assert "requiresSession: true" in bicep


def test_every_reason_of_a_dead_letter_is_documented() -> None:
    for reason in ("invalidInput", "tooLarge", "keyReused", "MaxDeliveryCountExceeded"):
        assert f"`{reason}`" in PAGE
