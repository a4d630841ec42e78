"""`ack`: someone is handling an alert, so it need not be repeated."""

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import completion
from monitor.cli.arguments import (
    Author,
    Comment,
    author_of,
    checked_comment,
    identified,
    parse_arguments,
)
from monitor.cli.failures import FAILED, complain
from monitor.cli.invocation import ask_store, load_settings_of
from monitor.cli.tables.printing import print_line
from monitor.cli.unknown_filter_values import warn_of_matchers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.domain.alerting.alert import Alert
    from monitor.domain.routing.matcher import Matchers
    from monitor.ports import Store


def ack(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            help="Ids as `alerts` shows them; a beginning that fits only one is enough.",
            metavar="ALERT-ID",
            autocompletion=completion.firing_alerts,
        ),
    ] = None,
    matchers: Annotated[
        list[str] | None,
        typer.Option(
            "--matcher",
            help="All firing alerts with this label; may be given several times.",
            metavar="MATCHER",
            autocompletion=completion.matchers,
        ),
    ] = None,
    author: Author = None,
    comment: Comment = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take it back: repeat them again.")] = False,
) -> None:
    """Acknowledge alerts: you are handling them. They are not repeated until something changes in
    their group (another alert, or one that ends)."""
    from monitor.clock import SystemClock
    from monitor.domain.alerting.alert import Acknowledgement
    from monitor.domain.routing.silence import fires
    from monitor.records import described

    if bool(ids) == bool(matchers):
        raise typer.BadParameter(
            "name either alerts by their ids or what to select them by: --matcher"
        )
    loaded = load_settings_of(ctx)
    selection = parse_arguments(matchers, "'--matcher'") if matchers else ()
    by, why = author_of(author), checked_comment(comment)
    there = ask_store(loaded, lambda store: store.open_alerts())
    warn_of_matchers(loaded, selection, there)
    alerts = _chosen([alert for alert in there if fires(alert)], ids or (), selection)
    if not alerts:
        complain("no firing alert matches")
        raise typer.Exit(FAILED)
    now = SystemClock().now()

    async def say(store: "Store") -> int:
        if undo:
            return await store.forget_acknowledgements([alert.id for alert in alerts])
        said = [
            Acknowledgement(alert_id=alert.id, author=by, at=now, comment=why) for alert in alerts
        ]
        await store.acknowledge(said)
        return len(alerts)

    count = ask_store(loaded, say, writable=True)
    for alert in alerts if not undo else ():
        print_line(f"{alert.id}  {described(alert)}")
    verb = "no longer acknowledged" if undo else f"acknowledged by {by}"
    print_line(f"{count:,} alert{'' if count == 1 else 's'} {verb}")


def _chosen(firing: "Sequence[Alert]", ids: "Sequence[str]", matchers: "Matchers") -> "list[Alert]":
    from monitor.domain.routing.matcher import all_match

    if not ids:
        return [alert for alert in firing if all_match(matchers, alert.labels)]
    return identified(ids, firing, lambda alert: alert.id, "firing alert", "firing alerts")
