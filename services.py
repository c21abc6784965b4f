"""The composition root: what triggers, use cases and activities work with, built once from the settings.

HTTP pools and table clients belong to an event loop, so each running loop has its own; everything else is shared.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import httpx

from domain.policy.load import Policy
from domain.reconciliation.remembered import Remembered
from graph.accounts import Accounts
from graph.approver_groups import ApproverGroups
from graph.client import CONNECTIONS, TIMEOUT, Graph
from graph.tokens import CredentialTokens, SecretTokens, Tokens, TokenSource
from graph.user_page_cache import PATIENCE, UserPageCache
from graph.verified_id import APPLICATION as VERIFIED_ID
from graph.verified_id import VerifiedIdClient
from records.approver_mailings import ApproverMailings
from records.audits import Audits
from records.blocks import Blocks
from records.concurrency_permits import ConcurrencyPermits
from records.console_choices import ConsoleChoices
from records.delegations import Delegations
from records.deletions import Deletions
from records.deliveries import Deliveries
from records.evidence import EvidenceRecords
from records.holds import Holds
from records.identities import IdentityRecords
from records.leases import Leases
from records.notifications import Notifications
from records.partner import PartnerRecords
from records.people import People
from records.plan_summaries import PlanSummaries
from records.plan_windows import PlanWindows
from records.read_requests import ReadRequests
from records.reconciliations import Reconciliations
from records.releases import Releases
from records.removals import Removals
from records.requests import Requests
from records.retention import Retention
from records.saved_groups import SavedGroups
from records.sign_outs import SignOuts
from records.sqlite import SqliteStore
from records.store import Store
from records.target_drafts import TargetDrafts
from records.target_summaries import TargetSummaries
from records.targets import Targets
from records.unused_deliveries import UnusedDeliveryRecords
from records.usage import UsageCounts
from records.verification_windows import VerificationWindows
from settings import GraphApplication, Settings, read_settings, removing_stopped

if TYPE_CHECKING:
    from graph.credentials import NewCredential
    from messaging.bus import Bus


class Services:
    """Hold the settings, the clock and the clients.

    `transport` carries the calls to Graph; None: over the network. `sleep` makes the short pauses between attempts there.
    """

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self.settings = settings
        self.now = now
        self._transport = transport
        self._graphs: WeakKeyDictionary[asyncio.AbstractEventLoop, Graph] = WeakKeyDictionary()
        self._bootstraps: WeakKeyDictionary[asyncio.AbstractEventLoop, Graph] = WeakKeyDictionary()
        self._verified_ids: WeakKeyDictionary[asyncio.AbstractEventLoop, VerifiedIdClient] = WeakKeyDictionary()
        self._stores: WeakKeyDictionary[asyncio.AbstractEventLoop, Store] = WeakKeyDictionary()
        self._usage_counts: WeakKeyDictionary[asyncio.AbstractEventLoop, UsageCounts] = WeakKeyDictionary()
        self._block_counts: WeakKeyDictionary[asyncio.AbstractEventLoop, UsageCounts] = WeakKeyDictionary()
        self._buses: WeakKeyDictionary[asyncio.AbstractEventLoop, Bus] = WeakKeyDictionary()
        self._file: SqliteStore | None = None
        self._seen: set[str] = set()
        self._listed: set[str] = set()
        self._read_requests = ReadRequests()
        self.remembered: defaultdict[str, Remembered] = defaultdict(Remembered)  # by tenant id
        self._user_pages: WeakKeyDictionary[asyncio.AbstractEventLoop, UserPageCache] = WeakKeyDictionary()
        self.list_patience = PATIENCE  # seconds; tests that compare whole lists wait for longer
        self.accounts = Accounts()
        self.approver_groups = ApproverGroups()

    @property
    def policy(self) -> Policy:
        return self.settings.policy

    @property
    def graph(self) -> Graph:
        """Graph as the application that reads and resets."""
        return self._graph_of(self._graphs, self.settings.reset_application)

    @property
    def bootstrap_graph(self) -> Graph:
        """Graph as the application that makes Temporary Access Passes. Raises: LookupError where there is none."""
        if self.settings.bootstrap is None:
            raise LookupError("GRAPH_BOOTSTRAP_CLIENT_ID")
        return self._graph_of(self._bootstraps, self.settings.bootstrap)

    def _graph_of(
        self, graphs: WeakKeyDictionary[asyncio.AbstractEventLoop, Graph], application: GraphApplication
    ) -> Graph:
        loop = asyncio.get_running_loop()
        graph = graphs.get(loop)
        if graph is None:
            transport = self._transport or _connections()
            http = httpx.AsyncClient(timeout=TIMEOUT, transport=transport)
            tokens = Tokens(_token_source(self.settings, application, http))
            graph = Graph(self.settings.graph_endpoint, tokens, transport, self._sleep)
            graphs[loop] = graph
        return graph

    @property
    def user_pages(self) -> UserPageCache:
        """What the console read of customers' lists of users in the last minutes."""
        loop = asyncio.get_running_loop()
        cache = self._user_pages.get(loop)
        if cache is None:
            cache = UserPageCache(self.now)
            self._user_pages[loop] = cache
        return cache

    @property
    def verified_id(self) -> VerifiedIdClient:
        """The client of Microsoft Entra Verified ID, in the provider's own tenant."""
        loop = asyncio.get_running_loop()
        client = self._verified_ids.get(loop)
        if client is None:
            http = httpx.AsyncClient(timeout=TIMEOUT, transport=self._transport or _connections())
            tokens = Tokens(_token_source(self.settings, self.settings.reset_application, http, VERIFIED_ID))
            client = VerifiedIdClient(http, tokens, self.settings.verified_id_endpoint, self.settings.graph_home_tenant)
            self._verified_ids[loop] = client
        return client

    def check(self) -> None:
        """Check that the file of records, if there is one, can be used by this version. Raises: RecordsError."""
        kind, _, path = self.settings.records.partition(":")
        if kind == "sqlite":
            SqliteStore.check(path)

    @property
    def store(self) -> Store:
        kind, _, path = self.settings.records.partition(":")
        if kind == "sqlite":
            if self._file is None:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                self._file = SqliteStore.open(path)
            return self._file
        loop = asyncio.get_running_loop()
        store = self._stores.get(loop)
        if store is None:
            store = _tables(self.settings)
            self._stores[loop] = store
        return store

    @property
    def bus(self) -> "Bus":
        """The Service Bus client; only where the settings name a Service Bus (`settings.has_service_bus`)."""
        loop = asyncio.get_running_loop()
        bus = self._buses.get(loop)
        if bus is None:
            bus = _bus(self.settings)
            self._buses[loop] = bus
        return bus

    @property
    def requests(self) -> Requests:
        return Requests(self.store, self._read_requests)

    @property
    def targets(self) -> Targets:
        return Targets(self.store)

    @property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.store)

    @property
    def evidence(self) -> EvidenceRecords:
        return EvidenceRecords(self.store)

    @property
    def unused_deliveries(self) -> UnusedDeliveryRecords:
        return UnusedDeliveryRecords(self.store)

    @property
    def leases(self) -> Leases:
        return Leases(self.store)

    @property
    def releases(self) -> Releases:
        return Releases(self.store)

    @property
    def blocks(self) -> Blocks:
        return Blocks(self.store)

    @property
    def holds(self) -> Holds:
        return Holds(self.store)

    @property
    def audits(self) -> Audits:
        return Audits(self.store)

    @property
    def notifications(self) -> Notifications:
        return Notifications(self.store)

    @property
    def sign_outs(self) -> SignOuts:
        return SignOuts(self.store)

    @property
    def console_choices(self) -> ConsoleChoices:
        return ConsoleChoices(self.store)

    @property
    def saved_groups(self) -> SavedGroups:
        return SavedGroups(self.store)

    @property
    def approver_mailings(self) -> ApproverMailings:
        return ApproverMailings(self.store)

    @property
    def retention(self) -> Retention:
        return Retention(self.store)

    @property
    def reconciliations(self) -> Reconciliations:
        return Reconciliations(self.store)

    @property
    def partner_records(self) -> PartnerRecords:
        return PartnerRecords(self.store)

    @property
    def removals(self) -> Removals:
        return Removals(self.store, self._listed)

    @property
    def delegations(self) -> Delegations:
        return Delegations(self.store)

    @property
    def deletions(self) -> Deletions:
        return Deletions(self.store)

    @property
    def people(self) -> People:
        return People(self.store)

    @property
    def target_drafts(self) -> TargetDrafts:
        return TargetDrafts(self.store)

    @property
    def identities(self) -> IdentityRecords:
        return IdentityRecords(self.store)

    @property
    def plan_windows(self) -> PlanWindows:
        return PlanWindows(self.store)

    @property
    def plan_summaries(self) -> PlanSummaries:
        return PlanSummaries(self.store)

    @property
    def verification_windows(self) -> VerificationWindows:
        return VerificationWindows(self.store)

    @property
    def target_summaries(self) -> TargetSummaries:
        return TargetSummaries(self.store)

    @property
    def concurrency_permits(self) -> ConcurrencyPermits:
        return ConcurrencyPermits(self.store)

    @property
    def usage_counts(self) -> UsageCounts:
        loop = asyncio.get_running_loop()
        counts = self._usage_counts.get(loop)
        if counts is None:
            counts = UsageCounts(self.store)
            self._usage_counts[loop] = counts
        return counts

    @property
    def block_counts(self) -> UsageCounts:
        """Users who were blocked before an approval."""
        loop = asyncio.get_running_loop()
        counts = self._block_counts.get(loop)
        if counts is None:
            counts = UsageCounts(self.store, "blockusage")
            self._block_counts[loop] = counts
        return counts

    @property
    def removing_stopped(self) -> bool:
        return removing_stopped(os.environ)

    async def pause(self, seconds: float) -> None:
        """Wait for a moment; for longer there are durable timers."""
        await self._sleep(seconds)

    def is_first(self, occurrence: str) -> bool:
        """Return True for the first call with this name only: for a warning that a timer would repeat every few minutes."""
        first = occurrence not in self._seen
        self._seen.add(occurrence)
        return first

    async def close(self) -> None:
        """Close the clients of this event loop and the shared file of records."""
        loop = asyncio.get_running_loop()
        if user_pages := self._user_pages.pop(loop, None):
            await user_pages.close()
        for graphs in (self._graphs, self._bootstraps):
            if graph := graphs.pop(loop, None):
                await graph.close()
        if verified_id := self._verified_ids.pop(loop, None):
            await verified_id.close()
        if bus := self._buses.pop(loop, None):
            await bus.close()
        self._usage_counts.pop(loop, None)
        self._block_counts.pop(loop, None)
        if store := self._stores.pop(loop, None):
            await store.close()
        if self._file is not None:
            await self._file.close()
            self._file = None


