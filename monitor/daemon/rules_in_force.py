"""Everything that goes by the rules, and how it all goes by others from one moment to the next."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from monitor.clock import Clock
from monitor.daemon.assembly import RulesInForce
from monitor.daemon.orphans import end_orphans
from monitor.daemon.overview import Overview
from monitor.daemon.publisher import Publisher
from monitor.dispatcher import Dispatcher
from monitor.dispatcher.resender import Resender
from monitor.domain.campaign.baseline import Baselines
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.flusher import Flusher
from monitor.polling.baselines import BaselineLoop
from monitor.polling.cycle import AccountCycles
from monitor.polling.feed_reader import CHUNK
from monitor.polling.receiver_rules import ReceiverRules
from monitor.ports import CycleStore
from monitor.state import State


@dataclass(slots=True, kw_only=True)
class Governed:
    """The parts of a running monitor that go by `in_force`."""

    in_force: RulesInForce
    state: State
    store: CycleStore
    feeds: Sequence[Feed]
    cycles: Mapping[str, AccountCycles]
    baselines: BaselineLoop
    receiver_rules: ReceiverRules
    dispatcher: Dispatcher
    flusher: Flusher
    resender: Resender
    publisher: Publisher
    overview: Overview
    clock: Clock

    async def adopt(self, new: RulesInForce) -> None:
        """Go by other rules. Nothing is being decided while they change hands; polls, deliveries
        and requests go on.

        Alerts of rules that are not there any more end with that reason. Raises `StoreError`:
        nothing has changed then unless `in_force` says so, and to adopt the same again does what
        is left.
        """
        recorded, usual = await self._recorded(new), await self._usual(new)
        async with AsyncExitStack() as standstill:
            accounts = [cycles.deciding for cycles in self.cycles.values()]
            for deciding in (*accounts, self.receiver_rules.deciding, self.flusher.deciding):
                await standstill.enter_async_context(deciding)
            await self._remember(recorded)
            self._swap(new, usual)
            now = self.clock.now()
            ended = await end_orphans(
                new.rules,
                self.state,
                self.store,
                feeds=self.feeds,
                receivers=new.receivers,
                now=now,
            )
            self.flusher.note(ended)
        self.publisher.alerts()

    def _swap(self, new: RulesInForce, usual: Mapping[str, Baselines]) -> None:
        """In one go: whoever looks sees all parts go by the old rules, or all by the new."""
        self.in_force = new
        for account, cycles in self.cycles.items():
            cycles.use(new.rules)
            cycles.baselines = usual.get(account, cycles.baselines)
        self.receiver_rules.use(new.rules, new.integrations)
        self.dispatcher.use(new.notifiers, new.fallbacks)
        self.flusher.use(new.policy)
        self.resender.use(new.notifiers)
        self.publisher.use(new.severities)
        self.overview.use(new.integrations, len(new.file.rules))

    async def _usual(self, new: RulesInForce) -> Mapping[str, Baselines]:
        """The baselines that the new rules ask for, where that is not what the old ones asked
        for."""
        wanted = new.rules.baselines
        if wanted == self.in_force.rules.baselines:
            return {}
        return {account: await self.baselines.medians(account, wanted) for account in self.cycles}

    async def _recorded(self, new: RulesInForce) -> Mapping[CampaignKey, tuple[Sample, ...]]:
        """What campaigns showed in the time that the new rules look back to and the old ones did
        not."""
        if new.rules.look_back <= self.in_force.rules.look_back:
            return {}
        return await self.store.samples(
            since=self.clock.now() - timedelta(seconds=new.rules.look_back)
        )

    async def _remember(self, recorded: Mapping[CampaignKey, tuple[Sample, ...]]) -> None:
        keys = list(recorded)
        for start in range(0, len(keys), CHUNK):
            self.state.remember({key: recorded[key] for key in keys[start : start + CHUNK]})
            await self.clock.sleep(0)
