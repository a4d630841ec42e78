"""`outbox`: notifications decided but perhaps not delivered: list them, look at one, send again,
give up."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import completion
from monitor.cli.arguments import AsJson, Limit, cut, identified, limit_of, one_of, parse_span
from monitor.cli.failures import WRONG_USE, complain
from monitor.cli.invocation import ask_store, load_settings_of
from monitor.cli.tables.printing import print_json, print_line
from monitor.cli.tables.record_table import print_records
from monitor.cli.unknown_filter_values import warn_of_unknown_values

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from datetime import datetime

    from monitor.domain.alerting.notification import OutboxRow, OutboxState
    from monitor.ports import OutboxStore

STATES = ("pending", "delivered", "superseded", "dead")

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        help="Ids as `outbox list` shows them; a beginning that fits only one is enough.",
        metavar="ID",
        autocompletion=completion.notifications("pending", "dead"),
    ),
]
Receiver = Annotated[
    str | None,
    typer.Option(help="Only this receiver.", metavar="NAME", autocompletion=completion.receivers),
]
OlderThan = Annotated[
    str | None,
    typer.Option(
        help="Only what was decided longer ago than this (10m, 2h, 1d).", metavar="DURATION"
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    receiver: Receiver = None,
    state: Annotated[
        str | None,
        typer.Option(
            help="pending, delivered, superseded or dead.",
            metavar="STATE",
            autocompletion=completion.words(*STATES),
        ),
    ] = None,
    older_than: OlderThan = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List notifications, the newest first."""
    from monitor.cli.tables.columns import outbox_columns
    from monitor.records import outbox_record

    loaded = load_settings_of(ctx)
    selected = _state(state)
    before = _before(older_than)
    limit = limit_of(limit, as_json=as_json)
    most = limit + 1 if limit else 0
    found = ask_store(
        loaded,
        lambda store: _query(store, receiver=receiver, state=selected, before=before, limit=most),
    )
    shown, more = cut(list(found), limit)
    print_records(
        [outbox_record(row) for row in shown],
        outbox_columns([row.notification.id for row in shown]),
        as_json=as_json,
        more="there are more" if more else "",
    )
    if not shown:
        warn_of_unknown_values(loaded, {"--receiver": receiver})


@app.command()
def show(
    ctx: typer.Context,
    id_: Annotated[
        str, typer.Argument(metavar="ID", autocompletion=completion.notifications(*STATES))
    ],
    as_json: AsJson = False,
) -> None:
    """Show one notification whole, with its alerts."""
    from monitor.records import notified_record, outbox_record

    (row,) = ask_store(load_settings_of(ctx), lambda store: _identified(store, [id_]))
    record = outbox_record(row)
    alerts = [notified_record(alert) for alert in row.notification.alerts]
    if as_json:
        print_json({**record, "alerts": alerts})
        return
    from monitor.cli.tables.printing import plain, print_hanging, readable
    from monitor.cli.tables.record_table import Column, severity_style, state_style
    from monitor.domain.safetext.shown_text import without_controls

    told = {
        key: value for key, value in record.items() if key not in ("alertnames", "about", "summary")
    }  # the table says that
    width = max(map(len, told)) + 2
    for key, value in told.items():
        shown = plain(value) if isinstance(value, dict) else readable(value)
        print_hanging(without_controls(f"{key:<{width}}{shown}"), " " * width)
    rows = [
        {
            "state": "event" if alert["event"] else alert["status"],
            "alert": alert["labels"].get("alertname", ""),
            "severity": alert["labels"].get("severity", ""),
            "new": alert["changed"],
            "since": alert["active_since"],
            "summary": alert["annotations"].get("summary", ""),
        }
        for alert in alerts
    ]
    columns = (
        Column("Severity", "severity", style=severity_style),
        Column("State", "state", style=state_style),
        Column("Alert", "alert", name=True),
        Column("New", "new", spare=1),
        Column("Since (UTC)", "since"),
        Column("Summary", "summary", text=True, end=True, below=True),
    )
    print_records(rows, columns)


@app.command()
def retry(
    ctx: typer.Context,
    ids: Ids = None,
    receiver: Receiver = None,
    state: Annotated[
        str | None,
        typer.Option(
            help="pending or dead.",
            metavar="STATE",
            autocompletion=completion.words("pending", "dead"),
        ),
    ] = None,
    older_than: OlderThan = None,
    yes: Yes = False,
) -> None:
    """Send dead or waiting notifications again, now. They keep their ids, so that a receiver
    can tell a repeat."""
    selected = one_of([state] if state else None, ("pending", "dead"), "--state") or frozenset(
        {"pending", "dead"}
    )
    _change(
        ctx,
        ids,
        receiver,
        selected,
        older_than,
        yes=yes,
        filtered=bool(receiver or state or older_than),
        verb="retry",
    )


