"""Flushes over time, with an outbox that fails and people who quiet things, against a model of
who should know what."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerting.alert import Acknowledgement, Alert, AlertState
from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.domain.routing.flush import (
    Flush,
    Ledger,
    Quiet,
    Route,
    fully_told,
    split,
)
from tests.clock import START
from tests.unit.domain.flushes import (
    MINUTE,
    ROUTE,
    a_ledger,
    event,
    firing,
    flush,
    next_flush,
    resolved,
)


@dataclass
class Row:
    message: Notification
    attempts: int = 0


@dataclass
class World:
    """One group's alerts, the flusher's loop around `flush`, an outbox, and a receiver that
    believes what it is told."""

    route: Route
    send_resolved: bool
    now: datetime = START
    ledger: Ledger = field(default_factory=a_ledger)
    alerts: dict[str, Alert] = field(default_factory=dict)
    outbox: list[Row] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)  # id -> firing | resolved | event
    since: dict[str, datetime] = field(default_factory=dict)  # id -> when it last changed
    belief: dict[str, str] = field(default_factory=dict)
    heard: list[tuple[str, str]] = field(
        default_factory=list
    )  # what was told as new, in the order of delivery
    decided_at: list[datetime] = field(default_factory=list)
    told: dict[str, str] = field(
        default_factory=dict
    )  # id -> last status any message was decided with
    number: int = 0
    suppressed: set[str] = field(
        default_factory=set
    )  # silenced or inhibited; what has ended stays as it was then
    unspoken: set[str] = field(default_factory=set)  # ended in silence, and no one had heard of it
    muted: bool = False
    acknowledged: dict[str, Acknowledgement] = field(default_factory=dict)
    news_at: datetime | None = None

    @property
    def quiet(self) -> Quiet:
        return Quiet(suppressed=self.suppressed, muted=self.muted, acknowledged=self.acknowledged)

    def toggle(self, choice: int) -> None:
        """A silence or an inhibition begins or ends for one alert that fires."""
        if id_ := self.one_that_fires(choice):
            self.suppressed ^= {id_}
            self.since[id_] = self.now

    def mute(self) -> None:
        self.muted = not self.muted
        self.since = dict.fromkeys(self.since, self.now)

    def acknowledge(self, choice: int) -> None:
        if id_ := self.one_that_fires(choice):
            self.acknowledged[id_] = Acknowledgement(alert_id=id_, author="anna", at=self.now)

    def one_that_fires(self, choice: int) -> str | None:
        open_ids = sorted(id_ for id_, kind in self.truth.items() if kind == "firing")
        return open_ids[choice % len(open_ids)] if open_ids else None

    def hush(self, id_: str) -> None:
        if id_ in self.suppressed and id_ not in self.ledger.told:
            self.unspoken.add(id_)

    def fire(self, alert: Alert, kind: str, *, suppressed: bool = False) -> None:
        self.number += 1
        self.alerts[alert.id] = alert
        self.truth[alert.id] = kind
        self.since[alert.id] = self.now
        if suppressed:
            self.suppressed.add(alert.id)
        if kind == "event":
            self.hush(alert.id)

    def resolve(self, choice: int) -> None:
        if id_ := self.one_that_fires(choice):
            self.hush(id_)
            self.alerts[id_] = resolved(self.alerts[id_], now=self.now)
            self.truth[id_], self.since[id_] = "resolved", self.now

    def deliver(self, count: int) -> None:
        for _ in range(count):
            self.attempt(succeeds=True)

    def attempt(self, succeeds: bool) -> None:
        """The group's oldest row goes first; a row that failed keeps its place."""
        if not self.outbox:
            return
        row = self.outbox[0]
        row.attempts += 1
        if not succeeds:
            return
        self.outbox.pop(0)
        for alert in row.message.alerts:
            status = "event" if alert.event_id else alert.status
            assert (self.belief.get(alert.id), status) != ("resolved", "firing"), (
                "a resolve came before its firing"
            )
            if alert.changed:
                assert (alert.id, status) not in self.heard, "the same news twice"
                self.heard.append((alert.id, status))
            self.belief[alert.id] = status

    def run_until(self, target: datetime) -> None:
        recheck = self.now
        while True:
            due = next_flush(list(self.alerts.values()), self.ledger, self.route, self.quiet)
            at = None if due is None or self.muted else max(due, self.now, recheck)
            if at is None or at > target:
                break
            self.now = at
            if not self.flush():
                recheck = self.now + MINUTE
        self.now = target
        decided = len(self.decided_at)
        self.flush()  # at any time: it decides by itself that nothing is due
        assert len(self.decided_at) == decided
        self.check_promptness()

    def flush(self) -> bool:
        replaced = [row for row in self.outbox if row.attempts == 0]
        carried: list[NotifiedAlert] = [alert for row in replaced for alert in row.message.alerts]
        quiet = not self.outbox
        decision = flush(
            list(self.alerts.values()),
            self.ledger,
            self.route,
            self.now,
            quiet=self.quiet,
            undelivered=carried,
            waiting=bool(self.outbox),
            send_resolved=self.send_resolved,
        )
        self.close()
        if decision is None:
            return False
        assert quiet or decision.reason is not NotifyReason.REPEAT, (
            "a repeat behind a message that still waits"
        )
        messages = split(decision, f"n{len(self.decided_at)}", self.now)
        self.outbox = [row for row in self.outbox if row not in replaced] + [
            Row(message) for message in messages
        ]
        if messages:
            self.check_message(decision)
            self.decided_at.append(self.now)
        self.ledger = decision.ledger
        self.close()
        return True

    def close(self) -> None:
        for id_, alert in list(self.alerts.items()):
            if fully_told(alert, [self.ledger], suppressed=id_ in self.suppressed):
                del self.alerts[id_]
                self.ledger = self.ledger.without([id_])

    def check_message(self, decision: Flush) -> None:
        if self.decided_at:
            assert self.now - self.decided_at[-1] >= self.route.group_interval, (
                "two messages in one interval"
            )
        shown = {
            alert.id: ("event" if alert.event_id else alert.status) for alert in decision.alerts
        }
        assert not self.muted, "a message while mute"
        assert self.unspoken.isdisjoint(shown), "told of what ended in silence"
        now_firing = {id_ for id_, kind in self.truth.items() if kind == "firing"}
        assert now_firing - self.suppressed <= shown.keys(), (
            "a message is the whole picture of what fires"
        )
        hidden = now_firing & self.suppressed
        if decision.reason is NotifyReason.REPEAT:
            assert hidden.isdisjoint(shown), "a silenced alert is repeated"
        else:
            assert hidden & shown.keys() == hidden & self.told.keys(), (
                "of what is silenced, a receiver sees what it knows"
            )
        assert all(self.truth[id_] == status for id_, status in shown.items()), (
            "a message tells the truth"
        )
        if decision.reason is NotifyReason.REPEAT:
            assert self.now - self.decided_at[-1] >= self.route.repeat_interval
            assert not any(alert.changed for alert in decision.alerts)
            for id_, said in self.acknowledged.items():
                spent = self.news_at is not None and said.at < self.news_at
                assert spent or id_ not in now_firing, "a repeat though it is acknowledged"
        else:
            self.news_at = self.now
            assert any(alert.changed for alert in decision.alerts)
        self.told.update(shown)

    def check_promptness(self) -> None:
        patience = self.route.group_wait + self.route.group_interval
        for id_, kind in self.truth.items():
            if id_ in self.unspoken:
                assert id_ not in self.told
            elif (
                not self.muted
                and id_ not in self.suppressed - self.told.keys()
                and self.now - self.since[id_] >= patience
            ):
                quiet = (
                    kind == "resolved" and not self.send_resolved and self.told.get(id_) == "firing"
                )
                assert self.told.get(id_) == kind or quiet, (
                    "untold for longer than wait and interval together"
                )


