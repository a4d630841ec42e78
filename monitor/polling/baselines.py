"""Works out what is usual for each sender, once an hour, in small steps between everything else."""

from collections.abc import Mapping

import structlog

from monitor.clock import Clock
from monitor.domain.campaign.baseline import BaselineKey, Baselines, BaselineSpan, BaselineSurvey
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles
from monitor.polling.reading import CHUNK
from monitor.state import State

INTERVAL_SECONDS = 3600.0
LOOK_SECONDS = 60.0
"""How soon it is seen that a full sweep has brought campaigns nobody knew, or that other rules
ask for something else."""

KEYS_AT_ONCE = 200
"""Medians made between two turns of the event loop: some 10 ms."""

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
        """Survey every account where that is due. Done before the first poll too: to rules
        nothing would be usual, and what fires would end."""
        for account in self._cycles:
            try:
                await self.survey(account)
            except Exception:
                self._metrics.loop_failures.labels("baselines").inc()
                log.exception("baselines_failed", account=account)

    async def survey(self, account: str) -> None:
        """Work out the account's baselines where that is due: hourly, after a full sweep, and
        for other rules."""
        cycles = self._cycles[account]
        wanted = cycles.rules.baselines
        fulls = frozenset(
            state.last_full for feed, state in self._state.feeds.items() if feed.account == account
        )
        cause = (wanted, fulls)
        before, at = self._surveyed.get(account, (None, 0.0))
        if cause == before and self._clock.monotonic() - at < INTERVAL_SECONDS:
            return
        self._surveyed[account] = (cause, self._clock.monotonic())
        if wanted:
            cycles.baselines = await self.medians(account, wanted)

    async def medians(self, account: str, spans: frozenset[BaselineSpan]) -> Baselines:
        """What is usual for the account's senders over each of these spans, worked out now."""
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