@app.command()
def drop(
    ctx: typer.Context,
    ids: Ids = None,
    receiver: Receiver = None,
    state: Annotated[
        str | None,
        typer.Option(
            help="pending (the default with other filters) or dead.",
            metavar="STATE",
            autocompletion=completion.words("pending", "dead"),
        ),
    ] = None,
    older_than: OlderThan = None,
    yes: Yes = False,
) -> None:
    """Put notifications aside: waiting ones are given up, dead ones no longer count as dead
    letters.

    They are kept, shown, and `outbox retry` can still send them.
    """
    selected = one_of([state] if state else None, ("pending", "dead"), "--state")
    states = selected or (frozenset({"pending", "dead"}) if ids else frozenset({"pending"}))
    _change(
        ctx,
        ids,
        receiver,
        states,
        older_than,
        yes=yes,
        filtered=bool(receiver or state or older_than),
        verb="drop",
    )


def _change(
    ctx: typer.Context,
    ids: list[str] | None,
    receiver: str | None,
    states: frozenset[str],
    older_than: str | None,
    *,
    yes: bool,
    filtered: bool,
    verb: str,
) -> None:
    """Do it to the named ones, or to all that the filters select, after asking."""
    if bool(ids) == filtered:
        raise typer.BadParameter(
            "name either ids or what to select them by: --receiver, --state, --older-than"
        )
    loaded = load_settings_of(ctx)
    before = _before(older_than)

    async def choose(store: "OutboxStore") -> "list[OutboxRow]":
        if ids:
            return await _identified(store, ids)
        chosen: list[OutboxRow] = []
        for state in sorted(states):
            chosen += await _query(
                store, receiver=receiver, state=_state(state), before=before, limit=0
            )
        return chosen

    rows = ask_store(loaded, choose)
    unfit = [row for row in rows if row.state.value not in states]
    for row in unfit:
        complain(
            f"{row.notification.id} is {row.state.value}: only {' or '.join(sorted(states))} ones "
            f"can be {_DONE[verb]}"
        )
    if unfit:
        raise typer.Exit(WRONG_USE)
    if rows and filtered and not yes and not _confirmed(len(rows), verb):
        raise typer.Exit(WRONG_USE)

    def act(store: "OutboxStore") -> "Awaitable[int]":
        from monitor.clock import SystemClock

        change = store.retry if verb == "retry" else store.drop
        return change([row.notification.id for row in rows], now=SystemClock().now())

    if not rows:
        warn_of_unknown_values(loaded, {"--receiver": receiver})
    count = ask_store(loaded, act, writable=True) if rows else 0
    print_line(f"{count:,} notification{'' if count == 1 else 's'} {_DID[verb]}")


_DID = {"retry": "will be sent again", "drop": "given up"}
_DONE = {"retry": "sent again", "drop": "given up"}


def _confirmed(count: int, verb: str) -> bool:
    question = f"{verb} {count:,} notification{'' if count == 1 else 's'}?"
    if sys.stdin.isatty():
        return typer.confirm(question, err=True)
    complain(f"{question} Say --yes, as there is no terminal to ask on")
    return False


def _state(text: str | None) -> "OutboxState | None":
    from monitor.domain.alerting.notification import OutboxState

    one_of([text] if text else None, STATES, "--state")
    return OutboxState(text) if text else None


def _before(older_than: str | None) -> "datetime | None":
    if older_than is None:
        return None
    from monitor.clock import SystemClock

    return SystemClock().now() - parse_span(older_than, "--older-than")


async def _query(
    store: "OutboxStore",
    *,
    receiver: str | None,
    state: "OutboxState | None",
    before: "datetime | None",
    limit: int,
) -> "Sequence[OutboxRow]":
    """The newest rows, at most `limit`; 0 for all."""
    from monitor.ports import EVERYTHING, OutboxQuery

    return await store.outbox(
        OutboxQuery(receiver=receiver, state=state, older_than=before, limit=limit or EVERYTHING)
    )


async def _identified(store: "OutboxStore", ids: "Sequence[str]") -> "list[OutboxRow]":
    rows = await _query(store, receiver=None, state=None, before=None, limit=0)
    return identified(ids, rows, lambda row: row.notification.id, "notification", "notifications")