operations = st.one_of(
    st.tuples(st.just("fire"), st.just(0)),
    st.tuples(st.just("event"), st.just(0)),
    st.tuples(st.just("resolve"), st.integers(0, 5)),
    st.tuples(st.just("pass"), st.sampled_from([0, 1, 2, 5, 7, 30, 300])),
    st.tuples(st.just("fail"), st.just(0)),
    st.tuples(st.just("deliver"), st.integers(1, 3)),
)
quieting = st.one_of(
    operations,
    st.tuples(st.just("fire"), st.just(1)),
    st.tuples(st.just("event"), st.just(1)),
    st.tuples(st.just("toggle"), st.integers(0, 5)),
    st.tuples(st.just("mute"), st.just(0)),
    st.tuples(st.just("ack"), st.integers(0, 5)),
)


def play(world: World, steps: list[tuple[str, int]]) -> None:
    acts: dict[str, Callable[[int], None]] = {
        "fire": lambda quiet: world.fire(
            firing(world.number, now=world.now), "firing", suppressed=bool(quiet)
        ),
        "event": lambda quiet: world.fire(
            event(world.number, now=world.now), "event", suppressed=bool(quiet)
        ),
        "resolve": world.resolve,
        "fail": lambda _: world.attempt(succeeds=False),
        "deliver": world.deliver,
        "toggle": world.toggle,
        "mute": lambda _: world.mute(),
        "ack": world.acknowledge,
        "pass": lambda minutes: world.run_until(world.now + minutes * MINUTE),
    }
    for operation, amount in steps:
        acts[operation](amount)
        world.run_until(world.now)
    if world.muted:
        world.mute()
    world.run_until(world.now + 10 * MINUTE)
    while world.outbox:
        world.attempt(succeeds=True)


