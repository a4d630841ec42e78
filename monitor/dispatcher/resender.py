"""Tells receivers that forget, again and again, what they were told fires. Past the outbox:
nothing of it is news."""

import asyncio
from collections.abc import Iterator, Mapping

import msgspec
import structlog

from monitor.clock import Clock
from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.notification import NotifiedAlert
from monitor.domain.routing.flush import Told, notified
from monitor.errors import DeliveryError
from monitor.metrics import Metrics
from monitor.ports import Notifier, Resending
from monitor.state import State

RETRY_SECONDS = 15.0
"""After a failure the next attempt comes sooner, so that nothing lapses while the receiver is
back already."""
TURN_EVERY = 2000
"""Alerts looked at before the event loop gets its turn."""

log = structlog.get_logger()


class Resender:
    """A loop for each receiver that asks for one, so that none waits for another. The others are
    none of its business."""

    def __init__(
        self, state: State, notifiers: Mapping[str, Notifier], *, clock: Clock, metrics: Metrics
    ) -> None:
        self._state = state
        self._clock = clock
        self._metrics = metrics
        self._changed = asyncio.Event()
        self._notifiers: dict[str, Resending] = {}
        self.use(notifiers)

    def use(self, notifiers: Mapping[str, Notifier]) -> None:
        """Tell these from now on; who is told in the same way as before does not notice."""
        self._notifiers = {
            name: notifier
            for name, notifier in notifiers.items()
            if isinstance(notifier, Resending)
        }
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled. A receiver's first round is at once: the last may be long ago."""
        loops: dict[str, tuple[Resending, asyncio.Task[None]]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                for receiver, (notifier, task) in list(loops.items()):
                    if self._notifiers.get(receiver) is not notifier:
                        task.cancel()
                        del loops[receiver]
                for receiver, notifier in self._notifiers.items():
                    if receiver not in loops:
                        loops[receiver] = (
                            notifier,
                            group.create_task(self._keep_told(receiver, notifier)),
                        )
                await self._changed.wait()

    async def firing(self, receiver: str) -> list[NotifiedAlert]:
        """What the receiver was told fires and not yet told that it ended, as it is now.

        What has ended but is not to be told yet (its group's interval is not over, a mute holds
        it back) is among these: the receiver's picture is changed by notifications only.
        """
        told: set[str] = set()
        for ledger in list(self._state.ledgers.values()):
            if ledger.group.receiver == receiver:
                told.update(
                    alert_id for alert_id, state in ledger.told.items() if state == Told.FIRING
                )
        found: list[NotifiedAlert] = []
        for number, alert in enumerate(self._alerts(), 1):
            if alert.id in told and not alert.is_event:
                known = notified(alert, changed=False)
                found.append(
                    msgspec.structs.replace(
                        known, status="firing", ends_at=None, resolve_reason=None
                    )
                )
            if number % TURN_EVERY == 0:
                await self._clock.sleep(0)
        return found

    def _alerts(self) -> Iterator[Alert]:
        """As of now, whatever changes while they are gone through."""
        return iter([*self._state.active.values(), *self._state.ended.values()])

    async def _keep_told(self, receiver: str, notifier: Resending) -> None:
        failing = False
        while True:
            begun = self._clock.monotonic()
            wait = notifier.resend_interval
            try:
                await notifier.resend(await self.firing(receiver))
            except DeliveryError as error:
                wait = RETRY_SECONDS
                if not failing:
                    log.warning("resend_failed", receiver=receiver, error=str(error))
                failing = True
            except Exception:
                wait = RETRY_SECONDS
                log.exception("resender_failed", receiver=receiver)
                self._metrics.loop_failures.labels("resender").inc()
            else:
                if failing:
                    log.info("resend_recovered", receiver=receiver)
                failing = False
            await self._clock.sleep(max(1.0, wait - (self._clock.monotonic() - begun)))
