"""Rules that look back, cycle after cycle, through restarts, reloads and failures, against a
model that keeps every reading.

The monitor keeps what it must, compares objects by identity and asks few rules about what has
not changed; the model looks at all readings of all campaigns for every rule.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor import __version__
from monitor.daemon.orphans import end_orphans
from monitor.domain.alerting.alert import AlertState
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.times.intervals import TimeInterval
from monitor.errors import StoreError, StoreFault
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles
from monitor.polling.feed_reader import Reading
from monitor.ports import CycleCommit
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import InstantClock
from tests.examples import examples
from tests.rules import state_rule
from tests.sources import ScriptedSource, campaign

FEED = Feed("default", "sms")
SENDERS = ("Shop", "Bank")
MINUTE, HOUR = 60.0, 3600.0
Figures = tuple[str, int | None, int | None, str]
"""Status, sent, delivered, sender."""
Plan = list[tuple[int, dict[int, Figures], str]]
"""Turns: after so many minutes campaigns show other figures, and something happens."""
NIGHT = TimeInterval(times=((9 * 60 + 20, 10 * 60), (20 * 60, 24 * 60)))


@dataclass
class Past:
    """Every reading of a campaign: when, and what it showed."""

    readings: list[tuple[float, Campaign]] = field(default_factory=list)
    settled: bool = False

    @property
    def present(self) -> Campaign:
        return self.readings[-1][1]

    def at(self, instant: float) -> Campaign | None:
        return next((shown for at, shown in reversed(self.readings) if at <= instant), None)

    @property
    def status_since(self) -> float:
        since = self.readings[0][0]
        for (_, before), (at, after) in pairwise(self.readings):
            since = at if after.status != before.status else since
        return since

    @property
    def progress_since(self) -> float:
        since = self.readings[0][0]
        for (_, before), (at, after) in pairwise(self.readings):
            starts = after.status == "sending" and before.status != "sending"
            since = at if starts or (after.sent or 0) > (before.sent or 0) else since
        return since

    def final_for(self, now: float) -> float:
        return now - self.status_since if self.present.status == "done" else -1.0

    def increase(self, now: float, back: float) -> int | None:
        then, sent = self.at(now - back), self.present.sent
        return None if then is None or then.sent is None or sent is None else sent - then.sent

    def judged(self, now: float, settle: float = 15 * MINUTE) -> tuple[int, int]:
        """Of so many messages so many were delivered; (0, 0) where nothing can be judged."""
        then = self.present if self.final_for(now) >= settle else self.at(now - settle)
        delivered = self.present.delivered
        if then is None or delivered is None or not then.sent or not self.present.sent:
            return 0, 0
        sent = min(then.sent, self.present.sent)
        return sent, min(delivered, sent)

    def settled_ratio(self, now: float) -> float | None:
        sent, delivered = self.judged(now)
        return delivered / sent if sent else None


Holds = Callable[[Past, float], bool]


def below(value: float | None, limit: float) -> bool:
    return value is not None and value < limit


NOW_AND_THEN: dict[str, tuple[str, Holds]] = {
    "Slow": (
        'increase(sent, "10m") < 50',
        lambda past, now: below(past.increase(now, 10 * MINUTE), 50),
    ),
    "Judged": ("settled_ratio < 0.5", lambda past, now: below(past.settled_ratio(now), 0.5)),
    "Stalled": (
        'stalled_for > "12m"',
        lambda past, now: (
            past.present.status == "sending" and now - past.progress_since > 12 * MINUTE
        ),
    ),
    "Night": (
        'status == "paused" and in_quiet_hours',
        lambda past, now: (
            past.present.status == "paused" and NIGHT.contains(datetime.fromtimestamp(now, UTC))
        ),
    ),
    "Few": ("sent < 100", lambda past, now: below(past.present.sent, 100)),
}
LONG_AGO: dict[str, tuple[str, Holds]] = {
    "Hours": (
        'increase(sent, "2h") < 50',
        lambda past, now: below(past.increase(now, 2 * HOUR), 50),
    ),
    "Was": (
        'ago(status, "90m") == "paused"',
        lambda past, now: (
            (then := past.at(now - 90 * MINUTE)) is not None and then.status == "paused"
        ),
    ),
}
POOR_SENDER = state_rule(
    "Sender", "settled_sent >= 100 and settled_ratio < 0.5", scope="sender", summary="{{ sender }}"
)


def rules(table: dict[str, tuple[str, Holds]]) -> RuleSet:
    return RuleSet(
        [*(state_rule(name, text) for name, (text, _) in table.items()), POOR_SENDER],
        quiet_hours=[NIGHT],
    )


SHORT, LONG = rules(NOW_AND_THEN), rules(NOW_AND_THEN | LONG_AGO)


class FailingStore(SqliteStore):
    failing = False

    async def commit_cycle(self, commit: CycleCommit) -> None:
        if self.failing:
            raise StoreError("busy", reason=StoreFault.LOCKED, retryable=True)
        await super().commit_cycle(commit)


class Monitor:
    """The cycles of one account over readings that are given."""

    def __init__(self, store: FailingStore) -> None:
        self.store = store
        self.clock = InstantClock()
        self.rules = SHORT
        self.shown: dict[int, Campaign] = {}
        self.pasts: dict[int, Past] = {}
        self.expected: set[tuple[str, str]] = set()

    async def start(self) -> None:
        self.state = State(await self.store.load(), polled=[FEED])
        self.cycles = AccountCycles(
            account="default",
            source=ScriptedSource(),
            store=self.store,
            state=self.state,
            rules=self.rules,
            clock=self.clock,
            metrics=Metrics(__version__),
            lookback=timedelta(days=3),
        )
        await self.remember()

    async def remember(self) -> None:
        look_back = timedelta(seconds=self.rules.look_back)
        self.state.remember(await self.store.samples(since=self.clock.now() - look_back))

    async def use(self, rules: RuleSet) -> None:
        further, self.rules = rules.look_back > self.rules.look_back, rules
        if further:
            await self.remember()
        self.cycles.use(rules)
        await end_orphans(
            rules, self.state, self.store, feeds=[FEED], receivers=(), now=self.clock.now()
        )
        self.expected = {each for each in self.expected if each[0] in rules.rules}

    async def read(
        self,
        ids: Sequence[int],
        outcome: SweepOutcome = SweepOutcome.OK,
        *,
        gone: frozenset[int] = frozenset(),
    ) -> None:
        campaigns = [self.shown[id_] for id_ in ids]
        complete = outcome is SweepOutcome.OK
        reading = Reading(
            outcome=outcome, full=False, campaigns=campaigns, gone=gone, sums=complete
        )
        await self.cycles.conclude(FEED, reading, self.clock.now())
        if outcome is not SweepOutcome.FAILED:
            self.forget(gone)
            self.note(ids, sums=complete)

    def forget(self, gone: frozenset[int]) -> None:
        """What comes again is a campaign like any other that was never seen."""
        for id_ in gone:
            self.pasts.pop(id_, None)
        self.expected = {
            (rule, subject)
            for rule, subject in self.expected
            if subject not in {str(id_) for id_ in gone}
        }

    def settled(self, id_: int) -> bool:
        """What a settled campaign showed is not kept: such a one stays as it is."""
        return id_ in self.pasts and self.pasts[id_].settled

    def note(self, ids: Sequence[int], *, sums: bool) -> None:
        """What every rule says of what has been read, and with `sums` the sender's of
        everything."""
        now = self.clock.now().timestamp()
        table = NOW_AND_THEN | (LONG_AGO if self.rules is LONG else {})
        for id_ in ids:
            self.pasts.setdefault(id_, Past()).readings.append((now, self.shown[id_]))
        for id_ in ids:
            settled = self.pasts[id_].settled = self.pasts[id_].final_for(now) >= 72 * HOUR
            for name, (_, holds) in table.items():
                self.expected.discard((name, str(id_)))
                if not settled and holds(self.pasts[id_], now):
                    self.expected.add((name, str(id_)))
        for sender in SENDERS if sums else ():
            found = [past for past in self.pasts.values() if past.present.sender == sender]
            judged = [
                past.judged(now) for past in found if now - past.present.created_at <= 24 * HOUR
            ]
            sent, delivered = (
                (sum(column) for column in zip(*judged, strict=True)) if judged else (0, 0)
            )
            self.expected.discard(("Sender", f"sms:{sender}"))
            if sent >= 100 and delivered / sent < 0.5:
                self.expected.add(("Sender", f"sms:{sender}"))

    def check(self) -> None:
        found = {
            (key.rule, key.subject)
            for key, alert in self.state.active.items()
            if alert.state is AlertState.FIRING
        }
        assert found == self.expected


figures = st.tuples(
    st.sampled_from(["scheduled", "sending", "sending", "paused", "done"]),
    st.sampled_from([None, 0, 40, 100, 160, 500]),
    st.sampled_from([None, 0, 40, 90, 600]),
    st.sampled_from(SENDERS),
)
turns = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 5, 9, 14, 15, 30, 60, 80 * 60]),
        st.dictionaries(st.integers(1, 3), figures, max_size=3),
        st.sampled_from(
            [
                "read",
                "read",
                "read",
                "same",
                "few",
                "gone",
                "restart",
                "short",
                "long",
                "fail",
                "part",
                "lose",
            ]
        ),
    ),
    max_size=14,
)


async def play(plan: Plan) -> None:
    async with FailingStore(None) as store:
        monitor = Monitor(store)
        await monitor.start()
        for minutes, seen, what in plan:
            await monitor.clock.sleep(minutes * MINUTE)
            if what == "restart":
                await monitor.start()
            elif what in ("short", "long"):
                await monitor.use(SHORT if what == "short" else LONG)
            if what != "same":  # what did not change is often the same object
                monitor.shown = {
                    id_: msgspec.structs.replace(shown) for id_, shown in monitor.shown.items()
                }
            seen = {id_: found for id_, found in seen.items() if not monitor.settled(id_)}
            for id_, (status, told, delivered, sender) in seen.items():
                before = monitor.shown.get(
                    id_
                )  # what was told once stays told: what is missing for hours is not in the model
                sent = before.sent if told is None and before is not None else told
                monitor.shown[id_] = campaign(
                    id_, status=status, sent=sent, delivered=delivered, sender=sender
                )
            ids = sorted(seen if what == "few" else monitor.shown)
            if what == "gone":
                monitor.shown = {}
                await monitor.read([], gone=frozenset(ids))
                monitor.check()
            elif what in ("fail", "part"):
                await monitor.read(
                    ids[::2], SweepOutcome.FAILED if what == "fail" else SweepOutcome.PARTIAL
                )
                monitor.check()
            elif what == "lose":
                store.failing = True
                try:
                    await monitor.read(ids)
                except StoreError:
                    store.failing = False
            else:
                await monitor.read(ids)
                monitor.check()


STANDS_STILL: Plan = [
    (1, {1: ("scheduled", None, None, "Shop")}, "read"),
    (6, {1: ("paused", None, None, "Shop")}, "read"),
    (39, {}, "restart"),  # no rule looks back as far as its last move
    (30, {1: ("scheduled", None, None, "Shop")}, "read"),
    (15, {}, "long"),
]


@pytest.mark.slow
@settings(max_examples=examples(300))
@given(turns)
@example(STANDS_STILL)
def test_rules_that_look_back_decide_what_the_whole_past_says(plan: Plan) -> None:
    asyncio.run(play(plan))
