"""The rules in force: what they are made of, and how all parts of a running monitor change to
others at one moment."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from monitor.clock import Clock
from monitor.daemon.assembly import build_notifier
from monitor.daemon.orphans import end_orphans
from monitor.daemon.overview import Overview
from monitor.daemon.publisher import Publisher
from monitor.dispatcher import Dispatcher, Fallback
from monitor.dispatcher.resender import Resender
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.baseline import Baselines
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.domain.routing.policy import NotificationPolicy
from monitor.flusher import Flusher
from monitor.notify import Context
from monitor.polling.baselines import BaselineLoop
from monitor.polling.cycle import AccountCycles
from monitor.polling.feed_reader import CHUNK
from monitor.polling.receiver_rules import ReceiverRules
from monitor.ports import Acknowledging, CycleStore, Notifier
from monitor.rulefile import Receiver, RuleFile
from monitor.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesInForce:
    """A rules file at work: its rules compiled, its receivers ready to send to."""

    file: RuleFile
    rules: RuleSet
    notifiers: Mapping[str, Notifier]

    @classmethod
    def of(
        cls,
        file: RuleFile,
        rules: RuleSet,
        context: Context,
        *,
        before: "RulesInForce | None" = None,
    ) -> "RulesInForce":
        """`rules` are the file's, compiled. A receiver with the same options as `before` keeps
        its notifier."""
        known = {} if before is None else {each.name: each for each in before.file.receivers}

        def notifier(receiver: Receiver) -> Notifier:
            same = known.get(receiver.name)
            if (
                before is None
                or same is None
                or (same.integration, same.options) != (receiver.integration, receiver.options)
            ):
                return build_notifier(receiver, context)
            return before.notifiers[receiver.name]

        return cls(
            file=file, rules=rules, notifiers={each.name: notifier(each) for each in file.receivers}
        )

    @property
    def receivers(self) -> tuple[str, ...]:
        """Their names, in the order of the file."""
        return tuple(self.notifiers)

    @property
    def integrations(self) -> dict[str, str]:
        """The kind of each receiver."""
        return {name: notifier.integration for name, notifier in self.notifiers.items()}

    @property
    def fallbacks(self) -> dict[str, Fallback]:
        """Who gets the messages of a receiver that fails."""
        return {
            each.name: Fallback(each.fallback, each.fallback_after)
            for each in self.file.receivers
            if each.fallback
        }

    @property
    def policy(self) -> NotificationPolicy:
        """Who gets which message."""
        acknowledging = (
            name for name, notifier in self.notifiers.items() if isinstance(notifier, Acknowledging)
        )
        return self.file.policy(acknowledging=frozenset(acknowledging))

    @property
    def severities(self) -> list[tuple[str, str]]:
        """The rules' names and severities."""
        return [(rule.name, rule.severity) for rule in self.file.rules]


@dataclass(slots=True, kw_only=True)
class RulesRollout:
    """Puts rules in force in every part of a running monitor. `in_force` are the current ones."""

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
        """Put other rules in force. No part decides anything during the change; polls, deliveries
        and requests go on.

        Alerts of rules that no longer exist end with that reason. Raises `StoreError`: then
        nothing has changed, unless `in_force` already holds the new rules. To finish, adopt the
        same rules again.
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
        """Change every part, without an await: they all follow the old rules, or all the new."""
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
        """The baselines that the new rules ask for; none when the old ones asked for the same."""
        asked = new.rules.baselines
        if asked == self.in_force.rules.baselines:
            return {}
        return {account: await self.baselines.medians(account, asked) for account in self.cycles}

    async def _recorded(self, new: RulesInForce) -> Mapping[CampaignKey, tuple[Sample, ...]]:
        """The samples of the whole time that the new rules look back to, when that is longer."""
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
