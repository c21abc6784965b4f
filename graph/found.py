"""What a read of a user's authentication methods shows."""

from typing import NamedTuple

from domain.methods import Method
from graph.errors import GraphError


class Found(NamedTuple):
    """`hardware_unreadable` says why hardware tokens could not be read, None where they could or were not asked for."""

    methods: list[Method]
    preference: str | None = None
    hardware_unreadable: GraphError | None = None
