"""A small turn of the bench: every unrequested removal found in time, and no false alarm."""

from pathlib import Path

from bench.reconciliation import AIM, measure


async def test_unrequested_removals_are_found_among_honest_resets(tmp_path: Path) -> None:
    result = await measure(resets=24, injected=9, seed=1, folder=tmp_path, hours=1)
    assert result.resets == 24
    assert len(result.readable_at) == 9
    assert len(result.delays) == 9
    assert max(result.delays) <= AIM
    assert result.false_alarms == []
