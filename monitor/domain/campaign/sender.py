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
from monitor.domain.campaign.unreadable import never_read, unknown_now, unknown_within

MOST_UNREADABLE = 0.1
"""The share of a sender's messages above which its rules are not asked: the messages of campaigns
whose `sent` or `delivered` cannot be read."""
_DELIVERY = frozenset({"sent", "delivered"})
_FALLBACK = frozenset({"fallback_sent", "fallback_delivered"})

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
    """`settled_sent` of a campaign; 0 if it is null or unknown, or if `delivered` is not known."""
    if row.campaign.delivered is None or (row.unreadable and _cannot_judge(row, now, settle)):
        return 0
    return settled_sent(row, now, settle) or 0


def _cannot_judge(row: TrackedCampaign, now: float, settle: Settle) -> bool:
    lately = unknown_within(row.unreadable, now, settle.seconds(row.campaign.message_type))
    return "sent" in lately or unknown_now(row, _DELIVERY)


@dataclass(slots=True)
class Counters:
    """Sums of counters. One that the provider does not give counts as 0, one that cannot be read
    as it last could."""

    sent: int = 0
    delivered: int = 0
    fallback_sent: int = 0
    fallback_delivered: int = 0

    def count(self, campaign: Campaign) -> None:
        """Add a campaign's."""
        self.sent += campaign.sent or 0
        self.delivered += campaign.delivered or 0
        self.fallback_sent += campaign.fallback_sent or 0
        self.fallback_delivered += campaign.fallback_delivered or 0


@dataclass(slots=True)
class Sums(Counters):
    """Sums over some campaigns. `settled_*` follow `SenderWindow.settle`. They leave out campaigns
    for which the provider does not give `delivered`.

    - `judged`: settled ratio, settled messages and snapshot of each campaign that has any.
    - `unreadable`: the sums of the campaigns whose `sent` or `delivered` cannot be read now;
      `never_sent` counts those whose `sent` never could be.
    - `unreadable_fallback`: the same of the fallback's counters.

    Ratios leave out the unreadable ones, above and below, and so do `settled_*`.
    """

    campaigns: int = 0
    judged: list[tuple[float, int, Campaign]] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    settled_sent: int = 0
    settled_delivered: int = 0
    unreadable: Counters = field(default_factory=Counters)
    unreadable_fallback: Counters = field(default_factory=Counters)
    never_sent: int = 0

    @property
    def unreadable_share(self) -> float:
        """The share of the messages that belongs to campaigns whose `sent` or `delivered` cannot be
        read. A campaign whose `sent` never could be counts as large as the others on average."""
        known = self.campaigns - self.never_sent
        if not known:
            return 1.0 if self.never_sent else 0.0
        never = self.never_sent * self.sent / known
        return (self.unreadable.sent + never) / (self.sent + never) if self.sent else 0.0

    def add(self, row: TrackedCampaign, now: float, settle: Settle) -> None:
        campaign = row.campaign
        self.campaigns += 1
        self.statuses[campaign.status] += 1
        self.count(campaign)
        if row.unreadable:
            self._leave_out(row)
        settled = judged_sent(row, now, settle)
        if settled > 0:
            arrived = min(settled, campaign.delivered or 0)
            self.settled_sent += settled
            self.settled_delivered += arrived
            self.judged.append((arrived / settled, settled, campaign))

    def _leave_out(self, row: TrackedCampaign) -> None:
        if unknown_now(row, _DELIVERY):
            self.unreadable.count(row.campaign)
            self.never_sent += never_read(row, "sent")
        if unknown_now(row, _FALLBACK):
            self.unreadable_fallback.count(row.campaign)


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
    def unreadable(self) -> bool:
        """Whether too little of its messages can be read to ask a rule about it."""
        return self.sums.unreadable_share > MOST_UNREADABLE

    @property
    def delivery_ratio(self) -> float | None:
        """`delivered / sent`; null when nothing was sent."""
        sums, out = self.sums, self.sums.unreadable
        return _ratio(sums.delivered - out.delivered, sums.sent - out.sent)

    @property
    def fallback_ratio(self) -> float | None:
        """The same of the SMS fallback."""
        sums, out = self.sums, self.sums.unreadable_fallback
        return _ratio(
            sums.fallback_delivered - out.fallback_delivered,
            sums.fallback_sent - out.fallback_sent,
        )

    @property
    def reach(self) -> float | None:
        """`(delivered + fallback_delivered) / sent`; null when nothing was sent."""
        sums, out = self.sums, self.sums.unreadable
        return _ratio(
            sums.delivered + sums.fallback_delivered - out.delivered - out.fallback_delivered,
            sums.sent - out.sent,
        )

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


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


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
        """Campaigns, each given once. One whose sender was never readable is in no sum."""
        now = self._instant
        for row in rows:
            if row.unreadable and never_read(row, "sender"):
                continue
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
