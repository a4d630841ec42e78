"""Campaigns in detail: which are read, in which order, and within which limits.

1. Campaigns whose alert has just fired, so that the message can say why.
2. Campaigns that a rule with `detail: true` selects.
3. Each campaign that starts, once.
4. Campaigns whose price the list does not give, where a rule needs it: once they have ended, and
   now and then while they are sent. There can be many, so they leave half of the budget to alerts
   that may fire in the same minute.

A cycle waits at most `PATIENCE_SECONDS`. A message goes out without the details that were not
read by then; later cycles ask for them again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Set

import msgspec
import structlog

from monitor.clock import Clock
from monitor.domain.alerting.detail_rules import GOOD_FOR_SECONDS, DetailPhase, outdated
from monitor.domain.alerting.rule_faults import each_apart
from monitor.domain.campaign.detail import CampaignDetail, filled_from
from monitor.domain.campaign.snapshot import CampaignStatus
from monitor.domain.campaign.spending import lacks_price
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.errors import ProviderError
from monitor.metrics import Metrics
from monitor.ports import CampaignSource

PATIENCE_SECONDS = 3.0
READERS = 3
"""Details read at the same time. The provider's client allows four requests at once; one is left
for the lists of other feeds."""

FAILURES_BEFORE_GIVING_UP = 3
BUDGET_SECONDS = 60.0
NONE_FOR_SECONDS = 3600.0
"""How long to believe the provider that it has no detail of a campaign."""

DECIDED_AT_ONCE = 500

Find = Callable[[int], TrackedCampaign | None]
"""The campaign of this id as this cycle has read it. None if it has not, or if the campaign is
not tracked."""

log = structlog.get_logger()


class DetailReader:
    """Reads details of one account, `per_minute` in any minute. `patience` is in seconds, of one
    call of `read`."""

    def __init__(
        self,
        account: str,
        source: CampaignSource,
        *,
        per_minute: int,
        clock: Clock,
        metrics: Metrics,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.per_minute = per_minute
        self._account = account
        self._source = source
        self._clock = clock
        self._metrics = metrics
        self._patience = patience
        self._calls: deque[float] = deque(maxlen=max(1, per_minute))
        self._none: dict[int, float] = {}
        self._failed: set[int] = set()
        self._failing = False

    async def read(self, ids: Iterable[int]) -> dict[int, CampaignDetail | None]:
        """Read these campaigns, in this order, those that failed last time last.

        Returns the answers by id, None where the provider has no detail. Ids that the budget, the
        patience or a failure left out are missing. Never raises `ProviderError`. While nothing
        can be read, one call probes and the others wait for its answer.
        """
        now = self._clock.monotonic()
        self._none = {id_: at for id_, at in self._none.items() if now - at < NONE_FOR_SECONDS}
        asked_for = list(ids)
        answers: dict[int, CampaignDetail | None] = {
            id_: None for id_ in asked_for if id_ in self._none
        }
        waiting = sorted(
            (id_ for id_ in asked_for if id_ not in answers), key=self._failed.__contains__
        )
        self._failed.intersection_update(waiting)
        asked = _Round(deque(waiting), answers)
        try:
            async with asyncio.timeout(self._patience):
                if self._failing:
                    await self._ask(asked)
                if not asked.failures:
                    async with asyncio.TaskGroup() as tasks:
                        for _ in range(READERS):
                            tasks.create_task(self._read_on(asked))
        except TimeoutError:
            asked.failures += 1
        self._conclude(asked)
        return answers

    async def _read_on(self, asked: "_Round") -> None:
        while asked.failures < FAILURES_BEFORE_GIVING_UP and await self._ask(asked):
            pass

    async def _ask(self, asked: "_Round") -> bool:
        """Ask for one more; False when there is none, or none may be asked for."""
        if not asked.waiting or not self._take():
            return False
        campaign_id = asked.waiting.popleft()
        self._failed.add(campaign_id)  # until it succeeds: the patience may run out before
        try:
            detail = await self._source.detail(campaign_id)
        except ProviderError as error:
            asked.failures += 1
            asked.error = error
            return True
        except Exception:
            asked.failures += 1
            self._metrics.loop_failures.labels("details").inc()
            log.exception("campaign_detail_failed", account=self._account, campaign_id=campaign_id)
            return True
        self._failed.discard(campaign_id)
        if detail is None:
            self._none[campaign_id] = self._clock.monotonic()
        asked.answers[campaign_id] = detail
        asked.answered += 1
        return True

    @property
    def left(self) -> int:
        """How many calls the budget allows now."""
        now = self._clock.monotonic()
        return self.per_minute - sum(now - at < BUDGET_SECONDS for at in self._calls)

    def _take(self) -> bool:
        """Use one call of the budget; False if none is left."""
        if self.left <= 0:
            return False
        self._calls.append(self._clock.monotonic())
        return True

    def _conclude(self, asked: "_Round") -> None:
        """Note whether details can be read at all, and log when that changes."""
        if asked.answered and self._failing:
            self._failing = False
            log.warning("campaign_details_recovered", account=self._account)
        elif asked.failures and not asked.answered and not self._failing:
            self._failing = True
            error = asked.error
            facts = (
                {"error": "no answer in time"}
                if error is None
                else {"reason": error.reason.value, "error": str(error)}
            )
            log.warning("campaign_details_failed", account=self._account, **facts)


class _Round:
    """One call of `DetailReader.read`."""

    def __init__(self, waiting: deque[int], answers: dict[int, CampaignDetail | None]) -> None:
        self.waiting = waiting
        self.answers = answers
        self.answered = 0
        self.failures = 0
        self.error: ProviderError | None = None


class FeedDetails:
    """Which campaigns of one feed to read in detail. Each is remembered until it was read or is
    no longer needed, and found again after a restart."""

    def __init__(self, reader: DetailReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._owed: dict[int, float] = {}  # campaign → when its alert fired, in Unix seconds
        self._starting: dict[int, None] = {}
        self._unpriced: dict[int, None] = {}
        self._looked_back = False

    def seen(self, rows: Iterable[TrackedCampaign], now: float, *, prices: bool) -> None:
        """Note which of these new or changed rows need their detail once: those that have
        started and, with `prices`, those whose cost is not known otherwise."""
        if not self._reader.per_minute:
            return
        for row in rows:
            if _has_started(row, now):
                self._starting[row.campaign.id] = None
            elif prices and lacks_price(row, now):
                self._unpriced[row.campaign.id] = None

    def owe(self, phase: DetailPhase, now: float) -> None:
        """Put the campaigns whose alert has just fired before those still owed, the most severe
        first, for the next `add`."""
        if self._reader.per_minute and (fired := dict.fromkeys(phase.fired(), now)):
            self._owed = {**fired, **{i: at for i, at in self._owed.items() if i not in fired}}

    async def add(
        self,
        phase: DetailPhase,
        find: Find,
        now: float,
        *,
        on_fault: Callable[[int, Exception], None],
    ) -> list[TrackedCampaign]:
        """Read the details that are due and let the phase decide with them.

        `now` is in Unix seconds. `on_fault` is called with a campaign on which a rule raised.
        Returns the campaigns whose detail was read.
        """
        fired = self._owe(phase, now) if self._reader.per_minute else frozenset()
        if not (phase.postponed or self._owed or self._starting or self._unpriced):
            return []
        outdated_ones = {id_: row for id_, row in phase.postponed.items() if outdated(row, now)}
        asked = {**self._after_alerts(phase, find, fired), **outdated_ones}
        asked |= self._once(
            self._starting, _has_started, find, now, most=self._reader.per_minute, but=asked
        )
        spare = self._reader.left - len(asked) - self._reader.per_minute // 2
        asked |= self._once(self._unpriced, lacks_price, find, now, most=spare, but=asked)
        answers = await self._reader.read(asked) if asked else {}
        for campaign_id in answers:
            self._owed.pop(campaign_id, None)
            self._starting.pop(campaign_id, None)
            self._unpriced.pop(campaign_id, None)
        fresh = [
            _explained(asked[id_], detail) for id_, detail in answers.items() if detail is not None
        ]
        each_apart(phase.read, fresh, lambda row, error: on_fault(row.campaign.id, error))
        decided = [id_ for id_ in phase.postponed if id_ in answers or id_ not in outdated_ones]
        for first in range(0, len(decided), DECIDED_AT_ONCE):
            each_apart(phase.decide, decided[first : first + DECIDED_AT_ONCE], on_fault)
            await self._clock.sleep(0)
        return fresh

    def _owe(self, phase: DetailPhase, now: float) -> Set[int]:
        """Owe the campaigns whose alert has just fired. Returns them."""
        if not self._looked_back:
            self._looked_back = True
            self._owed = dict.fromkeys(phase.unexplained(), 0.0)
        self.owe(phase, now)
        return frozenset(phase.fired())

    def _after_alerts(
        self, phase: DetailPhase, find: Find, just_fired: Set[int]
    ) -> dict[int, TrackedCampaign]:
        """As many owed campaigns as the budget may allow. Forgets those no longer needed."""
        due: dict[int, TrackedCampaign] = {}
        for campaign_id, since in list(self._owed.items()):
            row = find(campaign_id)
            known = (
                row is not None
                and row.detail is not None
                and row.detail.read_at >= since - GOOD_FOR_SECONDS
            )
            if known or not (campaign_id in just_fired or phase.fires(campaign_id)):
                del self._owed[campaign_id]
            elif row is not None:
                due[campaign_id] = row
                if len(due) == self._reader.per_minute:
                    break
        return due

    @staticmethod
    def _once(
        ids: dict[int, None],
        lacks: Callable[[TrackedCampaign, float], bool],
        find: Find,
        now: float,
        *,
        most: int,
        but: Collection[int],
    ) -> dict[int, TrackedCampaign]:
        """The same for campaigns that are read once: at most `most`, without those in `but`.
        Forgets those that `lacks` says no longer need it."""
        due: dict[int, TrackedCampaign] = {}
        for campaign_id in list(ids):
            if len(due) >= most:
                break
            row = find(campaign_id)
            if row is None or not lacks(row, now):
                del ids[campaign_id]
            elif campaign_id not in but:
                due[campaign_id] = row
        return due


def _has_started(row: TrackedCampaign, _now: float) -> bool:
    """Whether it is sending, its size is not known, and its detail was not read since it
    started."""
    if row.campaign.status != CampaignStatus.SENDING:
        return False
    return row.detail is None or (
        row.detail.total_messages is None and row.detail.read_at < row.status_since
    )


def _explained(row: TrackedCampaign, detail: CampaignDetail) -> TrackedCampaign:
    """The campaign with the detail just read."""
    whole = filled_from(row.detail, detail)
    return msgspec.structs.replace(
        row, detail=msgspec.structs.replace(whole, revision=row.revision)
    )