@given(
    steps=st.lists(operations, max_size=40) | st.lists(quieting, max_size=60),
    group_wait=st.sampled_from([0, 1, 3]),
    group_interval=st.sampled_from([0, 5]),
    send_resolved=st.booleans(),
)
def test_once_all_is_delivered_the_receiver_knows_the_truth(
    steps: list[tuple[str, int]], group_wait: int, group_interval: int, send_resolved: bool
) -> None:
    route = Route(
        receiver="ops", group_wait=group_wait * MINUTE, group_interval=group_interval * MINUTE
    )
    world = World(route, send_resolved)
    play(world, steps)
    untold = {
        id_
        for id_, kind in world.truth.items()
        if kind == "firing" and id_ in world.suppressed - world.told.keys()
    }
    expected = {
        id_: kind for id_, kind in world.truth.items() if id_ not in world.unspoken | untold
    }
    if (
        not send_resolved
    ):  # it may believe that something fires still, if it was told so; not that it never did
        assert world.belief.keys() == expected.keys()
        expected = {
            id_: "firing" if kind == "resolved" and (id_, "firing") in world.heard else kind
            for id_, kind in expected.items()
        }
    assert world.belief == expected
    still_firing = {id_ for id_, kind in world.truth.items() if kind == "firing"}
    assert world.alerts.keys() == still_firing
    assert world.ledger.told.keys() == still_firing - untold


def test_a_hundred_flaps_during_an_outage_become_two_messages() -> None:
    world = World(ROUTE, send_resolved=True)
    for _ in range(100):
        world.fire(firing(world.number, now=world.now), "firing")
        world.run_until(world.now + MINUTE)
        world.attempt(succeeds=False)
        world.resolve(0)
        world.run_until(world.now + 10 * MINUTE)
    assert len(world.outbox) == 2
    while world.outbox:
        world.attempt(succeeds=True)
    assert world.belief == world.truth
    assert all(alert.state is AlertState.FIRING for alert in world.alerts.values())
