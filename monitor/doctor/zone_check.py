"""Are the provider's times read in the right zone? They name none, so a wrong setting shifts all of
them by hours."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from monitor.doctor.finding import Finding, ok, problem, warning
from monitor.domain.campaign.account import account_setting
from monitor.domain.campaign.event import CampaignEvent, EventKind
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.safetext.shown_text import counted
from monitor.domain.times.duration import humanize_duration
from monitor.domain.times.zones import (
    FURTHEST_APART,
    at_least_further_east,
    at_most_further_west,
)
from monitor.polling.cycle import CLOCK_TOLERANCE
from monitor.settings import AccountSettings

SMALLEST_SHIFT = timedelta(minutes=30)
"""Zones differ by a quarter of an hour at least, and zones that people confuse by more than
this."""

LEAST_EVIDENCE = 3
"""How many campaigns must agree: one may have been created while the monitor was down."""

QUIET = timedelta(days=7)


def examine_zone(
    subject: str,
    account: AccountSettings,
    recent: Sequence[Campaign],
    events: Sequence[CampaignEvent],
    *,
    now: datetime,
    poll_interval: timedelta,
) -> list[Finding]:
    """Check the zone. `recent` are campaigns of the last day, `now` is by the provider's clock.

    With a zone too far west campaigns are created in the future. With one too far east every
    campaign is hours old when it is first seen, although the last poll was only `poll_interval`
    ago: `events` show that.
    """
    zone = f"{account.timezone.key} ({account_setting(account.name, 'API_TIMEZONE')})"
    advice = "set it to the zone of the times on BSG's own page"
    soonest, latest = (now + CLOCK_TOLERANCE).timestamp(), now.timestamp() + FURTHEST_APART
    ahead = [each.created_at for each in recent if soonest < each.created_at <= latest]
    if ahead:
        furthest = max(ahead) - now.timestamp()
        by, shift = humanize_duration(furthest), humanize_duration(at_least_further_east(furthest))
        message = (
            f"{counted(len(ahead), 'campaign')} created in the future, by up to {by}: the zone "
            f"{zone} is wrong"
        )
        return [problem(subject, message, f"{advice}, at least {shift} further east")]
    ages = [
        event.at - event.campaign.created_at for event in events if event.kind is EventKind.APPEARED
    ]
    if (
        len(ages) >= LEAST_EVIDENCE
        and min(ages) > (SMALLEST_SHIFT + 2 * poll_interval).total_seconds()
    ):
        by, shift = humanize_duration(min(ages)), humanize_duration(at_most_further_west(min(ages)))
        message = (
            f"the last {counted(len(ages), 'campaign')} were all at least {by} old when they were "
            f"first seen: the zone {zone} is"
            " probably wrong by that much"
        )
        return [warning(subject, message, f"{advice}, at most {shift} further west")]
    newest = max(
        (
            each.created_at
            for each in (*recent, *(event.campaign for event in events))
            if each.created_at <= latest
        ),
        default=None,
    )
    if newest is None:
        return [
            ok(
                subject,
                f"no campaign was created within the last day; the zone {zone} could not be "
                "compared with any",
            )
        ]
    age = now - datetime.fromtimestamp(newest, UTC)
    message = (
        f"read in the zone {zone}, the newest campaign was created {humanize_duration(age)} ago"
    )
    if age > QUIET:
        return [
            warning(
                subject,
                message,
                "is it the right account, and does BSG_MESSAGE_TYPES name its kinds of campaigns?",
            )
        ]
    return [ok(subject, message)]
