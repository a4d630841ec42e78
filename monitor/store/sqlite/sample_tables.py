"""What campaigns showed over time, in an embedded database. Every function runs inside the
caller's transaction."""

import sqlite3
from collections.abc import Mapping

from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.ports import SampleExtent
from monitor.store import row_codec as rows
from monitor.store import statements

THINNED_TO_SECONDS = 3600.0


def put(db: sqlite3.Connection, account: str, samples: Mapping[int, Sample]) -> None:
    """Add samples of the account's campaigns; one of the same moment is replaced."""
    db.executemany(
        statements.PUT_SAMPLE,
        (rows.sample_row(account, id_, sample) for id_, sample in samples.items()),
    )


def since(db: sqlite3.Connection, instant: float) -> dict[CampaignKey, tuple[Sample, ...]]:
    """See `Store.samples`."""
    found: dict[CampaignKey, list[Sample]] = {}
    for key, sample in map(
        rows.read_sample, db.execute(statements.SAMPLES_SINCE, (instant, instant))
    ):
        found.setdefault(key, []).append(sample)
    return {key: tuple(samples) for key, samples in found.items()}


def extent(db: sqlite3.Connection, first: float, last: float) -> SampleExtent:
    """See `Store.recorded_extent`."""
    count, least, most = db.execute(statements.RECORDED_EXTENT, (first, last)).fetchone()
    thinned = db.execute(statements.THINNED_UNTIL).fetchone()
    return SampleExtent(
        count=count,
        first=least,
        last=most,
        thinned_until=None if thinned is None else float(thinned[0]),
    )


def recorded(
    db: sqlite3.Connection, after: tuple[float, str, int], limit: int
) -> list[tuple[str, int, Sample]]:
    """See `Store.recorded`."""
    found = db.execute(statements.RECORDED, (*after, limit))
    return [
        (account, id_, Sample(at, status, sent, delivered, fallback_sent, fallback_delivered))
        for at, account, id_, status, sent, delivered, fallback_sent, fallback_delivered in found
    ]


def course(db: sqlite3.Connection, key: CampaignKey) -> list[Sample]:
    """See `Store.course`."""
    return [
        sample
        for _, sample in map(rows.read_sample, db.execute(statements.COURSE, (key.account, key.id)))
    ]


def thin(db: sqlite3.Connection, before: float) -> tuple[int, bool]:
    """Thin the oldest hour that is not thinned yet and ends by `before`. Returns how many rows
    went, and whether that was all."""
    done = db.execute(statements.THINNED_UNTIL).fetchone()
    first = db.execute(
        statements.FIRST_SAMPLE, (0.0 if done is None else float(done[0]),)
    ).fetchone()[0]
    if first is None:
        return 0, True
    start = first - first % THINNED_TO_SECONDS
    end = start + THINNED_TO_SECONDS
    if end > before:
        return 0, True
    deleted = db.execute(statements.THIN_SAMPLES, (start, end, end)).rowcount
    db.execute(statements.PUT_META, ("samples_thinned_until", repr(end)))
    return deleted, False
