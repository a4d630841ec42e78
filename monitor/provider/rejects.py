"""Rows that could not be used, as the log tells them: each once, not at every sweep, and once
more when it can be read again."""

from collections import Counter
from collections.abc import Iterable

import structlog

from monitor.domain.campaign.feed import Feed, RejectReason
from monitor.domain.campaign.snapshot import Campaign

MOST_TOLD = 1000
"""Campaigns whose rows are remembered as told; what is beyond that is counted by the metric
alone."""

log = structlog.get_logger()


class ToldRejects:
    """One feed's, from sweep to sweep.

    `rows`: by campaign, for what reason its row was said to be unusable. `nameless`: how many
    rows without a readable id were, by reason; one cannot tell them apart, since their bytes
    change with their counters. `foreign`: whether it was said that there are rows of other feeds
    (once: where the filter is not obeyed it is not for one sweep).
    """

    def __init__(self) -> None:
        self.rows: dict[int, tuple[RejectReason, str]] = {}
        self.nameless: Counter[RejectReason] = Counter()
        self.foreign = False


class Rejects:
    """One sweep's."""

    def __init__(self, feed: Feed, told: ToldRejects) -> None:
        self._facts = {"account": feed.account, "message_type": feed.message_type}
        self._told = told
        self._rows: dict[int, tuple[RejectReason, str]] = {}
        self._nameless: dict[RejectReason, dict[int, str]] = {}
        self._foreign: dict[int, str] = {}
        self._read: set[int] = set()

    def add(self, reason: RejectReason, key: int, campaign_id: int | None, detail: str) -> None:
        """A row was rejected. `key` is the same for the same bytes: a row at the edge of two
        pages is one row."""
        if reason is RejectReason.OTHER_FEED and campaign_id is not None:
            self._foreign[campaign_id] = detail
        elif campaign_id is None:
            self._nameless.setdefault(reason, {})[key] = detail
        else:
            self._rows[campaign_id] = (reason, detail)

    def read(self, campaigns: Iterable[Campaign]) -> None:
        """These could be read."""
        if self._told.rows:
            self._read.update(
                campaign.id for campaign in campaigns if campaign.id in self._told.rows
            )

    def tell(self, *, everything: bool) -> None:
        """Log what is new since the sweeps before, and remember it. `everything`: this sweep has
        shown all there is."""
        self._tell_rows()
        self._tell_nameless(everything)
        if self._foreign and not self._told.foreign:
            self._told.foreign = True
            campaign_id, detail = next(iter(self._foreign.items()))
            self._rejected(RejectReason.OTHER_FEED, len(self._foreign), campaign_id, detail)
        if everything:
            self._told.rows = {
                id_: why for id_, why in self._told.rows.items() if id_ in self._rows
            }

    def _tell_rows(self) -> None:
        told = self._told.rows
        if again := sorted(self._read - self._rows.keys()):
            for campaign_id in again:
                del told[campaign_id]
            log.info(
                "rejected_rows_read_again",
                **self._facts,
                rows=len(again),
                example_campaign_id=again[0],
            )
        absent = iter(
            [campaign_id for campaign_id in told if campaign_id not in self._rows]
        )  # the first make room first
        by_reason: dict[RejectReason, list[int]] = {}
        for campaign_id, why in self._rows.items():
            if told.get(campaign_id) == why:
                continue
            if campaign_id not in told and len(told) >= MOST_TOLD:
                if (leaving := next(absent, None)) is None:
                    break
                del told[leaving]
            told[campaign_id] = why
            by_reason.setdefault(why[0], []).append(campaign_id)
        for reason, ids in by_reason.items():
            self._rejected(reason, len(ids), ids[0], self._rows[ids[0]][1])

    def _tell_nameless(self, everything: bool) -> None:
        told = self._told.nameless
        for reason, details in self._nameless.items():
            if len(details) > told[reason]:
                self._rejected(
                    reason, len(details) - told[reason], None, next(iter(details.values()))
                )
                told[reason] = len(details)
        if everything:
            self._told.nameless = Counter(
                {reason: len(details) for reason, details in self._nameless.items()}
            )

    def _rejected(
        self, reason: RejectReason, rows: int, campaign_id: int | None, detail: str
    ) -> None:
        log.warning(
            "rows_rejected",
            **self._facts,
            reason=reason.value,
            rows=rows,
            example_campaign_id=campaign_id,
            detail=detail,
        )
