"""Deletes old history: ended alerts, events, finished notifications, and thins old samples."""

from datetime import timedelta

import structlog

from monitor.clock import Clock
from monitor.errors import StoreError
from monitor.metrics import Metrics
from monitor.ports import HistoryStore

HISTORY = timedelta(days=90)
DEAD_LETTERS = timedelta(days=30)
FULL_SAMPLES = timedelta(days=30)
"""How long every sample is kept. Of older ones the last of each hour stays."""
INTERVAL = timedelta(hours=1)

log = structlog.get_logger()


class Retention:
    """Deletes what ended more than 90 days ago, dead letters after 30, and thins samples after
    30, once an hour."""

    def __init__(self, store: HistoryStore, *, clock: Clock, metrics: Metrics) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics

    async def run(self) -> None:
        """Prune until cancelled; a failure is logged and tried again an hour later."""
        while True:
            try:
                now = self._clock.now()
                pruned = await self._store.prune(
                    before=now - HISTORY, dead_before=now - DEAD_LETTERS
                )
                pruned += await self._store.thin(before=now - FULL_SAMPLES)
                if pruned:
                    log.info("history_pruned", rows=pruned)
            except StoreError as error:
                self._metrics.loop_failures.labels("retention").inc()
                # see poller
                log.error("history_not_pruned", reason=error.reason.value, error=str(error))  # noqa: TRY400
            except Exception:
                self._metrics.loop_failures.labels("retention").inc()
                log.exception("retention_failed")
            await self._clock.sleep(INTERVAL.total_seconds())
