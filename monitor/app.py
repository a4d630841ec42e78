"""The composition root: settings and rules in, a running daemon out."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import TextIO

import structlog

from monitor import __version__
from monitor.assembly import (
    FRESH_POLLS,
    build_cycles,
    build_heartbeat,
    build_notifiers,
    build_sources,
    feeds_of,
    new_message_id,
    web_options,
)
from monitor.baselines import BaselineLoop
from monitor.clock import Clock
from monitor.config import LoadedSettings, RuleFile
from monitor.cycle import CycleReport
from monitor.dispatcher import Dispatcher, Fallback
from monitor.domain.alert import Alert
from monitor.domain.evaluation import RuleSet
from monitor.domain.feed import SweepOutcome
from monitor.flusher import Flusher
from monitor.metrics import Metrics, measure_loop_lag
from monitor.notify import open_session
from monitor.orphans import end_orphans
from monitor.overview import Overview
from monitor.poller import Poller
from monitor.ports import Acknowledging, Store
from monitor.publisher import Publisher
from monitor.receiver_rules import ReceiverRules
from monitor.resender import Resender
from monitor.retention import Retention
from monitor.state import State
from monitor.store import SqliteStore
from monitor.supervision import Supervision
from monitor.systemd import ServiceManager
from monitor.web import WebServer

DRAIN_SECONDS = 8.0
"""What is in flight at the end may take this long; with what else ends, a stop stays under 10 s."""

log = structlog.get_logger()


class Daemon:
    """A monitor that is running: what it serves, knows and can be asked to do."""

    def __init__(self, *, state: State, store: Store, poller: Poller, web: WebServer, metrics: Metrics) -> None:
        self.state = state
        self.store = store
        self.poller = poller
        self.metrics = metrics
        self._web = web

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._web.url


@asynccontextmanager
async def running(
    loaded: LoadedSettings,
    rules: RuleFile,
    *,
    clock: Clock,
    console: TextIO = sys.stdout,
    manager: ServiceManager | None = None,
) -> AsyncIterator[Daemon]:
    """Run a monitor while the context lasts; leaving it delivers what is in flight, for at most `DRAIN_SECONDS`.

    Entered once store and listener are open. Raises `MonitorError` when either cannot be opened. A bug in one loop is that
    loop's business; what ends this context is the caller leaving it. `manager` is kept informed.
    """
    settings = loaded.settings
    manager = manager or ServiceManager()
    metrics = Metrics(__version__)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(SqliteStore(settings.database_url.path))
        feeds = feeds_of(settings)
        metrics.begin(feeds)
        state = State(await store.load(), polled=feeds)
        session = await stack.enter_async_context(open_session())
        notifiers = build_notifiers(settings, rules, session=session, clock=clock, console=console, memory=store)
        for notifier in notifiers.values():
            stack.push_async_callback(notifier.close)
        sources = build_sources(settings, clock=clock, metrics=metrics)
        for source in sources.values():
            stack.push_async_callback(source.close)
        ruleset = RuleSet(rules.rules, quiet_hours=rules.quiet_hours)
        state.remember(await store.samples(since=clock.now() - timedelta(seconds=ruleset.look_back)))
        await end_orphans(ruleset, state, store, feeds=feeds, receivers=tuple(notifiers), now=clock.now())
        fallbacks = {r.name: Fallback(r.fallback, r.fallback_after) for r in rules.receivers if r.fallback}
        dispatcher = Dispatcher(store, notifiers, clock=clock, metrics=metrics, random=random.random, fallbacks=fallbacks)
        flusher = Flusher(
            store=store,
            state=state,
            route=rules.route,
            inhibit_rules=rules.inhibit_rules,
            silent_on_resolve=frozenset(r.name for r in rules.receivers if not r.send_resolved),
            acknowledging=frozenset(name for name, notifier in notifiers.items() if isinstance(notifier, Acknowledging)),
            receivers=tuple(notifiers),
            clock=clock,
            metrics=metrics,
            new_id=new_message_id,
            on_rows=dispatcher.wake,
        )

        def on_outside_change() -> None:
            dispatcher.wake()
            flusher.look_outside()

        publisher = Publisher(state, metrics, rules=[(rule.name, rule.severity) for rule in rules.rules], clock=clock)
        overview = Overview(
            state=state,
            store=store,
            feeds=feeds,
            receivers={name: notifier.integration for name, notifier in notifiers.items()},
            rules=len(rules.rules),
            clock=clock,
            metrics=metrics,
            on_outside_change=on_outside_change,
            fresh_for=settings.poll_interval * FRESH_POLLS,
        )
        cycles = build_cycles(
            settings, sources, store=store, state=state, rules=ruleset, clock=clock, metrics=metrics, on_alerts=flusher.note
        )
        heartbeat = build_heartbeat(settings, session, overview.fresh)

        def after_receiver_rules(alerts: Sequence[Alert]) -> None:
            flusher.note(alerts)
            publisher.alerts()

        receiver_rules = ReceiverRules(
            ruleset,
            state=state,
            store=store,
            receivers={name: notifier.integration for name, notifier in notifiers.items()},
            health=lambda: dispatcher.health,
            clock=clock,
            metrics=metrics,
            on_alerts=after_receiver_rules,
        )

        async def after_cycle(report: CycleReport) -> None:
            overview.cycle(report)
            await publisher.cycle(report)
            if heartbeat is not None and report.outcome is SweepOutcome.OK:
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
        buried = await store.bury(tuple(notifiers), now=clock.now())
        if buried:
            log.warning("notifications_of_unknown_receivers_given_up", count=buried)
        web = await stack.enter_async_context(WebServer(web_options(settings), metrics, overview.status, overview.alert))
        log.info("monitor_started", version=__version__, listen=web.url, rules=len(rules.rules), feeds=len(feeds))
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(loop, name=name)
                for name, loop in (
                    ("poller", poller.run()),
                    ("flusher", flusher.run()),
                    ("resender", Resender(state, notifiers, clock=clock, metrics=metrics).run()),
                    ("receiver_rules", receiver_rules.run()),
                    ("baselines", BaselineLoop(cycles, state=state, clock=clock, metrics=metrics).run()),
                    ("retention", Retention(store, clock=clock, metrics=metrics).run()),
                    ("overview", overview.run()),
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
                yield Daemon(state=state, store=store, poller=poller, web=web, metrics=metrics)
            finally:
                manager.stopping()
                for task in background:
                    task.cancel()
                await dispatcher.drain(DRAIN_SECONDS)
                delivering.cancel()
                supervised.cancel()
        log.info("monitor_stopped")


async def run_daemon(loaded: LoadedSettings, rules: RuleFile, *, clock: Clock) -> int:
    """Run until SIGTERM or SIGINT, which drain; a second one ends at once. Returns the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal(number: int) -> None:
        if stop.is_set():
            log.warning("monitor_ended_at_once", signal=signal.Signals(number).name)
            os._exit(128 + number)
        log.info("monitor_stopping", signal=signal.Signals(number).name)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    loop.add_signal_handler(signal.SIGHUP, lambda: log.warning("reload_not_supported", hint="restart to read the rules anew"))
    try:
        async with running(loaded, rules, clock=clock, manager=ServiceManager.of()):
            await stop.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)
    return 0
