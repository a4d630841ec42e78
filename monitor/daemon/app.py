"""The composition root: settings and rules in, a running daemon out."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import TextIO

import structlog

from monitor import __version__
from monitor.clock import Clock
from monitor.daemon.assembly import (
    FRESH_POLLS,
    build_cycles,
    build_heartbeat,
    build_sources,
    context_of,
    feeds_of,
    new_message_id,
    token_ends_of,
    web_options,
)
from monitor.daemon.filewatch import FileWatch
from monitor.daemon.orphans import end_orphans
from monitor.daemon.overview import Overview
from monitor.daemon.publisher import Publisher
from monitor.daemon.reload import Reloader, watched
from monitor.daemon.retention import Retention
from monitor.daemon.rules_in_force import RulesInForce, RulesRollout
from monitor.daemon.supervision import Supervision
from monitor.daemon.systemd import ServiceManager
from monitor.dispatcher import Dispatcher
from monitor.dispatcher.resender import Resender
from monitor.domain.alerting.alert import Alert
from monitor.domain.campaign.feed import Feed
from monitor.flusher import Flusher
from monitor.metrics import Metrics, measure_loop_lag
from monitor.notify import open_session
from monitor.polling.baselines import BaselineLoop
from monitor.polling.cycle import CycleReport
from monitor.polling.poller import Poller
from monitor.polling.receiver_rules import ReceiverRules
from monitor.ports import Store
from monitor.rulefile import RuleFile
from monitor.settings import LoadedSettings
from monitor.state import State
from monitor.store import SqliteStore
from monitor.web import WebServer

DRAIN_SECONDS = 8.0
"""How long deliveries in flight may take at the end; with the rest, a stop takes less than 10 s."""

log = structlog.get_logger()


class Daemon:
    """A running monitor: its state, its parts and its URL."""

    def __init__(
        self,
        *,
        state: State,
        store: Store,
        poller: Poller,
        web: WebServer,
        metrics: Metrics,
        reloader: Reloader,
    ) -> None:
        self.state = state
        self.store = store
        self.poller = poller
        self.metrics = metrics
        self._web = web
        self._reloader = reloader

    @property
    def url(self) -> str:
        """The page's address."""
        return self._web.url

    def reload(self) -> None:
        """Have the rules file read again."""
        self._reloader.request()


