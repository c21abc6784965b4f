"""Hold what was read ahead of its use, for seconds, each value for one use."""

from asyncio import Lock

from graph.fresh_values import FreshValues


class ReadAhead(FreshValues):
    """Values to `take`. `lock` is held while more is read, so that those who need it at the same time do not all read the same."""

    def __init__(self, lasts: float) -> None:
        super().__init__(lasts)
        self.lock = Lock()
