"""Let one host of several run each timer trigger that falls due.

Azure's host holds a lease on a blob for this, so that of all instances one runs timers:
https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#scale-out-and-function-hosts
Here each occurrence is claimed in a row of the storage account that the hosts share.
"""

import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from typing import Protocol, override

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

logger = logging.getLogger("localhost.timers")

_TABLE = "localhosttimers"


class Claims(Protocol):
    async def claim(self, function: str, due: datetime) -> bool:
        """Whether this host runs the function for the occurrence at `due`."""


class OwnTimers(Claims):
    """Of the only host there is."""

    @override
    async def claim(self, function: str, due: datetime) -> bool:
        return True


class SharedTimers:
    """Claims in a table. A host whose clock is behind finds an occurrence taken; one that dies in a run leaves it undone."""

    def __init__(self, table: TableClient, hub: str) -> None:
        self._table = table
        self._hub = hub

    async def claim(self, function: str, due: datetime) -> bool:
        """Where the storage does not answer, no host runs it: the next occurrence is soon enough."""
        try:
            return await self._claim(function, due.astimezone(UTC).isoformat())
        except AzureError as error:
            logger.warning("timer %s does not run now: its claim cannot be written: %s", function, type(error).__name__)
            return False

    async def _claim(self, function: str, due: str) -> bool:
        row = {"PartitionKey": self._hub, "RowKey": function, "due": due}
        try:
            known = await self._table.get_entity(self._hub, function)
        except ResourceNotFoundError:
            return await self._first(row)
        if str(known["due"]) >= due:
            return False
        try:
            await self._table.update_entity(
                row, UpdateMode.REPLACE, etag=known.metadata["etag"], match_condition=MatchConditions.IfNotModified
            )
        except ResourceModifiedError:
            return False
        return True

    async def _first(self, row: Mapping[str, str]) -> bool:
        with suppress(ResourceExistsError):
            await self._table.create_table()
        try:
            await self._table.create_entity(row)
        except ResourceExistsError:
            return False
        return True


async def shared_timers(environ: Mapping[str, str], hub: str, parts: AsyncExitStack) -> Claims:
    """Claims in the storage account that the app's settings name, closed with `parts`; where they name none, all timers."""
    if endpoint := environ.get("AzureWebJobsStorage__tableServiceUri"):
        from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 - slow to import

        credential = await parts.enter_async_context(DefaultAzureCredential())
        table = TableClient(endpoint, _TABLE, credential=credential)
    elif account := environ.get("AzureWebJobsStorage"):
        table = TableClient.from_connection_string(account, _TABLE)
    else:
        return OwnTimers()
    return SharedTimers(await parts.enter_async_context(table), hub)
