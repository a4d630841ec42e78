"""Works out what is usual for each sender: once an hour, in small steps."""

from collections.abc import Mapping

import structlog

from monitor.clock import Clock
from monitor.domain.campaign.baseline import BaselineKey, Baselines, BaselineSpan, BaselineSurvey
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles
from monitor.polling.feed_reader import CHUNK
from monitor.state import State

INTERVAL_SECONDS = 3600.0
LOOK_SECONDS = 60.0
"""How often to check whether a full sweep has brought unknown campaigns, or the rules have
changed."""

KEYS_AT_ONCE = 200
"""Medians computed before the event loop gets its turn: about 10 ms."""

log = structlog.get_logger()


class BaselineLoop:
    """Surveys the settled campaigns of each account for the baselines that its rules ask for."""

    def __init__(
        self, cycles: Mapping[str, AccountCycles], *, state: State, clock: Clock, metrics: Metrics
    ) -> None:
        self._cycles = cycles
        self._state = state
        self._clock = clock
        self._metrics = metrics
        self._surveyed: dict[str, tuple[object, float]] = {}

    async def run(self) -> None:
        """Survey until cancelled."""
        while True:
            await self.survey_all()
            await self._clock.sleep(LOOK_SECONDS)

    async def survey_all(self) -> None:
        """Survey every account that is due. Call it before the first poll too: without
        baselines, alerts that use them would end."""
        for account in self._cycles:
            try:
                await self.survey(account)
            except Exception:
                self._metrics.loop_failures.labels("baselines").inc()
                log.exception("baselines_failed", account=account)

    async def survey(self, account: str) -> None:
        """Work out the account's baselines if they are due: every hour, after a full sweep, and
        when the rules have changed."""
        cycles = self._cycles[account]
        spans = cycles.rules.baselines
        fulls = frozenset(
            state.last_full for feed, state in self._state.feeds.items() if feed.account == account
        )
        cause = (spans, fulls)
        before, at = self._surveyed.get(account, (None, 0.0))
        if cause == before and self._clock.monotonic() - at < INTERVAL_SECONDS:
            return
        self._surveyed[account] = (cause, self._clock.monotonic())
        if spans:
            cycles.baselines = await self.medians(account, spans)

    async def medians(self, account: str, spans: frozenset[BaselineSpan]) -> Baselines:
        """Compute what is usual for the account's senders over each of these spans."""
        survey = BaselineSurvey(spans, self._clock.now().timestamp())
        rows = list(self._state.table(account).rows.values())
        for start in range(0, len(rows), CHUNK):
            survey.add(rows[start : start + CHUNK])
            await self._clock.sleep(0)
        medians: dict[BaselineKey, Mapping[str, float]] = {}
        for number, (key, values) in enumerate(survey.medians(), 1):
            medians[key] = values
            if number % KEYS_AT_ONCE == 0:
                await self._clock.sleep(0)
        return Baselines(medians)
