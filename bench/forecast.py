"""`python -m bench.forecast`: how often the forecast of generated tenants is what an independent oracle says."""

import argparse
import asyncio
from collections import Counter

from tests.forecast.compare import Comparison, compare


def _lines(result: Comparison) -> list[str]:
    lines = [
        (
            f"{result.equal:,} of {result.tenants:,} tenants forecast as the oracle says, for all of their users;"
            f" {len(result.towards_safe)} users wrong towards safe"
        ),
        "users: " + ", ".join(f"{word} {number:,}" for word, number in result.truths.most_common()),
    ]
    pairs = Counter((each.forecast, each.truth) for each in result.differences)
    lines += [f"  {word} instead of {true}: {number:,} users" for (word, true), number in pairs.most_common()]
    return lines + [f"  {each.tenant}: {each.user}" for each in result.differences[:5]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = asyncio.run(compare(options.tenants, options.seed))
    print("\n".join(_lines(result)))
    return int(not result.good_enough)


if __name__ == "__main__":
    raise SystemExit(main())
