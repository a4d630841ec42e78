"""Signs of life for the service manager, and one line of status."""

from collections.abc import Callable

import structlog

from monitor.clock import Clock
from monitor.daemon.systemd import ServiceManager
from monitor.metrics import Metrics

STATUS_SECONDS = 5.0
"""How soon a change shows in `systemctl status`."""

PER_WATCHDOG_PERIOD = 3
"""Signs of life in each watchdog period; sd_watchdog_enabled(3) asks for two at least."""

log = structlog.get_logger()


class Supervision:
    """Tells the manager both. It is a task like any other: when the event loop hangs, the signs of
    life stop."""

    def __init__(
        self,
        manager: ServiceManager,
        headline: Callable[[], str],
        *,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._manager = manager
        self._headline = headline
        self._clock = clock
        self._metrics = metrics
        self._said = ""

    async def run(self) -> None:
        """Tell it regularly, until cancelled."""
        watchdog = self._manager.watchdog_seconds
        pause = (
            STATUS_SECONDS
            if watchdog is None
            else min(STATUS_SECONDS, watchdog / PER_WATCHDOG_PERIOD)
        )
        while True:
            self._manager.alive()
            try:
                self.say()
            except Exception:
                self._metrics.loop_failures.labels("supervision").inc()
                log.exception("status_not_said")
            await self._clock.sleep(pause)

    def say(self) -> None:
        """Send the status, unless it is the one sent last."""
        text = self._headline()
        if text != self._said:
            self._manager.status(text)
            self._said = text
