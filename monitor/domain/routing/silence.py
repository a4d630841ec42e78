"""Silences: alerts that are not told for a while, or until they are over."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.routing.matcher import Matcher, all_match


class SilenceState(StrEnum):
    """What a silence does at a moment."""

    PENDING = "pending"  # begins later
    ACTIVE = "active"
    EXPIRED = "expired"


class Silence(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Alerts for which all `matchers` hold are not told from `starts_at` until the silence ends.

    It ends at `ends_at`. With `until_resolved` it also ends once no alert that it matches fires any
    more, after one did: `matched_at` is when the monitor first saw one. `ended_at` is set if it
    ended early: a person ended it (`ended_by`), or all was over (null).
    """

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime | None = None
    until_resolved: bool = False
    author: str
    comment: str = ""
    created_at: datetime
    matched_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def end(self) -> datetime | None:
        """When it ended or will, as far as is known."""
        return self.ended_at if self.ended_at is not None else self.ends_at

    def state(self, at: datetime) -> SilenceState:
        end = self.end
        if end is not None and end <= at:
            return SilenceState.EXPIRED
        return SilenceState.PENDING if at < self.starts_at else SilenceState.ACTIVE

    def in_force(self, at: datetime) -> bool:
        end = self.end
        return self.starts_at <= at and (end is None or at < end)

    def silences(self, alert: Alert, now: datetime) -> bool:
        """Whether it suppresses the alert: it matches it and is in force or, for an alert that has
        ended, was in force at that time.

        So an alert that ended in a silence is never told, and one that ended before is told,
        however late.
        """
        return all_match(self.matchers, alert.labels) and self.in_force(alert.resolved_at or now)


def fires(alert: Alert) -> bool:
    """Whether it is firing now; an event is over as soon as it has happened."""
    return alert.state is AlertState.FIRING and not alert.is_event


def silencing(alert: Alert, silences: Iterable[Silence], now: datetime) -> list[str]:
    """The ids of those of these silences that suppress an alert that fires."""
    return [each.id for each in silences if fires(alert) and each.silences(alert, now)]
