"""A stateful stand-in for Microsoft Graph, to try, develop and test against.

It remembers: what is deleted is gone, what is registered is there. Comments and docstrings name what is
known of the real service and from what kind of source:

    [m] measured   [c] read in code   [d] Microsoft's documentation   [i] public issue   [inf] inferred

Anything marked [inf] is a guess that a client must not lean on. Start at `server/app.py`, then `server/routes.py`.
"""

from localhost.simulator.server.app import create_app
from localhost.simulator.world.world import World

__all__ = ["World", "create_app"]
