"""Repeats firing alerts to receivers that forget them (Alertmanager). It does not use the outbox:
nothing of it is news."""

import asyncio
from collections.abc import Mapping

import msgspec
import structlog

from monitor.clock import Clock
from monitor.domain.alerting.notification import NotifiedAlert
from monitor.domain.routing.flush import Told, notified
from monitor.errors import DeliveryError
from monitor.metrics import Metrics
from monitor.ports import Notifier, Resending
from monitor.state import State

RETRY_SECONDS = 15.0
"""The wait after a failure. It is short, so that nothing expires at a receiver that is back."""
TURN_EVERY = 2000
"""Alerts looked at before the event loop gets its turn."""

log = structlog.get_logger()


class Resender:
    """Runs a loop for each receiver that needs resending, so that none waits for another."""

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
        """Switch to these receivers. Those with the same notifier are not affected."""
        self._notifiers = {
            name: notifier
            for name, notifier in notifiers.items()
            if isinstance(notifier, Resending)
        }
        self._changed.set()

    async def run(self) -> None:
        """Run until cancelled. Each receiver's first round is at once."""
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
        """The alerts that the receiver knows to fire, with their current texts.

        Includes alerts that have ended but whose end is not told yet (its group's interval is not
        over, or a mute is in force): only notifications change what the receiver knows.
        """
        told: set[str] = set()
        for ledger in list(self._state.ledgers.values()):
            if ledger.group.receiver == receiver:
                told.update(
                    alert_id for alert_id, state in ledger.told.items() if state == Told.FIRING
                )
        found: list[NotifiedAlert] = []
        # a copy: the alerts may change between two turns of the event loop
        alerts = [*self._state.active.values(), *self._state.ended.values()]
        for number, alert in enumerate(alerts, 1):
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
