"""How much of a poll could be read with all that the rules need."""

from collections import Counter
from collections.abc import Collection

from monitor.domain.campaign.feed import Feed, FeedState, Legibility, SweepOutcome
from monitor.domain.campaign.snapshot import PartlyRead, Unreadable
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.safetext.shown_text import counted
from monitor.polling.feed_reader import Reading
from monitor.polling.observation import Observation

FIELDS_SHOWN = 3


def legibility_of(
    feed: Feed, before: FeedState, reading: Reading, seen: Observation, needed: Collection[str]
) -> tuple[Legibility, str | None]:
    """The feed's legibility after a reading that was answered, and in words which of its rows
    could not be read; null if all could. `needed`: the fields that are asked for."""
    partly = [
        campaign
        for campaign in reading.campaigns
        if type(campaign) is PartlyRead and _asked(campaign.unreadable, needed)
    ]
    aside = seen.aside.keys()
    poor = {campaign.id for campaign in partly} | aside
    lost = reading.rejected | aside
    given = len(reading.campaigns) + len(reading.rejected) + reading.nameless
    read = len(reading.campaigns) - len(poor)
    ratio = before.legibility.read_ratio
    if given or reading.outcome is SweepOutcome.OK:
        ratio = read / given if given else 1.0
    legibility = Legibility(
        rejected=_rejected(before, reading, seen, lost),
        nameless=reading.nameless,
        unreadable_fields=_unreadable_fields(feed, seen, needed),
        read_ratio=ratio,
    )
    if read == given:
        return legibility, None
    return legibility, _in_words(given - read, given, partly, needed)


def _asked(marks: Collection[Unreadable], needed: Collection[str]) -> list[Unreadable]:
    return [mark for mark in marks if mark.until is None and mark.field in needed]


def _rejected(
    before: FeedState, reading: Reading, seen: Observation, lost: Collection[int]
) -> tuple[int, ...]:
    """Ids of rows that cannot be used, without campaigns that are settled."""
    ids = set(lost)
    earlier = before.legibility.rejected
    if earlier and reading.outcome is not SweepOutcome.OK:
        listed = {campaign.id for campaign in reading.campaigns}
        ids |= set(earlier) - listed - reading.gone - set(seen.forgotten)
    rows = seen.table.rows
    return tuple(sorted(id_ for id_ in ids if (row := rows.get(id_)) is None or row.watched))


def _unreadable_fields(feed: Feed, seen: Observation, needed: Collection[str]) -> int:
    table = seen.table
    rows: dict[int, TrackedCampaign] = dict(table.partly_read)
    for found in (seen.adopted, seen.changed):
        rows.update((row.campaign.id, row) for row in found)
    for campaign_id in seen.forgotten:
        rows.pop(campaign_id, None)
    odd = [row for row in rows.values() if row.unreadable and row.watched]
    return sum(len(_asked(row.unreadable, needed)) for row in table.of_feed(odd, feed.message_type))


def _in_words(bad: int, given: int, partly: Collection[PartlyRead], needed: Collection[str]) -> str:
    """As `9 of 12 rows could not be read with all that is needed (finished_at of 8 rows, …)`."""
    rows: Counter[str] = Counter()
    examples: dict[str, Unreadable] = {}
    for campaign in partly:
        for mark in _asked(campaign.unreadable, needed):
            rows[mark.field] += 1
            examples.setdefault(mark.field, mark)
    parts = [
        f"{field} of {counted(count, 'row')}, as {examples[field].found}"
        for field, count in rows.most_common(FIELDS_SHOWN)
    ]
    if more := len(rows) - len(parts):
        parts.append(f"{counted(more, 'more field')}")
    if unusable := bad - len(partly):
        parts.append(f"{counted(unusable, 'row')} that cannot be used at all")
    return (
        f"{bad:,} of {counted(given, 'row')} could not be read with all that is needed "
        f"({'; '.join(parts)})"
    )
