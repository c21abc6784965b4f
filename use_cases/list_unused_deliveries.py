"""List the signed deliveries of a source that became no request, latest first."""

from domain.cursors import seal, unseal
from domain.ingress.unused import UnusedDeliveries
from services import Services


async def list_unused_deliveries(services: Services, source: str, cursor: str, limit: int) -> UnusedDeliveries:
    """Return a page and the cursor of the next one. Raises: InvalidInputError for a cursor that is not one of this list's."""
    ring, question = services.settings.approval_keys, f"unused deliveries of {source}"
    after = str(unseal(ring, question, cursor)) if cursor else ""
    value, following = await services.unused_deliveries.page(source, after, limit)
    return UnusedDeliveries(value=value, cursor=seal(ring, question, following) if following else None)
