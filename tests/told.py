"""What cycles hand on to be told."""

from collections.abc import Sequence

from monitor.domain.alerting.alert import Alert
from monitor.domain.campaign.feed import Feed


class Told(list[Alert]):
    """The alerts that cycles hand on. As in the flusher, what the pages of a sweep find waits for
    its end, and only the newest state of an alert is told."""

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[str, Alert] = {}

    def tell(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            self._held.pop(alert.id, None)
        self.extend(alerts)

    def hold(self, _: Feed, alerts: Sequence[Alert]) -> None:
        self._held.update((alert.id, alert) for alert in alerts)

    def release(self, _: Feed) -> None:
        self.extend(self._held.values())
        self._held.clear()
