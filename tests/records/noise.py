"""Text that takes as much room compressed as it does by itself."""

import random
from base64 import b64encode


def noise(size: int) -> str:
    """Return text of this many characters that no compression makes shorter than Base64."""
    return b64encode(random.Random(7).randbytes(size * 3 // 4 + 3)).decode("ascii")[:size]  # noqa: S311 - guards nothing
