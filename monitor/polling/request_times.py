"""Which of two readings of a campaign was requested later."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from monitor.clock import Clock
from monitor.domain.campaign.snapshot import Campaign


class RequestTimes:
    """When the committed readings of an account's campaigns were requested, on the monotonic
    clock.

    A reading can only be older than a committed one if it was under way at that commit. So times
    are kept while such readings last, and a feed that is read alone pays nothing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._under_way: list[float] = []
        self._committed: dict[int, float] = {}

    @contextmanager
    def reading(self) -> Iterator[float]:
        """One poll of a feed, from before its first request until its commit. Gives the time at
        which it begins."""
        began = self._clock.monotonic()
        self._under_way.append(began)
        try:
            yield began
        finally:
            self._under_way.remove(began)
            oldest = min(self._under_way, default=None)
            self._committed = (
                {}
                if oldest is None
                else {id_: at for id_, at in self._committed.items() if at > oldest}
            )

    @property
    def matter(self) -> bool:
        """Whether a reading under way may be older than one that is committed now."""
        return len(self._under_way) > 1

    def committed(
        self, campaigns: Sequence[Campaign], requested_at: Sequence[float], *, but: Collection[int]
    ) -> None:
        """Note that these readings are committed, without those of the campaigns in `but`."""
        known = self._committed
        for campaign, at in zip(campaigns, requested_at, strict=True):
            if at > known.get(campaign.id, at - 1) and campaign.id not in but:
                known[campaign.id] = at

    def latest(
        self, campaigns: Sequence[Campaign], requested_at: Sequence[float]
    ) -> Sequence[Campaign]:
        """These readings without those requested before a committed one of the same campaign."""
        known = self._committed
        if not known or not requested_at:
            return campaigns
        return [
            campaign
            for campaign, at in zip(campaigns, requested_at, strict=True)
            if at >= known.get(campaign.id, at)
        ]

    def unread_since(self, began: float, ids: Collection[int]) -> Collection[int]:
        """Those of these campaigns of which no reading is committed that was requested later."""
        known = self._committed
        return [id_ for id_ in ids if known.get(id_, began) <= began]
