"""The contract's words for what went wrong."""

from typing import cast

from contracts.words import Fault
from graph.errors import GraphError


def fault_word(fault: GraphError | str) -> Fault:
    """Return the word that an activity answers with; a test holds graph.errors and the contract together."""
    return cast("Fault", fault.fault.value if isinstance(fault, GraphError) else fault)
