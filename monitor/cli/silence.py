"""`silence`: what should not be told for a while, or until it is over."""

import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli import completion
from monitor.cli.arguments import (
    AsJson,
    Author,
    Comment,
    Limit,
    author_of,
    checked_comment,
    cut,
    identified,
    limit_of,
    parse_arguments,
    parse_moment,
    parse_span,
)
from monitor.cli.invocation import ask_store, load_settings_of
from monitor.cli.tables.printing import print_json, print_line, readable
from monitor.cli.tables.record_table import Column, print_records, state_style
from monitor.cli.unknown_filter_values import warn_of_matchers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from monitor.domain.alerting.alert import Alert
    from monitor.domain.routing.silence import Silence
    from monitor.ports import Store
    from monitor.records import Record

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def add(
    ctx: typer.Context,
    matchers: Annotated[
        list[str],
        typer.Argument(
            help='What to silence: alertname=Stalled, sender=~"Shop.*"; all must hold.',
            metavar="MATCHER…",
            autocompletion=completion.matchers,
        ),
    ],
    span: Annotated[
        str | None, typer.Option("--for", help="How long (90s, 2h, 1d).", metavar="DURATION")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Until then (2026-03-02T09:00Z).", metavar="TIME")
    ] = None,
    until_resolved: Annotated[
        bool,
        typer.Option(
            "--until-resolved", help="Until none of these alerts fires any more, after one did."
        ),
    ] = False,
    start: Annotated[
        str | None, typer.Option(help="When it begins; without: now.", metavar="TIME")
    ] = None,
    author: Author = None,
    comment: Comment = "",
    as_json: AsJson = False,
) -> None:
    """Silence alerts: no message says that they fire. Receivers that were told already are told
    when they end.

    With --until-resolved and an end, whichever comes first ends it.
    """
    from monitor.clock import SystemClock
    from monitor.domain.routing.silence import Silence

    loaded = load_settings_of(ctx)
    now = SystemClock().now()
    starts_at = now if start is None else max(now, parse_moment(start, "--start"))
    silence = Silence(
        id=uuid.uuid4().hex[:12],
        matchers=parse_arguments(matchers, "MATCHER"),
        starts_at=starts_at,
        ends_at=_end(span, until, starts_at, until_resolved=until_resolved),
        until_resolved=until_resolved,
        author=author_of(author),
        comment=checked_comment(comment),
        created_at=now,
    )

    async def store_it(store: "Store") -> "Sequence[Alert]":
        await store.add_silence(silence)
        return await store.open_alerts()

    alerts = ask_store(loaded, store_it, writable=True)
    warn_of_matchers(loaded, silence.matchers, alerts)
    record = _record(silence, alerts, now)
    if as_json:
        print_json(record)
        return
    print_line(f"{silence.id}: {record['matchers']} silenced {_ending(record)}")
    print_line(
        f"silences now: {_few(record['silences'])}"
        if record["silences"]
        else "nothing of it fires now"
    )


def _end(
    span: str | None, until: str | None, starts_at: "datetime", *, until_resolved: bool
) -> "datetime | None":
    if span is not None and until is not None:
        raise typer.BadParameter(
            "--for and --until are both there: say one", param_hint="'--until'"
        )
    if span is None and until is None:
        if not until_resolved:
            raise typer.BadParameter(
                "say how long: --for 2h, --until 2026-03-02T09:00Z or --until-resolved"
            )
        return None
    ends_at = (
        starts_at + parse_span(span, "--for")
        if span is not None
        else parse_moment(until or "", "--until")
    )
    if ends_at <= starts_at:
        raise typer.BadParameter(
            "it would end before it begins",
            param_hint="'--for'" if span is not None else "'--until'",
        )
    return ends_at


@app.command("list")
def list_(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Those that have ended too.")] = False,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List silences, the newest first, with what they silence now."""
    from monitor.clock import SystemClock

    now = SystemClock().now()

    async def find(store: "Store") -> "tuple[Sequence[Silence], Sequence[Alert]]":
        return await store.silences(ended_after=None if every else now), await store.open_alerts()

    silences, alerts = ask_store(load_settings_of(ctx), find)
    shown, more = cut(list(reversed(silences)), limit_of(limit, as_json=as_json))
    records = [_record(silence, alerts, now) for silence in shown]
    print_records(records, COLUMNS, as_json=as_json, empty="there is no silence", more=more)


@app.command()
def expire(
    ctx: typer.Context,
    ids: Annotated[
        list[str],
        typer.Argument(
            help="Ids as `silence list` shows them; a beginning that fits only one is enough.",
            metavar="ID…",
            autocompletion=completion.silences,
        ),
    ],
    author: Author = None,
) -> None:
    """End silences now. What still fires is told."""
    from monitor.clock import SystemClock

    loaded = load_settings_of(ctx)
    by = author_of(author)
    now = SystemClock().now()
    silences = ask_store(loaded, lambda store: store.silences(ended_after=now))
    chosen = identified(
        ids, silences, lambda each: each.id, "silence that has not ended", "silences"
    )

    ending = [each.id for each in chosen]
    count = ask_store(
        loaded, lambda store: store.expire_silences(ending, at=now, by=by), writable=True
    )
    print_line(f"{count:,} silence{'' if count == 1 else 's'} ended")


def _record(silence: "Silence", alerts: "Sequence[Alert]", now: "datetime") -> "Record":
    from monitor.domain.routing.silence import fires
    from monitor.records import described, silence_record

    quiet = [alert for alert in alerts if fires(alert) and silence.silences(alert, now)]
    return {
        **silence_record(silence, now),
        "silences": [described(alert) for alert in quiet],
        "alerts": [alert.id for alert in quiet],
    }


def _ending(record: dict[str, Any]) -> str:
    until = f"until {readable(record['ends_at'])} UTC" if record["ends_at"] else ""
    return " or ".join(
        part for part in ("until resolved" if record["until_resolved"] else "", until) if part
    )


def _few(value: object) -> str:
    if not isinstance(value, list) or not value:
        return readable(None)
    return "; ".join(value[:3]) + (f"; and {len(value) - 3:,} more" if len(value) > 3 else "")


COLUMNS = (
    Column("Id", "id"),
    Column("State", "state", style=state_style),
    Column("Matchers", "matchers", text=True, below=True),
    Column("From (UTC)", "starts_at", spare=3),
    Column("To (UTC)", "ends_at"),
    Column("Until resolved", "until_resolved", spare=2),
    Column("By", "author", text=True),
    Column("Comment", "comment", text=True, spare=1),
    Column("Silences now", "silences", _few, text=True),
)
