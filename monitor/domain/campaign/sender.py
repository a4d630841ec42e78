"""What rules of scope `sender` see: the campaigns of one sender and message type that started
within a window."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from monitor.domain.campaign.baseline import began
from monitor.domain.campaign.figures import (
    DEFAULT_SETTLE,
    Settle,
    settled_sent,
    wilson_lower,
    wilson_upper,
)
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign

DEFAULT_OVER_SECONDS = 24 * 3600.0
WORST_SHOWN = 3
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class SenderWindow:
    """What a sender rule sums up: campaigns that started at most `over` seconds ago, judged by
    `settle`."""

    over: float = DEFAULT_OVER_SECONDS
    settle: Settle = DEFAULT_SETTLE


def judged_sent(row: TrackedCampaign, now: float, settle: Settle) -> int:
    """`settled_sent` of a campaign; 0 if it is null, or if `delivered` is not known."""
    return 0 if row.campaign.delivered is None else settled_sent(row, now, settle) or 0


@dataclass(slots=True)
class Sums:
    """Sums over some campaigns. A counter that the provider does not give counts as 0;
    `settled_*` follow `SenderWindow.settle`. They leave out campaigns for which it does not give
    `delivered`.

    `judged`: settled ratio, settled messages and snapshot of each campaign that has any.
    """

    campaigns: int = 0
    judged: list[tuple[float, int, Campaign]] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    delivered: int = 0
    fallback_sent: int = 0
    fallback_delivered: int = 0
    settled_sent: int = 0
    settled_delivered: int = 0

    def add(self, row: TrackedCampaign, now: float, settle: Settle) -> None:
        campaign = row.campaign
        delivered = campaign.delivered or 0
        self.campaigns += 1
        self.statuses[campaign.status] += 1
        self.sent += campaign.sent or 0
        self.delivered += delivered
        self.fallback_sent += campaign.fallback_sent or 0
        self.fallback_delivered += campaign.fallback_delivered or 0
        settled = judged_sent(row, now, settle)
        if settled > 0:
            arrived = min(settled, delivered)
            self.settled_sent += settled
            self.settled_delivered += arrived
            self.judged.append((arrived / settled, settled, campaign))


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderView:
    """One sender of one message type at one moment, over one window."""

    account: str
    sender: str
    message_type: str
    window: SenderWindow
    sums: Sums
    now: datetime

    @property
    def delivery_ratio_upper(self) -> float | None:
        """Wilson's upper bound of the settled ratio; null when nothing is settled."""
        sums = self.sums
        return (
            wilson_upper(max(0, sums.settled_delivered), sums.settled_sent)
            if sums.settled_sent > 0
            else None
        )

    @property
    def delivery_ratio_lower(self) -> float | None:
        """Wilson's lower bound of the settled ratio; null when nothing is settled."""
        sums = self.sums
        return (
            wilson_lower(max(0, sums.settled_delivered), sums.settled_sent)
            if sums.settled_sent > 0
            else None
        )

    @property
    def worst_campaigns(self) -> str:
        """Up to three campaigns with the lowest settled ratio, the lowest first, and of how many
        settled messages: `Spring sale (61 % of 12,000), Win-back 3 (70 % of 450)`. Long names
        are cut."""
        worst = sorted(self.sums.judged, key=lambda found: (found[0], -found[1], found[2].id))[
            :WORST_SHOWN
        ]
        return ", ".join(
            f"{_called(campaign)} ({ratio * 100:.0f} % of {sent:,})"
            for ratio, sent, campaign in worst
        )

    @property
    def median_ratio(self) -> float | None:
        """The settled ratio of the campaign in the middle; null when none can be judged."""
        ratios = [ratio for ratio, _, _ in self.sums.judged]
        return median(ratios) if ratios else None


def _called(campaign: Campaign) -> str:
    """Its name, or its number where it has none."""
    name = campaign.name.strip()
    return (
        name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"
    ) or f"campaign {campaign.id}"


class SenderTally:
    """Gathers the campaigns of one account and message type for the sender rules, chunk by
    chunk."""

    def __init__(self, account: str, windows: Iterable[SenderWindow], now: datetime) -> None:
        self._account = account
        self._now = now
        self._instant = now.timestamp()
        self._sums: dict[SenderWindow, dict[tuple[str, str], Sums]] = {
            window: {} for window in windows
        }

    def add(self, rows: Iterable[TrackedCampaign]) -> None:
        """Campaigns, each given once."""
        now = self._instant
        for row in rows:
            campaign = row.campaign
            start = began(campaign)
            for window, senders in self._sums.items():
                if now - start <= window.over:
                    key = (campaign.message_type, campaign.sender)
                    sums = senders.get(key)
                    if sums is None:
                        sums = senders[key] = Sums()
                    sums.add(row, now, window.settle)

    def views(self) -> Mapping[SenderWindow, Sequence[SenderView]]:
        """The senders of each window, ordered by message type and name."""
        return {
            window: [
                SenderView(
                    account=self._account,
                    sender=sender,
                    message_type=message_type,
                    window=window,
                    sums=senders[message_type, sender],
                    now=self._now,
                )
                for message_type, sender in sorted(senders)
            ]
            for window, senders in self._sums.items()
        }
