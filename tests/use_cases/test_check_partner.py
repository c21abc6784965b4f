"""Once a day: relationships that end and consent that was lost become warnings, each once, and go when they are settled."""

from collections.abc import AsyncIterator
from pathlib import Path

import azure.functions as func
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import services
from domain.policy.partner import Partner
from graph.errors import GraphError
from telemetry.metrics import set_meter
from tests.activities.conftest import Works, made_works
from tests.system import HOME
from triggers.timers.check_partner import check_partner_relationships, mail_warnings
from use_cases.check_partner import check_partner
from use_cases.overview import PartnerOverview, read_overview


@pytest.fixture
async def works(tmp_path: Path) -> AsyncIterator[Works]:
    async with made_works(tmp_path) as made:
        partner = Partner(tenant_id=HOME, notify=("boss@msp.example",))
        made.use_policy(made.services.policy.model_copy(update={"partner": partner}))
        for customer in ("contoso", "fabrikam", "tailspin"):
            made.world.relate("home", customer, days=200)
        yield made


async def look(works: Works, **later: float) -> list[tuple[str, str]]:
    """The timer's next look, that much later; all warnings there are then."""
    works.clock.pass_(**later)
    await check_partner(works.services)
    return [(one.kind, one.customer) for one in await works.services.partner_records.warnings()]


async def overview(works: Works, reach: frozenset[str] | None = None) -> PartnerOverview:
    found = (await read_overview(works.services, reach, lambda _: False)).partner
    assert found is not None
    return found


async def test_a_relationship_is_warned_about_from_30_days_before_its_end(works: Works) -> None:
    works.world.relate("home", "fabrikam", days=400)
    assert await look(works) == []
    assert await look(works, days=169) == []
    assert await look(works, days=1) == [("relationshipEnding", "contoso"), ("relationshipEnding", "tailspin")]


async def test_the_day_after_it_has_ended_it_says_so_and_a_renewal_settles_it(works: Works) -> None:
    relationship = works.world.tenant("home").relationships[0]
    await look(works)
    relationship.status = "expired"
    assert await look(works, days=1) == [("relationshipEnded", "contoso")]
    works.world.relate("home", "contoso", days=700)
    assert await look(works, days=1) == []


async def test_one_that_extends_itself_is_no_warning(works: Works) -> None:
    for relationship in works.world.tenant("home").relationships:
        relationship.auto_extend = "P180D"
    assert await look(works, days=195) == []


async def test_a_customer_who_takes_back_consent_is_warned_about(works: Works) -> None:
    assert await look(works) == []
    works.world.tenant("fabrikam").consented = False
    works.world.tenant("tailspin").granted = frozenset({"User.Read.All"})
    assert await look(works, days=1) == [("consentLost", "fabrikam"), ("consentLost", "tailspin")]
    reasons = {one.customer: one.reason for one in await works.services.partner_records.warnings()}
    assert reasons == {"fabrikam": "consentMissing", "tailspin": "forbidden"}
    works.world.tenant("fabrikam").consented = True
    assert await look(works, days=1) == [("consentLost", "tailspin")]


async def test_who_never_consented_has_lost_nothing(works: Works) -> None:
    works.world.tenant("fabrikam").consented = False
    assert await look(works) == []


async def test_a_tenant_that_does_not_answer_has_lost_nothing_and_found_nothing_again(works: Works) -> None:
    await look(works)
    works.world.tenant("fabrikam").consented = False
    await look(works, days=1)
    works.world.faults.add(status=503, path="/*/oauth2/v2.0/token", tenant="fabrikam")
    works.world.faults.add(status=503, path="/*/oauth2/v2.0/token", tenant="contoso")
    assert await look(works, days=1) == [("consentLost", "fabrikam")]


async def test_our_own_expired_secret_is_no_lost_consent(works: Works) -> None:
    await look(works)
    works.world.faults.add(aadsts=7000222, tenant="contoso")
    assert await look(works, days=1) == []


