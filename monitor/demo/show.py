"""The demo from its first line to its summary."""

import asyncio
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from monitor.clock import Clock
from monitor.daemon.app import Daemon, running
from monitor.demo.receiver import PrintingReceiver
from monitor.domain.safetext.shown_text import counted
from monitor.errors import MonitorError
from monitor.rulefile import load_rules
from monitor.settings import LoadedSettings, load_settings
from monitor.simulator.api_server import Simulator
from monitor.simulator.fault_words import set_faults
from monitor.simulator.scenario import load_scenario
from monitor.web import ListenError

DEFAULT_PORT = 9780
KEY = "live_demo"
EXPECTED_KINDS = 4
LONG_ENOUGH = timedelta(seconds=60)
"""A demo this long must have shown what it promises; otherwise its exit code is 1."""


BUSY = (
    "grow=20%",
    "total=30%,by=1",
    "clamp,limit=30,says=asked",
    "error=5%,path=/api/campaigns",
    "odd_field=10%,field=calculated_price,value=5.60 EUR",
)
"""What a busy provider does to its list (`simulate --fault`)."""


async def run_demo(
    *,
    duration: timedelta | None,
    port: int | None,
    clock: Clock,
    show: Callable[[str], None],
    busy: bool = False,
) -> int:
    """Run until `duration` is over, or until SIGINT or SIGTERM if it is None. `show` prints a line.

    `busy` lets the list grow while it is read, claim wrong totals, fail at times, and show odd
    fields: the alerts are the same. `port` is the page's; None takes 9780, or any free one where
    that is taken. Returns 0; or 1 where a demo of 60 s and more has not shown alerts of four
    kinds, one that resolved and one event.
    """
    begun = clock.monotonic()
    secret = secrets.token_urlsafe(24)
    receiver = PrintingReceiver(
        secret, show=show, elapsed=lambda: clock.monotonic() - begun, colours=sys.stdout.isatty()
    )
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bsg-monitor-demo-")))
        simulator = Simulator(load_scenario("demo"), clock=clock, keys=(KEY,))
        set_faults(simulator.faults, BUSY if busy else ())
        provider_url = await stack.enter_async_context(simulator.serve())
        receiver_url = await stack.enter_async_context(receiver.serve())
        environment = {
            "BSG_API_URL": provider_url,
            "BSG_DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
            "DEMO_RECEIVER_URL": receiver_url,
            "DEMO_RECEIVER_SECRET": secret,
        }
        settings = _settings(folder, environment, DEFAULT_PORT if port is None else port)
        try:
            daemon = await stack.enter_async_context(
                running(settings, load_rules(settings), clock=clock)
            )
        except ListenError as error:
            if port is not None:
                raise MonitorError(
                    f"{error.what}; give --port another one, or leave it out"
                ) from error
            settings = _settings(folder, environment, 0)
            daemon = await stack.enter_async_context(
                running(settings, load_rules(settings), clock=clock)
            )
        _introduce(daemon, provider_url, duration, show)
        await _wait(duration)
        campaigns = sum(len(table.rows) for table in daemon.state.accounts.values())
    return _summarise(receiver, campaigns, duration, clock.monotonic() - begun, show)


def _settings(folder: Path, environment: Mapping[str, str], port: int) -> LoadedSettings:
    return load_settings(
        environ={
            "BSG_API_KEY": KEY,
            "BSG_POLL_INTERVAL": "2s",
            "BSG_RULES_FILE": str(Path(__file__).with_name("rules.yaml")),
            "BSG_LISTEN": f"127.0.0.1:{port}",
            **environment,
        },
        directory=folder,
    )


async def _wait(duration: timedelta | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with asyncio.timeout(None if duration is None else duration.total_seconds()):
            await stop.wait()
    except TimeoutError:
        pass
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _introduce(
    daemon: Daemon, provider_url: str, duration: timedelta | None, show: Callable[[str], None]
) -> None:
    show(
        "A simulated provider, the monitor, and a webhook receiver that prints its messages below."
    )
    show("Minutes of real rules are seconds here. Wait a moment, and watch.")
    show("")
    show(f"  status page   {daemon.url}/")
    show(f"  metrics       {daemon.url}/metrics")
    show(f"  provider      {provider_url}/api/campaigns   (simulated)")
    show("")
    show(
        "Ends with Ctrl-C."
        if duration is None
        else f"Ends by itself after {duration.total_seconds():.0f} s, or with Ctrl-C."
    )
    show("")


def _own_command() -> str:
    """How to call this program from here: it may be in a virtual environment that is not on the
    path."""
    called = Path(sys.argv[0])
    if called.name != "bsg-monitor":
        return f"{sys.executable} -m monitor"
    found = shutil.which(called.name)
    return called.name if found and Path(found).resolve() == called.resolve() else str(called)


def _summarise(
    receiver: PrintingReceiver,
    campaigns: int,
    duration: timedelta | None,
    seconds: float,
    show: Callable[[str], None],
) -> int:
    show("")
    show(
        f"{seconds:.0f} s: {counted(campaigns, 'campaign')} watched, "
        f"{counted(receiver.messages, 'message')} received: "
        f"{counted(sum(receiver.fired.values()), 'alert')} of "
        f"{counted(len(receiver.fired), 'kind')} fired, "
        f"{sum(receiver.resolved.values())} resolved, "
        f"{counted(sum(receiver.events.values()), 'event')}."
    )
    show(
        "Nothing is left behind. To watch a real account, in a folder of its own: "
        f"{_own_command()} init"
    )
    complete = len(receiver.fired) >= EXPECTED_KINDS and receiver.resolved and receiver.events
    if duration is not None and duration >= LONG_ENOUGH and not complete:
        show(
            "This demo should have shown alerts of four kinds, one that resolved and one event, "
            "and did not."
        )
        return 1
    return 0
