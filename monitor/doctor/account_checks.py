"""One account at the provider: can it be reached and read, do the clocks agree, and are its times
read in the right zone?"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from monitor.clock import Clock
from monitor.doctor.finding import Finding, Level, ok, problem, warning
from monitor.doctor.network_checks import examine_host
from monitor.doctor.row_checks import examine_rows
from monitor.doctor.zone_check import examine_zone
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.times.duration import humanize_duration
from monitor.errors import ProviderError
from monitor.ports import Sweep
from monitor.provider.source import Provider
from monitor.provider.token import expiry_of
from monitor.settings import AccountSettings

DOUBTFUL_SKEW = 30.0
"""In seconds: half a poll. The provider's `Date` header is exact to about one."""

WRONG_SKEW = 300.0
RECENT = timedelta(days=1)
TOKEN_RENEWED_BEFORE = timedelta(days=7)


async def examine_account(
    account: AccountSettings,
    source: Provider,
    *,
    events: Sequence[CampaignEvent],
    poll_interval: timedelta,
    clock: Clock,
) -> list[Finding]:
    """Check host, credentials, clock and zone in turn. A check that needs a failed one is left out.
    `events` are the account's latest."""
    subject = f"account {account.name}"
    found = await examine_host(subject, account.url, now=clock.now())
    if any(each.level is Level.PROBLEM for each in found):
        return found
    try:
        await source.verify()
    except ProviderError as error:
        return [*found, problem(subject, str(error))]
    found.append(ok(subject, "its credentials are accepted; campaigns and balance can be read"))
    found += _token_life(subject, account, clock.now())
    skew = source.clock_skew
    if skew is not None:
        found.append(_skew(subject, skew))
    try:
        sweeps = await _recent(account, source, clock)
    except ProviderError as error:
        return [*found, problem(subject, str(error))]
    now = clock.now() + timedelta(seconds=skew or 0.0)
    recent = [campaign for sweep in sweeps.values() for campaign in sweep.campaigns]
    return [
        *found,
        *examine_rows(subject, sweeps),
        *examine_zone(subject, account, recent, events, now=now, poll_interval=poll_interval),
    ]


async def _recent(account: AccountSettings, source: Provider, clock: Clock) -> dict[str, Sweep]:
    """The lists of campaigns created within the last day, or in the future, by message type."""
    now = clock.now()
    return {
        message_type: await source.sweep(
            message_type, since=(now - RECENT).timestamp(), started=now.timestamp()
        )
        for message_type in account.message_types
    }


def _skew(subject: str, skew: float) -> Finding:
    amount = humanize_duration(abs(skew))
    if abs(skew) <= DOUBTFUL_SKEW:
        return ok(
            subject, f"the provider's clock and this machine's agree (within {abs(skew):.0f} s)"
        )
    return (problem if abs(skew) > WRONG_SKEW else warning)(
        subject,
        f"the provider's clock is {amount} {'ahead of' if skew > 0 else 'behind'} this machine's",
        "set this machine's clock by NTP (timedatectl status): ages, delays and starts are wrong "
        "by as much",
    )


def _token_life(subject: str, account: AccountSettings, now: datetime) -> list[Finding]:
    ends = None if account.api_token is None else expiry_of(account.api_token.get_secret_value())
    if ends is None:
        return []
    left = datetime.fromtimestamp(ends, UTC) - now
    message = f"its token ends in {humanize_duration(left)}, and cannot be renewed"
    if left < TOKEN_RENEWED_BEFORE:
        return [
            warning(subject, message, "set a new one; an API key instead of a token renews itself")
        ]
    return [ok(subject, message)]