@asynccontextmanager
async def running(
    loaded: LoadedSettings,
    rules: RuleFile,
    *,
    clock: Clock,
    console: TextIO = sys.stdout,
    manager: ServiceManager | None = None,
) -> AsyncIterator[Daemon]:
    """Run a monitor while the context lasts; leaving it delivers what is in flight, for at most
    `DRAIN_SECONDS`.

    Entered once store and listener are open. Raises `MonitorError` when either cannot be opened.
    A bug in one loop does not end the others; only leaving the context ends the monitor.
    `manager` is told how it is.
    """
    settings = loaded.settings
    manager = manager or ServiceManager()
    metrics = Metrics(__version__)
    watch = FileWatch(watched(loaded, rules))
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(SqliteStore(settings.database_url.path))
        feeds = feeds_of(settings)
        metrics.begin(feeds)
        for account, ends in token_ends_of(settings).items():
            metrics.token_expiry.labels(account).set(ends)
        state = State(await store.load(), polled=feeds)
        session = await stack.enter_async_context(open_session())
        context = context_of(settings, session=session, clock=clock, console=console, memory=store)
        in_force = RulesInForce.of(rules, rules.compiled(), context)
        sources = build_sources(settings, clock=clock, metrics=metrics)
        for source in sources.values():
            stack.push_async_callback(source.close)
        state.remember(
            await store.samples(since=clock.now() - timedelta(seconds=in_force.rules.look_back))
        )
        await end_orphans(
            in_force.rules, state, store, feeds=feeds, receivers=in_force.receivers, now=clock.now()
        )
        dispatcher = Dispatcher(
            store,
            in_force.notifiers,
            clock=clock,
            metrics=metrics,
            random=random.random,
            fallbacks=in_force.fallbacks,
        )
        flusher = Flusher(
            store=store,
            people=store,
            state=state,
            policy=in_force.policy,
            clock=clock,
            metrics=metrics,
            new_id=new_message_id,
            on_rows=dispatcher.wake,
        )

        def on_outside_change() -> None:
            dispatcher.wake()
            flusher.look_outside()

        publisher = Publisher(state, metrics, rules=in_force.severities, clock=clock)
        overview = Overview(
            state=state,
            store=store,
            feeds=feeds,
            receivers=in_force.integrations,
            rules=len(rules.rules),
            clock=clock,
            metrics=metrics,
            on_outside_change=on_outside_change,
            fresh_for=settings.poll_interval * FRESH_POLLS,
        )

        def after_page(feed: Feed, alerts: Sequence[Alert]) -> None:
            flusher.hold(feed, alerts)
            if alerts:
                publisher.alerts()

        cycles = build_cycles(
            settings,
            sources,
            store=store,
            state=state,
            rules=in_force.rules,
            clock=clock,
            metrics=metrics,
            on_alerts=flusher.note,
            on_page=after_page,
            on_read=overview.page,
            on_swept=flusher.release,
        )
        heartbeat = build_heartbeat(settings, session, overview.fresh)

        def after_receiver_rules(alerts: Sequence[Alert]) -> None:
            flusher.note(alerts)
            publisher.alerts()

        receiver_rules = ReceiverRules(
            in_force.rules,
            state=state,
            store=store,
            outbox=store,
            receivers=in_force.integrations,
            health=lambda: dispatcher.health,
            clock=clock,
            metrics=metrics,
            on_alerts=after_receiver_rules,
        )

        async def after_cycle(report: CycleReport) -> None:
            overview.cycle(report)
            await publisher.cycle(report)
            if heartbeat is not None and report.legible:
                heartbeat.beat()

        poller = Poller(
            {feed: cycles[feed.account] for feed in feeds},
            sources,
            interval=settings.poll_interval,
            clock=clock,
            metrics=metrics,
            random=random.random,
            on_cycle=after_cycle,
            on_not_committed=overview.not_committed,
        )
        await store.release(now=clock.now())
        await dispatcher.bury()
        resender = Resender(state, in_force.notifiers, clock=clock, metrics=metrics)
        baselines = BaselineLoop(cycles, state=state, clock=clock, metrics=metrics)
        await baselines.survey_all()
        rollout = RulesRollout(
            in_force=in_force,
            state=state,
            store=store,
            feeds=feeds,
            cycles=cycles,
            baselines=baselines,
            receiver_rules=receiver_rules,
            dispatcher=dispatcher,
            flusher=flusher,
            resender=resender,
            publisher=publisher,
            overview=overview,
            clock=clock,
        )
        reloader = Reloader(
            loaded, rollout, context, watch, manager=manager, clock=clock, metrics=metrics
        )
        web = await stack.enter_async_context(
            WebServer(
                web_options(settings),
                metrics,
                overview.status,
                overview.alert,
                unreadable=overview.unreadable,
                clock=clock,
            )
        )
        log.info(
            "monitor_started",
            version=__version__,
            listen=web.url,
            rules=len(rules.rules),
            feeds=len(feeds),
        )
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(loop, name=name)
                for name, loop in (
                    ("poller", poller.run()),
                    ("flusher", flusher.run()),
                    ("resender", resender.run()),
                    ("receiver_rules", receiver_rules.run()),
                    ("baselines", baselines.run()),
                    ("retention", Retention(store, clock=clock, metrics=metrics).run()),
                    ("overview", overview.run()),
                    ("reload", reloader.run()),
                    ("lag", measure_loop_lag(clock, metrics)),
                    *((("heartbeat", heartbeat.run()),) if heartbeat else ()),
                )
            ]
            delivering = tasks.create_task(dispatcher.run(), name="dispatcher")
            manager.ready()
            supervision = Supervision(manager, overview.headline, clock=clock, metrics=metrics)
            supervised = tasks.create_task(supervision.run(), name="supervision")
            await publisher.all()
            try:
                yield Daemon(
                    state=state,
                    store=store,
                    poller=poller,
                    web=web,
                    metrics=metrics,
                    reloader=reloader,
                )
            finally:
                manager.stopping()
                for task in background:
                    task.cancel()
                await dispatcher.drain(DRAIN_SECONDS)
                delivering.cancel()
                supervised.cancel()
        log.info("monitor_stopped")
