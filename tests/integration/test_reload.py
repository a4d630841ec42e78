"""Rules that change hands between two decisions, and what is done when something goes wrong with
that."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from monitor.daemon.assembly import build_cycles, context_of, feeds_of, new_message_id
from monitor.daemon.filewatch import FileWatch
from monitor.daemon.overview import Overview
from monitor.daemon.publisher import Publisher
from monitor.daemon.reload import RETRY, Reloader, watched
from monitor.daemon.rules_in_force import RulesInForce, RulesRollout
from monitor.daemon.systemd import ServiceManager
from monitor.dispatcher import Dispatcher
from monitor.dispatcher.resender import Resender
from monitor.domain.alerting.alert import AlertState
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.errors import StoreError, StoreFault
from monitor.flusher import Flusher
from monitor.metrics import Metrics
from monitor.polling.baselines import BaselineLoop
from monitor.polling.receiver_rules import ReceiverRules
from monitor.ports import CycleCommit
from monitor.rulefile import load_rules
from monitor.settings import load_settings
from monitor.state import State
from monitor.store import SqliteStore
from tests.integration.dispatching import StoreClock, WatchedStore
from tests.patience import until
from tests.sources import ScriptedSource, campaign

LOW = '{alert: Low, when: "sent < 2000", summary: low}'
SLOW = '{alert: Slow, when: "increase(sent, \\"3h\\") < 5000", summary: slow}'
BAD = '{alert: Low, when: "sent < ", summary: low}'
BUSY = StoreError("busy", reason=StoreFault.LOCKED, retryable=True)


class Stage:
    """Everything that goes by the rules, over a provider that says what it is told, on a clock
    moved by hand."""

    def __init__(
        self, store: WatchedStore, clock: StoreClock, folder: Path, session: aiohttp.ClientSession
    ) -> None:
        self.store, self.clock, self.folder = store, clock, folder
        self.metrics = Metrics("0")
        self.source = ScriptedSource()
        self.console = io.StringIO()
        self.write(LOW)
        self.loaded = load_settings(
            environ={"BSG_API_KEY": "live_key", "BSG_MESSAGE_TYPES": "sms"}, directory=folder
        )
        self.session = session

    def write(self, *rules: str, receivers: str = "{name: desk, console: {}}") -> None:
        receiver = receivers.removeprefix("{name: ").partition(",")[0]
        text = (
            f"rules: [{', '.join(rules)}]\nreceivers: [{receivers}]\nroute: "
            f"{{receiver: {receiver}, group_interval: 1s}}\n"
        )
        (self.folder / "rules.yaml").write_text(text)

    async def open(self) -> None:
        settings, store, clock, metrics = self.loaded.settings, self.store, self.clock, self.metrics
        self.context = context_of(
            settings, session=self.session, clock=clock, console=self.console, memory=store
        )  # type: ignore[arg-type]
        file = load_rules(self.loaded)
        in_force = RulesInForce.of(file, file.compiled(), self.context)
        self.feeds = feeds_of(settings)
        self.state = state = State(await store.load(), polled=self.feeds)
        self.dispatcher = Dispatcher(store, in_force.notifiers, clock, metrics)  # type: ignore[arg-type]
        self.flusher = Flusher(
            store=store,  # type: ignore[arg-type]
            people=store,  # type: ignore[arg-type]
            state=state,
            policy=in_force.policy,
            clock=clock,
            metrics=metrics,
            new_id=new_message_id,
            on_rows=self.dispatcher.wake,
        )
        self.cycles = build_cycles(
            settings,
            {"default": self.source},
            store=store,  # type: ignore[arg-type]
            state=state,
            rules=in_force.rules,
            clock=clock,
            metrics=metrics,
            on_alerts=self.flusher.note,
        )
        self.rollout = RulesRollout(
            in_force=in_force,
            state=state,
            store=store,  # type: ignore[arg-type]
            feeds=self.feeds,
            cycles=self.cycles,
            baselines=BaselineLoop(self.cycles, state=state, clock=clock, metrics=metrics),
            receiver_rules=ReceiverRules(
                in_force.rules,
                state=state,
                store=store,  # type: ignore[arg-type]
                outbox=store,  # type: ignore[arg-type]
                receivers=in_force.integrations,
                health=lambda: self.dispatcher.health,
                clock=clock,
                metrics=metrics,
                on_alerts=self.flusher.note,
            ),
            dispatcher=self.dispatcher,
            flusher=self.flusher,
            resender=Resender(state, in_force.notifiers, clock=clock, metrics=metrics),
            publisher=Publisher(state, metrics, rules=in_force.severities, clock=clock),
            overview=Overview(
                state=state,
                store=store,  # type: ignore[arg-type]
                feeds=self.feeds,
                receivers=in_force.integrations,
                rules=len(file.rules),
                clock=clock,
                metrics=metrics,
                on_outside_change=lambda: None,
            ),
            clock=clock,
        )
        watch = FileWatch(watched(self.loaded, file))
        self.reloader = Reloader(
            self.loaded,
            self.rollout,
            self.context,
            watch,
            manager=ServiceManager(),
            clock=clock,
            metrics=metrics,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Flusher and dispatcher beside."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self.flusher.run()),
                group.create_task(self.dispatcher.run()),
            ]
            await self.clock.settle()
            yield
            for task in tasks:
                task.cancel()

    async def cycle(self) -> None:
        for feed in self.feeds:
            await self.cycles["default"].run(feed)

    @property
    def firing(self) -> list[str]:
        return sorted(
            alert.key.rule
            for alert in self.state.active.values()
            if alert.state is AlertState.FIRING
        )

    @property
    def rules(self) -> list[str]:
        return list(self.rollout.in_force.rules.rules)

    def sample(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(name)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    clock = StoreClock()
    async with SqliteStore(None) as inner, aiohttp.ClientSession() as session:
        clock.store = WatchedStore(inner)
        prepared = Stage(clock.store, clock, tmp_path, session)
        await prepared.open()
        yield prepared


async def test_rules_change_hands_between_two_decisions(stage: Stage) -> None:
    stage.write('{alert: High, when: "sent > 1", summary: high}')
    async with asyncio.TaskGroup() as group:
        for deciding in (
            stage.cycles["default"].deciding,
            stage.rollout.receiver_rules.deciding,
            stage.flusher.deciding,
        ):
            async with deciding:
                reload = group.create_task(stage.reloader.reload("request"))
                await asyncio.wait([reload], timeout=0.3)
                assert not reload.done()
                assert stage.rules == ["Low"]
                assert stage.cycles["default"].rules is stage.rollout.in_force.rules
                reload.cancel()
    await stage.reloader.reload("request")
    assert stage.rules == ["High"]
    assert stage.cycles["default"].rules is stage.rollout.in_force.rules


async def test_an_alert_that_a_cycle_begins_while_its_rule_goes_ends_all_the_same(
    stage: Stage,
) -> None:
    await stage.cycle()  # the first reading, a full one, asks rules again at its end
    stage.source.put(campaign(1))
    committing, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(commit: CycleCommit) -> None:
        committing.set()
        await go_on.wait()
        await stage.store.inner.commit_cycle(commit)

    stage.store.commit_cycle = slowly  # type: ignore[attr-defined]
    stage.write('{alert: High, when: "sent > 1", summary: high}')
    async with asyncio.TaskGroup() as group:
        group.create_task(stage.cycle())
        await committing.wait()
        reload = group.create_task(stage.reloader.reload("request"))
        await asyncio.wait([reload], timeout=0.3)
        assert not reload.done()
        go_on.set()
    assert (stage.rules, stage.firing) == (["High"], [])
    await stage.cycle()
    assert stage.firing == ["High"]


async def test_a_store_that_refuses_to_end_alerts_is_asked_again(stage: Stage) -> None:
    stage.source.put(campaign(1))
    async with stage.running():
        await stage.cycle()
        await stage.clock.advance(2)
        assert stage.firing == ["Low"]
        stage.write('{alert: High, when: "sent > 5000", summary: high}')
        stage.store.faults["commit_cycle"] = [BUSY]
        with capture_logs() as logs:
            await stage.reloader.reload("request")
        assert [(line["event"], line["reason"]) for line in logs] == [
            ("reload_interrupted", "locked")
        ]
        assert (stage.rules, stage.firing) == (["High"], ["Low"])
        await stage.reloader.reload(RETRY)
        await stage.clock.advance(2)
        assert stage.firing == []
    assert "RESOLVED" in stage.console.getvalue().upper()
    assert "rule" in stage.console.getvalue()


async def test_rules_that_look_further_back_know_what_was_recorded(stage: Stage) -> None:
    for sent in (1000, 2000, 3000):
        stage.source.put(campaign(1, sent=sent))
        await stage.cycle()
        await stage.clock.advance(3600)
    stage.write(SLOW)
    await stage.reloader.reload("request")
    row = stage.state.table("default").rows[1]
    recorded = await stage.store.samples(since=stage.clock.now().replace(hour=0))
    assert row.samples == recorded[CampaignKey("default", 1)]
    assert [sample.sent for sample in row.samples] == [1000, 2000, 3000]


async def test_rules_that_ask_for_other_baselines_know_at_once_what_is_usual(stage: Stage) -> None:
    def odd(look_back: str) -> str:
        return f'{{alert: Odd, when: "delivery_ratio < baseline(delivery_ratio, \\"{look_back}\\") - 0.2", summary: odd}}'

    now, week = stage.clock.now().timestamp(), 7 * 86400.0
    ended = {
        "status": "done",
        "finished_at": now - 6 * 86400.0,
        "sent": 100,
        "delivered": 95,
        "real_start_at": None,
    }
    stage.source.put(
        *(campaign(weeks, created_at=now - weeks * week, **ended) for weeks in (1, 2, 3))
    )
    stage.source.put(campaign(9, created_at=now, real_start_at=None, sent=100, delivered=60))
    await stage.cycle()
    stage.write(odd("28d"))
    await stage.reloader.reload("request")
    await stage.cycle()
    assert stage.firing == ["Odd"]
    alerts = dict(stage.state.active)
    stage.write(odd("56d"))
    await stage.reloader.reload("request")
    await stage.clock.advance(1)
    await stage.cycle()
    assert stage.state.active.keys() == alerts.keys(), (
        "told to have ended, only because nothing was known yet"
    )


async def test_a_bug_is_refused_like_a_bad_file_and_tried_again(stage: Stage) -> None:
    stage.write(SLOW)
    stage.store.faults["samples"] = [ZeroDivisionError()]
    await stage.reloader.reload("request")
    assert stage.rules == ["Low"]
    assert stage.sample("bsg_monitor_config_last_reload_successful") == 0
    assert "a bug" in stage.rollout.overview.status().reload_problems[0]
    await stage.reloader.reload(RETRY)
    assert stage.rules == ["Slow"]
    assert stage.sample("bsg_monitor_config_last_reload_successful") == 1


async def test_a_secret_that_comes_later_is_found_and_what_is_missing_is_said_once(
    stage: Stage,
) -> None:
    stage.write(LOW, receivers="{name: hook, webhook: {url_file: url}}")
    with capture_logs() as logs:
        for cause in ("change", RETRY, RETRY):
            await stage.reloader.reload(cause)
        assert [line["event"] for line in logs] == ["configuration_wrong", "reload_refused"]
        (stage.folder / "url").write_text("http://127.0.0.1:1/hook")
        (stage.folder / "url").chmod(0o600)
        await stage.reloader.reload(RETRY)
    assert [line["event"] for line in logs][2:] == ["rules_reloaded"]
    assert stage.rollout.in_force.receivers == ("hook",)
    assert stage.rollout.overview.status().reload_problems == ()


async def test_what_is_wrong_in_settings_hides_nothing_that_is_wrong_in_rules(stage: Stage) -> None:
    stage.write(BAD)
    (stage.folder / ".env").write_text("BSG_POLL_INTERVAL=soon\n")
    with capture_logs() as logs:
        await stage.reloader.reload("request")
    places = [line["place"] for line in logs if line["event"] == "configuration_wrong"]
    assert [place.removeprefix(f"{stage.folder}/") for place in places] == [
        ".env:1:19",
        "rules.yaml:1:35",
    ]


async def test_the_loop_sees_changes_hears_requests_and_tries_again(stage: Stage) -> None:
    seen: list[str] = []

    async def note(cause: str) -> None:
        seen.append(cause)
        stage.reloader._watch.note()
        stage.reloader._again_after = 30.0 if cause == "change" else None

    stage.reloader.reload = note  # type: ignore[method-assign]

    async def came(count: int) -> bool:
        await stage.clock.advance(1)
        return len(seen) == count

    async with asyncio.TaskGroup() as group:
        task = group.create_task(stage.reloader.run())
        await stage.clock.settle()
        stage.reloader.request()
        await stage.clock.settle()
        assert seen == ["request"]
        stage.write(BAD)
        await until(lambda: came(2))
        begun = stage.clock.monotonic()
        await until(lambda: came(3))
        assert stage.clock.monotonic() - begun >= 29
        task.cancel()
    assert seen == ["request", "change", "retry"]


async def test_what_stays_the_same_keeps_its_notifier(stage: Stage) -> None:
    desk = stage.rollout.in_force.notifiers["desk"]
    stage.write(LOW, receivers="{name: desk, console: {}, send_resolved: no}")
    await stage.reloader.reload("request")
    assert stage.rollout.in_force.notifiers["desk"] is desk
    assert stage.rollout.in_force.policy.silent_on_resolve == {"desk"}
    stage.write(LOW, receivers="{name: other, console: {}}")
    await stage.reloader.reload("request")
    assert list(stage.rollout.in_force.notifiers) == ["other"]
