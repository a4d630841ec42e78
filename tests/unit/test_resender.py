"""Who is told again, what, and when."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import structlog

from monitor import __version__
from monitor.dispatcher.resender import RETRY_SECONDS, Resender
from monitor.domain.alerting.alert import Alert, AlertKey, AlertState, advance, begin, happened
from monitor.domain.alerting.notification import Notification, NotifiedAlert
from monitor.domain.routing.flush import GroupId, Ledger, Told
from monitor.errors import DeliveryError, DeliveryFault
from monitor.metrics import Metrics
from monitor.ports import CycleCommit, FlushCommit, Notifier, Snapshot
from monitor.state import State
from tests.clock import START, FakeClock

ZERO = timedelta(0)


class Plain:
    """A receiver that remembers."""

    integration = "plain"
    min_interval = 0.0

    async def send(self, notification: Notification) -> None: ...

    async def close(self) -> None: ...


class Forgetful(Plain):
    """One that has to be told every 60 seconds. `failure` is raised while it is there."""

    resend_interval = 60.0

    def __init__(self) -> None:
        self.told: list[list[str]] = []
        self.alerts: Sequence[NotifiedAlert] = ()
        self.failure: Exception | None = None
        self.hang: asyncio.Event | None = None

    async def resend(self, alerts: Sequence[NotifiedAlert]) -> None:
        if self.hang is not None:
            await self.hang.wait()
        if self.failure is not None:
            raise self.failure
        self.told.append([alert.id for alert in alerts])
        self.alerts = alerts


def fired(subject: str) -> Alert:
    pending = begin(
        AlertKey("Spam", "default", subject), labels={"alertname": "Spam", "n": subject}, now=START
    )
    alert = advance(pending, active=True, now=START, hold=ZERO, keep_firing=ZERO)
    assert alert is not None
    return alert


def ended(alert: Alert) -> Alert:
    over = advance(
        alert, active=False, now=START + timedelta(minutes=1), hold=ZERO, keep_firing=ZERO
    )
    assert over is not None
    return over


def ledger(receiver: str, told: dict[str, Told] | None = None, key: str = "g") -> Ledger:
    return Ledger(group=GroupId(receiver, key), labels={}, told=told or {}, flushed_at=START)


class Desk:
    """A resender over a state, with one receiver that forgets and one that does not."""

    def __init__(self, *alerts: Alert, ledgers: Sequence[Ledger]) -> None:
        self.clock = FakeClock()
        self.state = State(Snapshot(alerts=alerts, ledgers=ledgers), polled=())
        self.forgetful = Forgetful()
        notifiers: dict[str, Notifier] = {"am": self.forgetful, "ops": Plain()}
        self.metrics = Metrics(__version__)
        self.resender = Resender(self.state, notifiers, clock=self.clock, metrics=self.metrics)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.resender.run())
            await self.clock.settle()
            yield
            task.cancel()

    async def firing(self) -> list[str]:
        return [alert.id for alert in await self.resender.firing("am")]


ONE, TWO = fired("1"), fired("2")


async def test_what_the_receiver_was_told_fires_is_told_at_once_and_every_interval() -> None:
    desk = Desk(ONE, TWO, ledgers=[ledger("am", {ONE.id: Told.FIRING})])
    async with desk.running():
        assert desk.forgetful.told == [[ONE.id]]
        await desk.clock.advance(59)
        assert len(desk.forgetful.told) == 1
        await desk.clock.advance(61)
        assert len(desk.forgetful.told) == 3
    (alert,) = desk.forgetful.alerts
    assert (alert.status, alert.starts_at, alert.changed) == ("firing", START, False)


async def test_what_others_were_told_and_what_no_one_was_told_is_left_alone() -> None:
    pending = begin(AlertKey("Spam", "default", "3"), labels={}, now=START)
    event = happened(
        AlertKey("Stopped", "default", "4"),
        "e",
        labels={},
        annotations={},
        now=START,
        campaign=None,
    )
    told = {ONE.id: Told.RESOLVED, event.id: Told.EVENT}
    desk = Desk(
        ONE, TWO, pending, event, ledgers=[ledger("ops", {TWO.id: Told.FIRING}), ledger("am", told)]
    )
    assert await desk.firing() == []


async def test_several_groups_of_a_receiver_are_one_list() -> None:
    desk = Desk(
        ONE,
        TWO,
        ledgers=[ledger("am", {ONE.id: Told.FIRING}), ledger("am", {TWO.id: Told.FIRING}, key="h")],
    )
    assert sorted(await desk.firing()) == sorted([ONE.id, TWO.id])


async def test_what_has_ended_fires_for_the_receiver_until_it_is_told_of_the_end() -> None:
    desk = Desk(ONE, ledgers=[ledger("am", {ONE.id: Told.FIRING})])
    over = ended(ONE)
    desk.state.apply_cycle(CycleCommit(account="default", alerts=[over]))
    (alert,) = await desk.resender.firing("am")
    assert (alert.status, alert.ends_at, alert.resolve_reason) == ("firing", None, None)
    desk.state.apply_flush(FlushCommit(ledgers=[ledger("am", {ONE.id: Told.RESOLVED})]))
    assert await desk.firing() == []


async def test_many_alerts_leave_the_event_loop_its_turn() -> None:
    many = [
        msgspec.structs.replace(
            ONE, id=f"x{n}", key=AlertKey("Spam", "default", f"x{n}"), state=AlertState.FIRING
        )
        for n in range(5000)
    ]
    desk = Desk(*many, ledgers=[ledger("am", {alert.id: Told.FIRING for alert in many})])
    assert len(await desk.firing()) == 5000
    assert desk.clock.slept == [0, 0]


async def test_a_failure_is_tried_again_sooner_and_logged_once() -> None:
    desk = Desk(ONE, ledgers=[ledger("am", {ONE.id: Told.FIRING})])
    desk.forgetful.failure = DeliveryError(
        "HTTP 503", reason=DeliveryFault.UNAVAILABLE, retryable=True
    )
    with structlog.testing.capture_logs() as logs:
        async with desk.running():
            await desk.clock.advance(RETRY_SECONDS)
            desk.forgetful.failure = None
            await desk.clock.advance(RETRY_SECONDS)
            assert desk.forgetful.told == [[ONE.id]]
    assert [each["event"] for each in logs] == ["resend_failed", "resend_recovered"]


async def test_a_bug_does_not_end_the_loop() -> None:
    desk = Desk(ONE, ledgers=[ledger("am", {ONE.id: Told.FIRING})])
    desk.forgetful.failure = ZeroDivisionError()
    async with desk.running():
        desk.forgetful.failure = None
        await desk.clock.advance(RETRY_SECONDS)
        assert desk.forgetful.told == [[ONE.id]]
    assert desk.metrics.loop_failures.labels("resender")._value.get() == 1


async def test_a_receiver_that_hangs_delays_no_other() -> None:
    desk = Desk(
        ONE, ledgers=[ledger("am", {ONE.id: Told.FIRING}), ledger("slow", {ONE.id: Told.FIRING})]
    )
    slow = Forgetful()
    slow.hang = asyncio.Event()
    notifiers: dict[str, Notifier] = {"slow": slow, "am": desk.forgetful}
    desk.resender = Resender(desk.state, notifiers, clock=desk.clock, metrics=desk.metrics)
    async with desk.running():
        await desk.clock.advance(120)
        assert (len(desk.forgetful.told), len(slow.told)) == (3, 0)


async def test_where_no_receiver_forgets_nothing_is_done() -> None:
    desk = Desk(ONE, ledgers=[ledger("ops", {ONE.id: Told.FIRING})])
    desk.resender.use({"ops": Plain()})
    async with desk.running():
        await desk.clock.advance(120)
        assert desk.clock.sleeping == 0


async def test_other_receivers_are_told_at_once_and_those_that_stay_go_on() -> None:
    desk = Desk(
        ONE, ledgers=[ledger("am", {ONE.id: Told.FIRING}), ledger("new", {ONE.id: Told.FIRING})]
    )
    new = Forgetful()
    async with desk.running():
        await desk.clock.advance(30)
        desk.resender.use({"am": desk.forgetful, "new": new})
        await desk.clock.settle()
        assert (len(desk.forgetful.told), len(new.told)) == (1, 1)
        await desk.clock.advance(31)
        assert (len(desk.forgetful.told), len(new.told)) == (2, 1)
        desk.resender.use({"new": new})
        await desk.clock.advance(120)
        assert (len(desk.forgetful.told), len(new.told)) == (2, 3)


async def test_a_receiver_that_is_told_in_another_way_starts_afresh() -> None:
    desk = Desk(ONE, ledgers=[ledger("am", {ONE.id: Told.FIRING})])
    desk.forgetful.hang = asyncio.Event()
    other = Forgetful()
    async with desk.running():
        desk.resender.use({"am": other})
        await desk.clock.settle()
        assert (len(desk.forgetful.told), len(other.told)) == (0, 1)
