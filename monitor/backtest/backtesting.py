"""From a recording and rules to a report: plays the parts, and flushes what they decide by time."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing

from monitor.backtest.play import Step, divide, play
from monitor.backtest.process import PartProcess
from monitor.backtest.recording import Recording, time_of
from monitor.backtest.report import Ledgers, Report
from monitor.clock import SteppedClock
from monitor.domain.alerting.alert import Alert
from monitor.replay import replaying_flushes
from monitor.rulefile import RuleFile

SAMPLES_A_PROCESS = 500_000
"""Starting a process takes as long as playing some 150,000 samples, so one with fewer samples
than this gains little."""


async def backtest(
    recording: Recording,
    rules: RuleFile,
    *,
    processes: int = 1,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Report:
    """What the rules would have done. The number of processes does not change the result; fewer
    than `processes` are used for a short history.

    `on_progress` is called now and then with the share that is done, 0 to 1. Raises `StoreError`;
    `MonitorError` when a process cannot be started or dies.
    """
    names = [(rule.name, rule.severity) for rule in rules.rules]
    ledgers = Ledgers(names, since=recording.since, until=recording.until)
    clock = SteppedClock(time_of(recording.since))
    span = max(1e-9, recording.until - recording.since)
    useful = min(processes, 1 + recording.samples // SAMPLES_A_PROCESS)
    parts = divide(recording, rules, useful)
    async with AsyncExitStack() as stack:
        flushes = await stack.enter_async_context(replaying_flushes(rules, clock))
        if len(parts) == 1:
            steps = play(recording, parts[0], rules.quiet_hours)
        else:
            running = [PartProcess(recording, part, rules.quiet_hours) for part in parts]
            for process in running:
                stack.callback(process.stop)
                process.start()
            async with asyncio.TaskGroup() as tasks:
                for process in running:
                    tasks.create_task(process.set_to_work())
            steps = merged([process.steps() for process in running])
        await stack.enter_async_context(aclosing(steps))
        async for step in steps:
            if step.alerts:
                await flushes.flush_until(time_of(step.at))
                flushes.note(step.alerts)
                ledgers.note(step.alerts)
                ledgers.tell(flushes.messages)
                flushes.messages.clear()
            on_progress((step.at - recording.since) / span)
        await flushes.flush_until(time_of(recording.until))
        ledgers.tell(flushes.messages)
    on_progress(1.0)
    return Report(
        since=recording.since,
        until=recording.until,
        samples=recording.samples,
        campaigns=len(recording.campaigns),
        interval_seconds=recording.interval_seconds,
        thinned_until=recording.thinned_until,
        blind_seconds=recording.blind_seconds,
        rules=ledgers.finish(),
        messages={each.name: ledgers.messages[each.name] for each in rules.receivers},
    )


async def merged(streams: Sequence[AsyncGenerator[Step]]) -> AsyncGenerator[Step]:
    """The steps of all parts, by time, then by feed. What the parts decided in one cycle becomes
    one step again."""
    heads = [await anext(stream, None) for stream in streams]
    while any(head is not None for head in heads):
        at, feed = min((head.at, head.feed) for head in heads if head is not None)
        alerts: list[Alert] = []
        for place, head in enumerate(heads):
            if head is not None and (head.at, head.feed) == (at, feed):
                alerts += head.alerts
                heads[place] = await anext(streams[place], None)
        yield Step(at, feed, alerts)
