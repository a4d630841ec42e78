"""What a rule sees of its subject, now, or later if only time moves on; and why the monitor may
not evaluate the rule for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.domain.alerting.detail_rules import outdated
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.campaign.account import AccountView
from monitor.domain.campaign.feed import Feed, FeedState
from monitor.domain.campaign.receiver_view import ReceiverView
from monitor.domain.campaign.sender import SenderTally
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.domain.campaign.spending import Spending
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.unreadable import marks_of, unreadable_in_words
from monitor.domain.condition import moves_while_failing
from monitor.domain.fields.catalogue import Subject, attributes
from monitor.domain.safetext.shown_text import counted
from monitor.domain.times.duration import humanize_duration
from monitor.explain.explanation import About
from monitor.explain.known import Known


@dataclass(frozen=True, slots=True)
class SubjectSeen:
    """`at` gives the subject at a time, or None. With an `obstacle` the rule is not evaluated for
    it. `doubts` say why the figures may be out of date. `rows` are the campaigns that it is made
    of, `as_of` is when they were read."""

    at: Callable[[datetime], Subject | None]
    obstacle: str | None = None
    doubts: tuple[str, ...] = ()
    rows: tuple[TrackedCampaign, ...] = field(default=(), repr=False)
    as_of: datetime | None = None


async def see(known: Known, rule: Rule, about: About) -> SubjectSeen:
    """What the rule sees. Raises `StoreError`."""
    match rule.scope:
        case Scope.CAMPAIGN:
            return _campaign(known, rule, about)
        case Scope.SENDER:
            return _sender(known, rule, about)
        case Scope.ACCOUNT:
            return _account(known, rule, about)
        case Scope.RECEIVER:
            return await _receiver(known, about)


def _campaign(known: Known, rule: Rule, about: About) -> SubjectSeen:
    row = known.rows.get(CampaignKey(about.account, int(about.subject)))
    if row is None:
        return SubjectSeen(
            lambda _: None,
            "the monitor does not follow the campaign any more (it vanished, is too old or is "
            "ignored)",
        )
    feed = _feed_of(known, row)
    obstacle = None
    if feed is None:
        obstacle = (
            f"{row.campaign.message_type} campaigns of account {about.account} are not polled"
        )
    elif row.settled and not rule.is_event_rule:
        obstacle = "the campaign ended more than 72 hours ago: only event rules look at it"
    doubts = [*_doubts(known, [feed] if feed else [])]
    needed = frozenset().union(*(attributes("campaign", name) for name in rule.names))
    doubts += [
        f"{unreadable_in_words(mark)}; what rests on it stays as it was, and its last readable "
        "value is shown"
        for mark in marks_of(row)
        if mark.until is None and mark.field in needed
    ]
    if rule.detail and outdated(row, known.now.timestamp()):
        doubts.append(
            "the campaign is read in detail once the rest of the condition holds: its detail here "
            "is old or missing"
        )
    return SubjectSeen(
        lambda _: row, obstacle, tuple(doubts), (row,), feed.last_success if feed else None
    )


def _sender(known: Known, rule: Rule, about: About) -> SubjectSeen:
    kind, _, sender = about.subject.partition(":")
    table = known.state.table(about.account)
    rows = tuple(
        row
        for row in table.rows.values()
        if row.campaign.message_type == kind and row.campaign.sender == sender
    )
    feeds = _feeds(known, about.account, kind)

    def at(moment: datetime) -> Subject | None:
        tally = SenderTally(about.account, [rule.window], moment)
        tally.add(rows)
        return next(iter(tally.views()[rule.window]), None)

    obstacle = None
    if not feeds:
        obstacle = f"{kind} campaigns of account {about.account} are not polled"
    elif at(known.now) is None:
        obstacle = f"no campaign of this sender began within {humanize_duration(rule.over)}"
    return SubjectSeen(at, obstacle, tuple(_doubts(known, feeds)), rows, _oldest(feeds))


def _account(known: Known, rule: Rule, about: About) -> SubjectSeen:
    table = known.state.table(about.account)
    feeds = _feeds(known, about.account)
    if not feeds:
        return SubjectSeen(lambda _: None, f"account {about.account} has not been polled yet")
    spending = Spending(known.now.timestamp())
    spending.add(table.rows.values())
    balance = known.state.balances.get(about.account)
    view = AccountView(
        account=about.account,
        feeds=feeds,
        balance=balance,
        counts=known.state.counts_of(feeds),
        now=known.now,
        spent=spending.total(balance.currency) if balance else None,
        never_tried=len(feeds) < len(table.types),
        token_ends=known.token_ends.get(about.account),
    )
    failing = any(feed.consecutive_failures for feed in feeds)
    moves = rule.when is not None and moves_while_failing(rule.when)
    doubts = (
        ["while polls fail the rule is not asked: what it is about is frozen"]
        if failing and not moves
        else []
    )
    return SubjectSeen(
        lambda moment: replace(view, now=moment), None, tuple(doubts), (), _oldest(feeds)
    )


async def _receiver(known: Known, about: About) -> SubjectSeen:
    view = await known.receiver(about.subject)
    if view is None:
        return SubjectSeen(
            lambda _: None, f"there is no receiver {about.subject} in the rules file any more"
        )
    shown: ReceiverView = view
    return SubjectSeen(lambda moment: replace(shown, now=moment), as_of=known.now)


def _feeds(known: Known, account: str, kind: str | None = None) -> tuple[FeedState, ...]:
    """The feeds of an account that are polled; with `kind` the one that lists campaigns of this
    type."""
    feeds = dict(sorted(known.state.polled(account).items()))
    if kind is None:
        return tuple(feeds.values())
    if Feed(account, kind) in feeds:
        return (feeds[Feed(account, kind)],)
    odd = any(row.campaign.message_type == kind for row in known.state.table(account).rows.values())
    return (
        tuple(feeds.values())[:1] if odd else ()
    )  # a type that cannot be asked for: whichever feed lists it


def _feed_of(known: Known, row: TrackedCampaign) -> FeedState | None:
    return next(iter(_feeds(known, row.campaign.account, row.campaign.message_type)), None)


def _oldest(feeds: tuple[FeedState, ...]) -> datetime | None:
    return min((feed.last_success for feed in feeds if feed.last_success is not None), default=None)


def _doubts(known: Known, feeds: tuple[FeedState, ...] | list[FeedState]) -> Iterator[str]:
    for feed in feeds:
        if feed.consecutive_failures:
            since = feed.last_success or feed.first_tried
            age = humanize_duration(max(0.0, (known.now - since).total_seconds()))
            polls = counted(feed.consecutive_failures, "poll")
            yield (
                f"{polls} in a row failed: nothing is decided until one succeeds, and this is what "
                f"was known {age} ago"
            )
