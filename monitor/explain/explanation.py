"""What an explanation consists of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.domain.alerting.alert import Acknowledgement, Alert
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.condition import ConditionPart, Lack
from monitor.domain.routing.flush import Told
from monitor.domain.routing.silence import Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a rule is asked about. `subject` is as in `AlertKey`, `name` what people call it."""

    scope: Scope
    account: str
    subject: str
    name: str
    message_type: str | None = None
    campaign: Campaign | None = None


class Standing(StrEnum):
    """How the rule stands to what it is asked about."""

    FIRING = "firing"
    ENDING = "ending"  # fires, and its condition does not hold any more
    PENDING = "pending"  # holds, and `for` is not over
    LAPSING = "lapsing"  # was pending, and its condition does not hold any more
    DUE = "due"  # holds, and no reading has found so yet
    INACTIVE = "inactive"
    UNASKED = "unasked"  # the rule is not asked about it at all
    EVENT = "event"  # an event rule: it is told once, and stands in no way


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSeen:
    """One event of a kind that the rule is about. `told`: it made an alert; `part` is the rule's
    condition at it, as far as is known now; None where it has none, or what it was about is not
    followed any more."""

    event: CampaignEvent
    told: bool
    part: ConditionPart | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One receiver that hears of it. `muted` says why not now; `told` what it was told of this
    alert, `told_at` when the last message about the alert's group was decided."""

    receiver: str
    path: str
    group_labels: Mapping[str, str]
    muted: str | None
    told: Told | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who is told, and what keeps them from it: `silences` that hold it back now or will,
    `inhibited_by` the alert that hides it. No `destinations`: there are no receivers."""

    acknowledged: Acknowledgement | None = None
    silences: tuple[Silence, ...] = ()
    inhibited_by: Alert | None = None
    destinations: tuple[Destination, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One rule and what it is asked about, as of `now`.

    `rule` is None where an alert is left of a rule that is not in the file any more. `as_of` is
    when what is known of it was read. `obstacles` are why the rule is not asked, or what is
    known may be out of date, in words. `condition` is None where there is nothing to
    ask it about. `lack` is what is missing for it to hold, `holds_from` when it will if nothing
    but time changes. `alert` is the one that is pending or fires, else the one that was asked
    for or ended last. `changes_at` is when `for` or `keep_firing_for` will be over.
    """

    rule: Rule | None
    rule_name: str
    about: About
    now: datetime
    standing: Standing
    as_of: datetime | None = None
    obstacles: tuple[str, ...] = ()
    condition: ConditionPart | None = None
    lack: Lack | None = None
    holds_from: datetime | None = None
    alert: Alert | None = None
    changes_at: datetime | None = None
    events: tuple[EventSeen, ...] = ()
    telling: Telling
