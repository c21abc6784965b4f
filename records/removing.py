"""Remove rows that a step of the workflow kept for the next one."""

from records.store import Delete, Store

_TOGETHER = 100  # a transaction's limit


async def remove_with_prefix(store: Store, partition: str, prefix: str) -> None:
    """Remove all rows of a partition whose keys begin with `prefix`, unless another run is removing them."""
    while rows := await store.scan(partition, prefix=prefix, limit=_TOGETHER):
        if not await store.apply(partition, [Delete(row) for row in rows]):
            return  # another run of the same step removes them
