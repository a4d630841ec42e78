"""Builds the parts of a monitor from settings: sources, notifiers, cycles. The daemon and every
command that runs a part of it use these."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TextIO

import aiohttp

from monitor.clock import Clock
from monitor.daemon.heartbeat import Heartbeat
from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.three_valued import ThreeValuedConditions
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import Condition, compile_batch
from monitor.domain.fields.catalogue import NOTHING_SPECIAL, attributes
from monitor.metrics import Metrics
from monitor.notify import INTEGRATIONS, Context, Memory, VolatileMemory
from monitor.polling.cycle import AccountCycles
from monitor.ports import CampaignSource, CycleStore, Notifier
from monitor.provider.source import Provider, ProviderOptions
from monitor.provider.token import expiry_of
from monitor.rulefile import Receiver, RuleFile
from monitor.settings import Settings
from monitor.state import State
from monitor.web import WebOptions

FRESH_POLLS = 3
"""Polls that may be missed before a feed is no longer fresh."""


def new_message_id() -> str:
    """A notification's id, unique among all monitors."""
    return f"msg_{uuid.uuid4().hex}"


def feeds_of(settings: Settings) -> tuple[Feed, ...]:
    """Every feed of every account, in their order in the settings."""
    return tuple(
        Feed(name, kind)
        for name, account in settings.accounts.items()
        for kind in account.message_types
    )


def build_sources(settings: Settings, *, clock: Clock, metrics: Metrics) -> dict[str, Provider]:
    """A client for each account."""
    return {
        name: Provider(
            ProviderOptions(
                account=name,
                url=account.url,
                api_key=account.api_key.get_secret_value() if account.api_key else None,
                token=account.api_token.get_secret_value() if account.api_token else None,
                campaigns_path=account.campaigns_path,
                timezone=account.timezone,
                message_types=account.message_types,
                allow_insecure_http=settings.allow_insecure_http,
            ),
            clock=clock,
            metrics=metrics,
        )
        for name, account in settings.accounts.items()
    }


def build_notifiers(
    settings: Settings,
    rules: RuleFile,
    *,
    session: aiohttp.ClientSession,
    clock: Clock,
    console: TextIO,
) -> dict[str, Notifier]:
    """A notifier for each receiver of the rules file, by name, for single messages."""
    context = context_of(
        settings, session=session, clock=clock, console=console, memory=VolatileMemory()
    )
    return {receiver.name: build_notifier(receiver, context) for receiver in rules.receivers}


def context_of(
    settings: Settings,
    *,
    session: aiohttp.ClientSession,
    clock: Clock,
    console: TextIO,
    memory: Memory,
) -> Context:
    """What notifiers are built with."""
    return Context(
        session=session,
        clock=clock,
        console=console,
        external_url=settings.external_url,
        allow_insecure_http=settings.allow_insecure_http,
        memory=memory,
    )


def build_notifier(receiver: Receiver, context: Context) -> Notifier:
    """The notifier of one receiver."""
    return INTEGRATIONS[receiver.integration].build(receiver.name, receiver.options, context)


def build_cycles(
    settings: Settings,
    sources: Mapping[str, CampaignSource],
    *,
    store: CycleStore,
    state: State,
    rules: RuleSet,
    clock: Clock,
    metrics: Metrics,
    on_alerts: Callable[[Sequence[Alert]], None] = lambda _: None,
    on_page: Callable[[Feed, Sequence[Alert]], None] | None = None,
    on_read: Callable[[Feed], None] = lambda _: None,
    on_swept: Callable[[Feed], None] = lambda _: None,
) -> dict[str, AccountCycles]:
    """The cycles of each account, by its name."""
    ignored = None if settings.ignore is None else compile_ignore(settings.ignore)
    asked = settings.ignore.fields if settings.ignore else ()
    ignore_needs = frozenset().union(*(attributes("campaign", name) for name in asked))
    token_ends = token_ends_of(settings)
    return {
        name: AccountCycles(
            account=name,
            source=source,
            store=store,
            state=state,
            rules=rules,
            clock=clock,
            metrics=metrics,
            lookback=settings.lookback,
            details_per_minute=settings.details_per_minute,
            ignored=ignored,
            ignore_needs=ignore_needs,
            token_ends=token_ends.get(name),
            on_alerts=on_alerts,
            on_page=on_page,
            on_read=on_read,
            on_swept=on_swept,
        )
        for name, source in sources.items()
    }


def token_ends_of(settings: Settings) -> dict[str, float]:
    """When the tokens of accounts that have one end (Unix seconds), where they say so."""
    tokens = {
        name: account.api_token.get_secret_value()
        for name, account in settings.accounts.items()
        if account.api_token
    }
    return {name: ends for name, token in tokens.items() if (ends := expiry_of(token)) is not None}


def compile_ignore(condition: Condition) -> Callable[[TrackedCampaign, float], bool | None]:
    """`BSG_IGNORE` as a predicate on one campaign; None where a field that it asks for could not
    be read."""
    batch, partly = compile_batch([condition]), ThreeValuedConditions()

    def ignored(row: TrackedCampaign, now: float) -> bool | None:
        if row.unreadable:
            return partly.holds(condition, row, now, NOTHING_SPECIAL)
        return bool(batch([row], now))

    return ignored


def web_options(settings: Settings) -> WebOptions:
    return WebOptions(
        host=settings.listen.host,
        port=settings.listen.port,
        read_token=settings.read_token.get_secret_value() if settings.read_token else None,
        public_read=settings.public_read,
        external_url=settings.external_url,
    )


def build_heartbeat(
    settings: Settings, session: aiohttp.ClientSession, fresh: Callable[[timedelta], bool]
) -> Heartbeat | None:
    """The dead man's switch, where one is set. `fresh(limit)` says whether every feed was
    read well within that time."""
    if settings.heartbeat_url is None:
        return None
    limit = settings.poll_interval * FRESH_POLLS
    return Heartbeat(
        settings.heartbeat_url.get_secret_value(), session=session, fresh=lambda: fresh(limit)
    )