async def test_it_is_read_once_a_day_and_again_in_an_hour_where_it_failed(works: Works) -> None:
    await look(works)
    works.world.calls.clear()
    await look(works, hours=1)
    assert not list(works.world.calls)
    works.world.faults.add(status=503, path="*/tenantRelationships/*")
    works.clock.pass_(days=1)
    with pytest.raises(GraphError):
        await check_partner(works.services)
    assert (await overview(works)).unread == "unavailable"
    works.world.faults.clear()
    await look(works, hours=1)
    assert (await overview(works)).unread == ""


async def test_the_start_page_has_those_of_the_customers_that_one_may_see(works: Works) -> None:
    await look(works, days=180)
    assert [one.customer for one in (await overview(works)).warnings] == ["contoso", "fabrikam", "tailspin"]
    assert [one.customer for one in (await overview(works, frozenset({"fabrikam"}))).warnings] == ["fabrikam"]
    assert (await overview(works, frozenset())).warnings == []


async def test_one_mail_lists_what_is_new_and_is_sent_once(works: Works) -> None:
    await look(works, days=180)
    await mail_warnings(works.services)
    [mail] = works.world.mailbox.to("boss@msp.example")
    assert mail.subject == "The relationships with 3 customers need a look"
    assert "Contoso admin relationship 1" in mail.content
    await mail_warnings(works.services)
    works.world.tenant("fabrikam").consented = False
    await look(works, days=1)
    await mail_warnings(works.services)
    second, _ = works.world.mailbox.to("boss@msp.example")
    assert second.subject == "The relationships with 1 customer need a look"
    assert "The consent is lost" in second.content


async def test_a_mail_that_could_not_be_sent_is_sent_later(works: Works) -> None:
    await look(works, days=180)
    works.world.faults.add(status=403, path="*/sendMail", count=1)
    await mail_warnings(works.services)
    assert works.world.mailbox.to("boss@msp.example") == []
    await mail_warnings(works.services)
    assert len(works.world.mailbox.to("boss@msp.example")) == 1


async def test_each_warning_is_counted_once(works: Works) -> None:
    reader = InMemoryMetricReader()
    set_meter(MeterProvider([reader]).get_meter("test"))
    try:
        await look(works, days=180)
        await look(works, days=1)
        data = reader.get_metrics_data()
    finally:
        set_meter(None)
    assert data
    points = [
        point
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        if metric.name == "mfareset.partner.warnings"
        for point in metric.data.data_points
    ]
    assert [(dict(point.attributes or {})["customer"], getattr(point, "value", 0)) for point in points] == [
        ("contoso", 1),
        ("fabrikam", 1),
        ("tailspin", 1),
    ]


async def test_a_customer_that_left_the_policy_is_forgotten(works: Works) -> None:
    await look(works, days=180)
    policy = works.services.policy
    rest = {key: customer for key, customer in policy.customers.items() if key != "contoso"}
    works.use_policy(policy.model_copy(update={"customers": rest}))
    assert [customer for _, customer in await look(works, days=1)] == ["fabrikam", "tailspin"]
    assert (await works.services.partner_records.state(works.world.tenant("contoso").id)).consented_at is None


async def test_the_timer_does_nothing_where_it_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with made_works(tmp_path) as works:
        works.world.relate("home", "contoso", days=5)
        monkeypatch.setattr(services, "_current", works.services)
        await run_timer()
        assert not list(works.world.calls)
        assert (await read_overview(works.services, None, lambda _: False)).partner is None


async def test_the_timer_reads_and_mails_and_survives_an_outage(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    works.clock.pass_(days=180)
    monkeypatch.setattr(services, "_current", works.services)
    works.world.faults.add(status=503, path="*/tenantRelationships/*")
    await run_timer()
    works.world.faults.clear()
    await run_timer()
    assert len(works.world.mailbox.to("boss@msp.example")) == 1


async def run_timer() -> None:
    await check_partner_relationships(func.TimerRequest())
