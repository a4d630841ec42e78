"""Flushes over time, with an outbox that fails, against a model of who should know what."""

from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alert import Alert, AlertState
from monitor.domain.notification import Notification, NotifiedAlert, NotifyReason
from monitor.domain.routing import Flush, Ledger, Route, flush, fully_told, next_flush, split
from tests.clock import START
from tests.unit.domain.flushes import MINUTE, NEVER, ROUTE, a_ledger, event, firing, resolved


@dataclass
class Row:
    message: Notification
    attempts: int = 0


@dataclass
class World:
    """One group's alerts, the flusher's loop around `flush`, an outbox, and a receiver that believes what it is told."""

    route: Route
    send_resolved: bool
    now: datetime = START
    ledger: Ledger = field(default_factory=a_ledger)
    alerts: dict[str, Alert] = field(default_factory=dict)
    outbox: list[Row] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)  # id -> firing | resolved | event
    since: dict[str, datetime] = field(default_factory=dict)  # id -> when it last changed
    belief: dict[str, str] = field(default_factory=dict)
    heard: list[tuple[str, str]] = field(default_factory=list)  # what was told as new, in the order of delivery
    decided_at: list[datetime] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)  # id -> last status any message was decided with
    number: int = 0

    def fire(self, alert: Alert, kind: str) -> None:
        self.number += 1
        self.alerts[alert.id] = alert
        self.truth[alert.id] = kind
        self.since[alert.id] = self.now

    def resolve(self, choice: int) -> None:
        open_ids = sorted(id_ for id_, kind in self.truth.items() if kind == "firing")
        if open_ids:
            id_ = open_ids[choice % len(open_ids)]
            self.alerts[id_] = resolved(self.alerts[id_], now=self.now)
            self.truth[id_], self.since[id_] = "resolved", self.now

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
            assert (self.belief.get(alert.id), status) != ("resolved", "firing"), "a resolve came before its firing"
            if alert.changed:
                assert (alert.id, status) not in self.heard, "the same news twice"
                self.heard.append((alert.id, status))
            self.belief[alert.id] = status

    def run_until(self, target: datetime) -> None:
        recheck = self.now
        while True:
            due = next_flush(list(self.alerts.values()), self.ledger, self.route)
            at = None if due is None else max(due, self.now, recheck)
            if at is None or at > target:
                break
            self.now = at
            if not self.flush():
                recheck = self.now + MINUTE
        self.now = target
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
            undelivered=carried,
            waiting=bool(self.outbox),
            send_resolved=self.send_resolved,
        )
        if decision is None:
            assert self.outbox, "due and nothing decided, though nothing waits"
            return False
        assert quiet or decision.reason is not NotifyReason.REPEAT, "a repeat behind a message that still waits"
        messages = split(decision, f"n{len(self.decided_at)}", self.now)
        self.outbox = [row for row in self.outbox if row not in replaced] + [Row(message) for message in messages]
        if messages:
            self.check_message(decision)
            self.decided_at.append(self.now)
        self.ledger = decision.ledger
        for id_ in [id_ for id_, alert in self.alerts.items() if fully_told(alert, [self.ledger])]:
            del self.alerts[id_]
            self.ledger = self.ledger.without([id_])
        return True

    def check_message(self, decision: Flush) -> None:
        if self.decided_at:
            assert self.now - self.decided_at[-1] >= self.route.group_interval, "two messages in one interval"
        shown = {alert.id: ("event" if alert.event_id else alert.status) for alert in decision.alerts}
        now_firing = {id_ for id_, kind in self.truth.items() if kind == "firing"}
        assert now_firing <= shown.keys(), "a message is the whole picture of what fires"
        assert all(self.truth[id_] == status for id_, status in shown.items()), "a message tells the truth"
        if decision.reason is NotifyReason.REPEAT:
            assert self.now - self.decided_at[-1] >= self.route.repeat_interval
            assert not any(alert.changed for alert in decision.alerts)
        else:
            assert any(alert.changed for alert in decision.alerts)
        self.told.update(shown)

    def check_promptness(self) -> None:
        patience = self.route.group_wait + self.route.group_interval
        for id_, kind in self.truth.items():
            if self.now - self.since[id_] >= patience:
                quiet = kind == "resolved" and not self.send_resolved and self.told.get(id_) == "firing"
                assert self.told.get(id_) == kind or quiet, "untold for longer than wait and interval together"


operations = st.one_of(
    st.tuples(st.just("fire"), st.just(0)),
    st.tuples(st.just("event"), st.just(0)),
    st.tuples(st.just("resolve"), st.integers(0, 5)),
    st.tuples(st.just("pass"), st.sampled_from([0, 1, 2, 5, 7, 30, 300])),
    st.tuples(st.just("fail"), st.just(0)),
    st.tuples(st.just("deliver"), st.integers(1, 3)),
)


@given(
    steps=st.lists(operations, max_size=40),
    group_wait=st.sampled_from([0, 1, 3]),
    group_interval=st.sampled_from([0, 5]),
    send_resolved=st.booleans(),
)
def test_once_all_is_delivered_the_receiver_knows_the_truth(
    steps: list[tuple[str, int]], group_wait: int, group_interval: int, send_resolved: bool
) -> None:
    route = Route(receiver="ops", group_wait=group_wait * MINUTE, group_interval=group_interval * MINUTE)
    world = World(route, send_resolved)
    for operation, amount in steps:
        if operation == "fire":
            world.fire(firing(world.number, now=world.now), "firing")
        elif operation == "event":
            world.fire(event(world.number, now=world.now), "event")
        elif operation == "resolve":
            world.resolve(amount)
        elif operation == "fail":
            world.attempt(succeeds=False)
        elif operation == "deliver":
            for _ in range(amount):
                world.attempt(succeeds=True)
        world.run_until(world.now + (amount * MINUTE if operation == "pass" else NEVER))
    world.run_until(world.now + 10 * MINUTE)
    while world.outbox:
        world.attempt(succeeds=True)
    expected = dict(world.truth)
    if not send_resolved:  # it may believe that something fires still, if it was told so; not that it never did
        assert world.belief.keys() == expected.keys()
        expected = {
            id_: "firing" if kind == "resolved" and (id_, "firing") in world.heard else kind for id_, kind in expected.items()
        }
    assert world.belief == expected
    still_firing = {id_ for id_, kind in world.truth.items() if kind == "firing"}
    assert world.alerts.keys() == still_firing
    assert world.ledger.told.keys() == still_firing


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