_current: Services | None = None


def current_services() -> Services:
    """Return the services of this process, built from the environment on first use.

    Raises: SettingsError or PolicyError when the settings are invalid.
    """
    global _current  # noqa: PLW0603 - one set of services per process, replaced only by `set_services`
    if _current is None:
        _current = Services(read_settings(os.environ))
    return _current


def set_services(services: Services | None) -> None:
    """Replace the services of this process (tests bring their own clock); None: build them anew on next use."""
    global _current  # noqa: PLW0603 - see `current_services`
    _current = services


def _connections() -> httpx.AsyncBaseTransport:
    from graph.transport import AiohttpTransport

    return AiohttpTransport(connections=CONNECTIONS, timeout=TIMEOUT)


def _token_source(
    settings: Settings, application: GraphApplication, http: httpx.AsyncClient, audience: str = ""
) -> TokenSource:
    """Return where the tokens of an application come from; `audience` is the API they are for, "" for Graph."""
    audience = audience or settings.graph_endpoint
    if settings.graph_is_local:
        return SecretTokens(
            http,
            settings.graph_authority,
            audience,
            application.client_id,
            application.client_secret,
        )
    return CredentialTokens(_credentials(settings, application), audience)


def _credentials(settings: Settings, application: GraphApplication) -> "NewCredential":
    from graph.credentials import by_certificate, by_managed_identity, by_secret

    where: dict[str, Any] = {
        "tenant_id": settings.graph_home_tenant,
        "client_id": application.client_id,
        "authority": settings.graph_authority,
        "additionally_allowed_tenants": ["*"],
    }
    match application.credential:
        case "managed-identity":
            return by_managed_identity(application.identity, where)
        case "certificate":
            return by_certificate(application.certificate_path, where)
        case _:
            return by_secret(application.client_secret, where)


def _tables(settings: Settings) -> Store:
    from azure.identity.aio import DefaultAzureCredential

    from records.tables import TableStore

    if settings.tables_endpoint:
        credential = DefaultAzureCredential(managed_identity_client_id=settings.managed_identity_client_id or None)
        return TableStore.connect(endpoint=settings.tables_endpoint, credential=credential)
    return TableStore.connect(connection_string=os.environ.get("AzureWebJobsStorage", "UseDevelopmentStorage=true"))


def _bus(settings: Settings) -> "Bus":
    from azure.identity.aio import DefaultAzureCredential

    from messaging.bus import Bus

    if settings.service_bus:
        return Bus.connect(connection_string=settings.service_bus)
    credential = DefaultAzureCredential(managed_identity_client_id=settings.managed_identity_client_id or None)
    return Bus.connect(namespace=settings.service_bus_namespace, credential=credential)
