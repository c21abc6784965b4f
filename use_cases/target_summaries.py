"""Count and choose among the targets of a request that has ended, without reading all of a long one."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from domain.request.plan import WINDOW, window_starts
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from records.target_summaries import Groups, Of, grouped
from services import Services
from use_cases.read_targets import all_targets

# Word of a target in a summary, "" where it has none.
_WORDS: dict[Of, Callable[[Target], str]] = {
    "outcomes": lambda target: target.outcome.value,
    "followUps": lambda target: target.follow_up.state if target.follow_up else "",
}


async def windows_to_summarise(services: Services, request: ResetRequest, of: Of) -> list[int]:
    """Return the windows, by their first targets, whose summaries are missing; none of a request that is read whole."""
    if not _is_long(request):
        return []
    kept = await services.target_summaries.read(request.id, of)
    return [start for start in window_starts(request.target_count) if start not in kept]


async def summarise(services: Services, request_id: str, of: Of, start: int) -> None:
    """Keep the summary of one window."""
    window = [kept.target for kept in await services.targets.range(request_id, start, WINDOW)]
    await services.target_summaries.put(
        request_id, of, start, _groups(of, [t for t in window if t.number < start + WINDOW])
    )


async def count_words(
    services: Services, request: ResetRequest, of: Of, customers: Collection[str] | None = None
) -> Counter[str] | None:
    """Return how many targets have each word, of these customers (None: all); None where a long request has no summaries."""
    windows = await _windows(services, request, of)
    if windows is None:
        return None
    counts = Counter[str]()
    for group in grouped(windows):
        if customers is None or group.customer in customers:
            counts[group.word] += len(group.numbers)
    return counts


async def first_targets(
    services: Services, request: ResetRequest, of: Of, words: Sequence[str], limit: int
) -> list[Target]:
    """Return at most `limit` targets, those with the first of `words` first, then by number; none with another word.

    A long request of an older version, which has no summaries, is read page by page.
    """
    windows = await _windows(services, request, of)
    if windows is None:
        word_of = _WORDS[of]
        found = [target async for target in all_targets(services, request.id) if word_of(target) in words]
        return sorted(found, key=lambda target: (words.index(word_of(target)), target.number))[:limit]
    places = {word: place for place, word in enumerate(words)}
    listed = [
        (places[group.word], number) for group in grouped(windows) if group.word in places for number in group.numbers
    ]
    chosen = [number for _, number in sorted(listed)[:limit]]
    read = await _read(services, request.id, sorted(chosen))
    return [read[number] for number in chosen if number in read]


async def targets_with(services: Services, request: ResetRequest, of: Of, words: Collection[str]) -> list[Target]:
    """Return all targets that have one of `words`, by number. Of a long request that has summaries no others are read."""
    windows = await _windows(services, request, of) if _is_long(request) else None
    if windows is None:
        return [target async for target in all_targets(services, request.id) if _WORDS[of](target) in words]
    numbers = sorted(number for group in grouped(windows) if group.word in words for number in group.numbers)
    read = await _read(services, request.id, numbers)
    return [read[number] for number in numbers if number in read]


async def _windows(services: Services, request: ResetRequest, of: Of) -> Mapping[int, Groups] | None:
    if not _is_long(request):
        return {0: _groups(of, [kept.target for kept in await services.targets.range(request.id, 0, WINDOW)])}
    kept = await services.target_summaries.read(request.id, of)
    return kept if all(start in kept for start in window_starts(request.target_count)) else None


async def _read(services: Services, request_id: str, numbers: Sequence[int]) -> dict[int, Target]:
    """Read these targets and no others: neighbours together."""
    found: dict[int, Target] = {}
    first = 0
    for place, number in enumerate(numbers):
        if place + 1 == len(numbers) or numbers[place + 1] != number + 1 or place + 1 - first == WINDOW:
            run = await services.targets.range(request_id, numbers[first], place + 1 - first)
            found |= {kept.target.number: kept.target for kept in run}
            first = place + 1
    return found


def _groups(of: Of, targets: Sequence[Target]) -> Groups:
    groups: dict[str, dict[str, list[int]]] = {}
    for target in targets:
        if word := _WORDS[of](target):
            groups.setdefault(target.customer, {}).setdefault(word, []).append(target.number)
    return groups


def _is_long(request: ResetRequest) -> bool:
    return request.target_count > WINDOW
