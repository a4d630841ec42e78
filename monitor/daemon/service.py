"""The daemon as a process: signals in, an exit code out."""

import asyncio
import gc
import os
import signal

import structlog

from monitor.clock import Clock
from monitor.daemon.app import running
from monitor.daemon.systemd import ServiceManager
from monitor.rulefile import RuleFile
from monitor.settings import LoadedSettings

GC_THRESHOLDS = (10_000, 20, 20)
"""How many more tracked objects start a young collection, and how many of these an older one. With
Python's own 700, a hundred thousand alerts that fire at once cause thousands of collections."""

log = structlog.get_logger()


async def run_daemon(loaded: LoadedSettings, rules: RuleFile, *, clock: Clock) -> int:
    """Run until SIGTERM or SIGINT, which drain; a second one ends at once. SIGHUP reloads.
    Returns the exit code."""
    stop = asyncio.Event()
    early = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal(number: int) -> None:
        if stop.is_set():
            log.warning("monitor_ended_at_once", signal=signal.Signals(number).name)
            os._exit(128 + number)
        log.info("monitor_stopping", signal=signal.Signals(number).name)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    loop.add_signal_handler(signal.SIGHUP, early.set)
    try:
        async with running(loaded, rules, clock=clock, manager=ServiceManager.of()) as daemon:
            collect_rarely()
            loop.add_signal_handler(signal.SIGHUP, daemon.reload)
            if early.is_set():
                daemon.reload()
            await stop.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)
    return 0


def collect_rarely() -> None:
    """Set up garbage collection for a process that holds much and makes few cycles. Call it once,
    when everything is loaded that will stay.

    A collection stops every thread while it goes through all tracked objects. So values say that
    they cannot form a cycle (`gc=False`) and are not tracked, what is loaded at the start is
    frozen, and the rest is collected rarely.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
