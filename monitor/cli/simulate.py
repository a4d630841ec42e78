"""`simulate`: the stand-in provider alone, for trying the monitor out without an account."""

import asyncio
import signal
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import completion
from monitor.cli.arguments import parse_span
from monitor.cli.invocation import run_async
from monitor.cli.tables.printing import print_line

if TYPE_CHECKING:
    from monitor.simulator.api_server import Simulator

DEFAULT_SCENARIO = "incidents"


def simulate(
    scenario: Annotated[
        str | None,
        typer.Option(
            help="A bundled scenario by its name, or a YAML file.",
            show_default="incidents",
            metavar="NAME",
            autocompletion=completion.scenarios,
        ),
    ] = None,
    campaigns: Annotated[
        int | None,
        typer.Option(
            help="This many made-up campaigns instead of a scenario.",
            min=1,
            max=1_000_000,
            metavar="N",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            help="Seed of made-up campaigns and of faults; the same gives the same.", metavar="N"
        ),
    ] = 1,
    host: Annotated[
        str, typer.Option(help="Address to listen on.", metavar="ADDRESS")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            help="Port to listen on; 0 takes a free one.", min=0, max=65535, metavar="PORT"
        ),
    ] = 9781,
    key: Annotated[
        list[str] | None,
        typer.Option(help="An API key that may log in.", show_default="live_demo", metavar="KEY"),
    ] = None,
    token_life: Annotated[
        str, typer.Option(help="How long a token holds.", metavar="DURATION")
    ] = "30d",  # noqa: S107 (a span of time)
    error_rate: Annotated[
        float,
        typer.Option(
            help="The share of requests that is answered with a 500.",
            min=0.0,
            max=1.0,
            metavar="SHARE",
        ),
    ] = 0.0,
    latency: Annotated[
        str | None, typer.Option(help="How late every answer comes.", metavar="DURATION")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="KIND, KIND=RATE or KIND=RATE,OPTION=…, such as rate_limited=5%,seconds=2s; "
            "may be given several times.",
            metavar="FAULT",
        ),
    ] = None,
) -> None:
    """Run the stand-in provider until Ctrl-C: the documented API over campaigns that go wrong on
    purpose.

    While it runs it can be changed over HTTP at /_simulator/ (on loopback only): GET lists the
    calls, PUT and DELETE /_simulator/faults order faults and end them, POST and PATCH
    /_simulator/campaigns add campaigns and change them.
    """
    if scenario is not None and campaigns is not None:
        raise typer.BadParameter("give --scenario or --campaigns, not both")
    from monitor.clock import SystemClock
    from monitor.logs import configure_logs
    from monitor.simulator.api_server import Simulator
    from monitor.simulator.fault_orders import FaultKind, Faults
    from monitor.simulator.fault_words import set_faults
    from monitor.simulator.scenario import bulk_scenario, load_scenario

    configure_logs("warning", "auto")
    life = parse_span(token_life, "--token-life")
    delay = timedelta(0) if latency is None else parse_span(latency, "--latency")
    faults = Faults(seed=seed)
    if error_rate:
        faults.set(FaultKind.ERROR, rate=error_rate)
    if delay:
        faults.set(FaultKind.LATENCY, seconds=delay.total_seconds())
    set_faults(faults, fault or ())
    played = (
        bulk_scenario(campaigns, seed=seed)
        if campaigns is not None
        else load_scenario(scenario or DEFAULT_SCENARIO)
    )
    keys = tuple(key or ("live_demo",))
    simulator = Simulator(
        played,
        clock=SystemClock(),
        faults=faults,
        seed=seed,
        keys=keys,
        token_life=life,
        control=_is_loopback(host),
    )
    run_async(
        _serve(
            simulator,
            host,
            port,
            title=f"{played.name}: {len(played.campaigns):,} campaigns",
            key=keys[0],
        )
    )


def _is_loopback(host: str) -> bool:
    from monitor.net import is_loopback

    return is_loopback(host)


async def _serve(simulator: "Simulator", host: str, port: int, *, title: str, key: str) -> None:
    """Until SIGINT or SIGTERM. MonitorError when the port cannot be had."""
    from monitor.errors import MonitorError
    from monitor.web.listening import listen_error

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        async with simulator.serve(host, port) as url:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop.set)
            print_line(f"{title} at {url}")
            print_line(f"BSG_API_URL={url} BSG_API_KEY={key} bsg-monitor run")
            sys.stdout.flush()  # seen at once, also through a pipe
            await stop.wait()
    except OSError as error:
        raise MonitorError(
            f"{listen_error(host, port, error).what}; --host and --port take others"
        ) from error
